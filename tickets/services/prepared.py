"""Tags and tasks that macros and recurring tickets put on a ticket: tags separated by commas, tasks
one a line.
"""

from django.utils.translation import gettext as _

from foundation.core.errors import Invalid, Text
from foundation.core.texts import is_blank, one_line
from tickets.masking import secrets_in
from tickets.models import LONGEST_TITLE
from tickets.services.sharing import MOST_LINES
from tickets.services.tagging import MOST_TAGS, tags_by_key

LONGEST_TAGS = 400  # characters of all tags


def wrong_in(*, tags: str, tasks: str) -> dict[str, Text]:
    """Return field -> what is wrong: too many tags or tasks, one too long, or a secret."""
    wrong: dict[str, Text] = dict(secrets_in(tasks=tasks))
    titles = titles_of(tasks)
    if len(titles) > MOST_LINES:
        wrong["tasks"] = _("At most %(count)d tasks.") % {"count": MOST_LINES}
    elif any(len(title) > LONGEST_TITLE for title in titles):
        wrong["tasks"] = _("A task has at most %(count)d characters.") % {"count": LONGEST_TITLE}
    try:
        if len(names_of(tags)) > MOST_TAGS or len(kept_tags(tags)) > LONGEST_TAGS:
            wrong["tags"] = _("At most %(count)d tags, and %(most)d characters.") % {
                "count": MOST_TAGS,
                "most": LONGEST_TAGS,
            }
    except Invalid as error:
        wrong |= error.fields
    return wrong


def names_of(tags: str) -> list[str]:
    """Return the names of tags, each once. Raises ``Invalid``."""
    return [] if is_blank(tags) else list(tags_by_key(tags.split(",")).values())


def kept_tags(tags: str) -> str:
    """Return the tags as they are kept. Raises ``Invalid``."""
    return ", ".join(names_of(tags))


def titles_of(tasks: str) -> list[str]:
    return [one_line(line) for line in tasks.splitlines() if not is_blank(line)]
