"""Why a ticket is with a person, and with whom it would be: the choice of automatic assignment in
words.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from foundation.accounts.models import User
from tickets import queries
from tickets.choosing import Verdict, choose, verdict_of
from tickets.models import Ticket
from tickets.wording import choice_words, verdict_words


@dataclass(frozen=True)
class ChoiceRow:
    """A person with what was found about them."""

    person: User
    verdict: Verdict

    @property
    def words(self) -> str:
        return verdict_words(self.verdict)


@dataclass(frozen=True)
class ShownChoice:
    """A choice with its reason. ``chosen_at`` is when the assignee was chosen; None: it is the
    choice that would be made now, of nobody when the first row has a bar or there is none.
    ``is_asked_for``: the assignee took it as their next ticket.
    """

    chosen_at: datetime | None
    words: str
    rows: Sequence[ChoiceRow]
    is_asked_for: bool = False

    @property
    def person(self) -> User | None:
        """The person who was, or would be, chosen."""
        first = self.rows[0] if self.rows else None
        return first.person if first is not None and first.verdict.bar is None else None


def rows_of(verdicts: Iterable[Verdict]) -> Sequence[ChoiceRow]:
    """Return the verdicts with their people, in one query."""
    found = list(verdicts)
    people = User.objects.in_bulk([each.person_id for each in found])
    return [ChoiceRow(people[each.person_id], each) for each in found if each.person_id in people]


def choice_of(ticket: Ticket, at: datetime) -> ShownChoice | None:
    """Return why the assignee of a ticket was chosen, or who would be chosen now; None when neither
    was or would be.
    """
    if ticket.assignee_id is not None:
        kept = queries.choice_of_assignee(ticket)
        if kept is None:
            return None
        verdicts = tuple(map(verdict_of, kept.verdicts))
        words = choice_words(verdicts, is_asked_for=kept.is_asked_for)
        return ShownChoice(kept.at, words, rows_of(verdicts), is_asked_for=kept.is_asked_for)
    if not queries.is_waiting(ticket) or not queries.has_automatic_groups():
        return None
    pool = queries.pool_on(queries.automatic_groups(), at)
    if not pool.groups_for(ticket):
        return None
    choice = choose(queries.wanted_by([ticket])[ticket.pk], pool.candidates_for(ticket))
    return ShownChoice(None, choice_words(choice.verdicts), rows_of(choice.verdicts))
