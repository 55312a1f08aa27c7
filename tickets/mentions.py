"""People who are mentioned in a note: ``@`` and the full name, or the address, at the beginning of
a word.
"""

import re
from collections.abc import Sequence
from unicodedata import combining, normalize

from foundation.accounts.models import User


def mentioned_in(text: str, people: Sequence[User]) -> list[User]:
    """Return those of ``people`` who are mentioned, in their order. Case and accents do not count,
    and where one name begins another, the longer one is meant.
    """
    rest = _folded(text)
    named = sorted(
        ((_folded(name), person) for person in people for name in (person.full_name, person.email)),
        key=lambda each: -len(each[0]),
    )
    found = set()
    for name, person in named:
        pattern = rf"(?<![\w.@])@{re.escape(name)}(?!\w)"
        if name and re.search(pattern, rest):
            found.add(person.pk)
            rest = re.sub(pattern, " ", rest)
    return [person for person in people if person.pk in found]


def _folded(text: str) -> str:
    letters = normalize("NFKD", text).casefold()
    return " ".join("".join(each for each in letters if not combining(each)).split())
