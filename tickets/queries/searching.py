"""What a person types into a search box: words of the texts, a number, and filters such as
``cliente:norte estado:pendiente antes:2026-10-01``. The names of the filters are understood in
Spanish and in English, whatever language the reader has.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from foundation.accounts.models import DESK_ZONE, User
from foundation.accounts.queries import assignable_staff, memberships_of
from foundation.calendars.inputs import midnight
from foundation.core.classification import Priority
from foundation.core.errors import Invalid
from foundation.core.zones import zone
from foundation.search.queries import matching_ids
from foundation.search.words import Field, Phrase, phrases_of, words_of
from tickets.models import Tag, Ticket, TicketTag, tag_key
from tickets.queries.tags import tags_in_use
from tickets.states import ACTIVE, FINAL, State

# A name at the beginning of a word, a colon, and a word or a quoted phrase. What is quoted without
# a name is text.
_FILTER = re.compile(r'(?<!\S)([^\W\d_]+):\s*("[^"]*"|[^\s"]+)|"[^"]*"')
_MOST_FILTERS = 12
_MOST_NAMED = 20  # tags that a refusal names
_FIRST_DAY = date(1990, 1, 1)
_LAST_DAY = date(2200, 1, 1)


@dataclass(frozen=True)
class Search:
    """A search as it was understood: the words for the texts, and each filter's name, as it was
    typed, with its value.
    """

    words: str
    filters: tuple[tuple[str, str], ...] = ()


def read_search(typed: str, *, reader: User) -> Search:
    """Part what was typed into words and filters. A name that is no filter is text (people search
    for ``error:5``), and the desk's own filters are text to a customer.
    """
    filters: list[tuple[str, str]] = []

    def keep(found: re.Match[str]) -> str:
        if found[1] is None or _known(found[1], reader) is None:
            return found[0]
        filters.append((found[1], found[2].strip('"')))
        return " "

    words = _FILTER.sub(keep, typed)
    return Search(" ".join(words.split()), tuple(filters))


def matching(tickets: QuerySet[Ticket], typed: str, *, reader: User) -> QuerySet[Ticket]:
    """Filter by what was typed; every word and every filter must hold. Words with the form of a
    number, with our own prefix, are that number; digits alone may be a number or a word. The staff
    searches internal notes too. Signs alone find nothing.

    Raises ``Invalid`` for a filter whose value is no name, state, priority, person or day.
    """
    search = read_search(typed, reader=reader)
    if len(search.filters) > _MOST_FILTERS:
        raise Invalid(_("Write at most %(count)d filters.") % {"count": _MOST_FILTERS})
    phrases: list[Phrase] = []
    for name, value in search.filters:
        known = _known(name, reader)
        if isinstance(known, Field):
            phrases += _in_field(known, name, value)
        elif known is not None:
            tickets = tickets.filter(known(name, value, reader))
    asked = phrases_of(search.words)
    number = _own_number().fullmatch(search.words)
    if number:
        by_number = Q(pk=int(number["digits"]))
        in_texts = _having(asked, reader) if not number["prefix"] else Q(pk__in=())
        tickets = tickets.filter(by_number | in_texts)
    elif search.words and not asked:
        return tickets.none()
    else:
        phrases += asked
    return tickets.filter(_having(phrases, reader)) if phrases else tickets


def _having(phrases: Sequence[Phrase], reader: User) -> Q:
    found = matching_ids("ticket", phrases, reads_internal=reader.is_staff)
    return Q(pk__one_of=found) if found and isinstance(found, list) else Q(pk__in=found)


def _own_number() -> re.Pattern[str]:
    prefix = re.escape(settings.MESA_TICKET_PREFIX)
    return re.compile(
        rf"(?P<prefix>{prefix}-)?0*(?P<digits>[0-9]{{1,15}})", re.IGNORECASE | re.ASCII
    )


def _in_field(field: Field, name: str, value: str) -> list[Phrase]:
    words = words_of(value)
    if not words:
        raise Invalid(_("Write a name after “%(name)s:”.") % {"name": name})
    return [Phrase((word,), is_open=True, field=field) for word in words]


def _by_state(name: str, value: str, reader: User) -> Q:
    """Filter by the states whose word begins so: ``estado:pend`` is both that wait. ``activo`` and
    ``terminado`` are groups of states.
    """
    groups: list[tuple[str | Promise, Collection[State]]] = [
        (pgettext_lazy("search", "active"), ACTIVE),
        (pgettext_lazy("search", "ended"), FINAL),
        *((state.label, (state,)) for state in State),
    ]
    found = {state for states in _called(value, groups) for state in states}
    return Q(state__in=sorted(_some(found, value, [state.label for state in State])))


def _by_priority(name: str, value: str, reader: User) -> Q:
    found = _called(value, [(priority.label, priority) for priority in Priority])
    return Q(priority__in=sorted(_some(found, value, [each.label for each in Priority])))


def _by_assignee(name: str, value: str, reader: User) -> Q:
    """Filter by the people whose name or address has every word; ``yo`` is the reader, ``nadie``
    nobody.
    """
    if value.casefold() in _in_every_language(pgettext_lazy("search", "nobody")):
        return Q(assignee=None)
    if value.casefold() in _in_every_language(pgettext_lazy("search", "me")):
        return Q(assignee=reader)
    people = assignable_staff()
    asked = words_of(value)
    found = [
        person.pk
        for person in people
        if asked and all(_has_word(f"{person.full_name} {person.email}", word) for word in asked)
    ]
    return Q(assignee__in=_some(found, value, [str(person) for person in people]))


def _by_tag(name: str, value: str, reader: User) -> Q:
    """Filter by the tags that begin so."""
    tags = Tag.objects.filter(key__startswith=tag_key(value)) if tag_key(value) else ()
    known = [] if tags else [tag.name for tag in tags_in_use()[:_MOST_NAMED]]
    found = _some([tag.pk for tag in tags], value, known)
    on = TicketTag.objects.filter(tag__in=found)
    return Q(pk__in=on.order_by().values("ticket"))


def _before(name: str, value: str, reader: User) -> Q:
    return Q(received_at__lt=_start_of(value, reader))


def _since(name: str, value: str, reader: User) -> Q:
    return Q(received_at__gte=_start_of(value, reader))


def _start_of(value: str, reader: User) -> datetime:
    """Return the instant at which a day begins in the zone of the desk or, for a customer, of
    their organization. Days are written ``2026-10-31`` or ``31/10/2026``.
    """
    day = None
    for form in ("%Y-%m-%d", "%d/%m/%Y"):
        with suppress(ValueError):
            value.encode("ascii")  # strptime reads the digits of every script
            day = datetime.strptime(value, form).date()  # noqa: DTZ007 - a day, in no zone yet
    if day is None or not _FIRST_DAY <= day <= _LAST_DAY:
        raise Invalid(
            _("“%(value)s” is no day. Write it as 2026-10-31 or 31/10/2026.") % {"value": value}
        )
    time_zone = DESK_ZONE
    if not reader.is_staff:
        time_zone = next((m.organization.time_zone for m in memberships_of(reader.pk)), DESK_ZONE)
    return midnight(day, zone(time_zone))


T = TypeVar("T")


def _some(found: Collection[T], value: str, known: Iterable[str | Promise]) -> Collection[T]:
    """Return what was found. Raise ``Invalid`` that names what is known when that is nothing."""
    if not found:
        words = _("Nothing is called “%(value)s” here.") % {"value": value}
        if names := ", ".join(str(each) for each in known):
            words += " " + _("Write one of: %(known)s.") % {"known": names}
        raise Invalid(words)
    return found


def _called(value: str, labels: Sequence[tuple[str | Promise, T]]) -> list[T]:
    """Return what has a label that begins with the words of ``value``, in the reader's language;
    when nothing has, in any language of the product.
    """
    asked = " ".join(words_of(value))

    def begins(label: str) -> bool:
        return bool(asked) and " ".join(words_of(label)).startswith(asked)

    own = [each for label, each in labels if begins(str(label))]
    return own or [each for label, each in labels if any(map(begins, _in_every_language(label)))]


def _has_word(text: str, beginning: str) -> bool:
    return any(word.startswith(beginning) for word in words_of(text))


def _in_every_language(label: str | Promise) -> list[str]:
    found = []
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            found.append(str(label))
    return found


Condition = Callable[[str, str, User], Q]

_FOR_EVERYBODY: Mapping[str, Field | Condition] = {
    "cliente": Field.ORGANIZATION,
    "customer": Field.ORGANIZATION,
    "de": Field.PERSON,
    "from": Field.PERSON,
    "estado": _by_state,
    "state": _by_state,
    "prioridad": _by_priority,
    "priority": _by_priority,
    "antes": _before,
    "before": _before,
    "desde": _since,
    "since": _since,
}
_FOR_THE_DESK: Mapping[str, Field | Condition] = {
    "asignado": _by_assignee,
    "assignee": _by_assignee,
    "etiqueta": _by_tag,
    "tag": _by_tag,
}


def _known(name: str, reader: User) -> Field | Condition | None:
    """Return what a filter's name means to this reader; None when it means nothing."""
    folded = "".join(words_of(name))
    found = _FOR_EVERYBODY.get(folded)
    return found or (_FOR_THE_DESK.get(folded) if reader.is_staff else None)
