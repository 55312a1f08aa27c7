"""Why a ticket is with a person, and with whom it would be: the choice of automatic assignment in
words.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from foundation.accounts.models import User
from tickets import queries
from tickets.choosing import Verdict, choose, verdict_of
from tickets.models import Ticket
from tickets.wording import choice_words, verdict_words


@dataclass(frozen=True)
class ChoiceRow:
    """A person with what was found about them."""

    name: str
    verdict: Verdict

    @property
    def words(self) -> str:
        return verdict_words(self.verdict)


def rows_of(verdicts: Iterable[Verdict]) -> Sequence[ChoiceRow]:
    """Return the verdicts with the names of the people, in one query."""
    found = list(verdicts)
    people = User.objects.in_bulk([each.person_id for each in found])
    return [ChoiceRow(str(people.get(each.person_id, "")), each) for each in found]


def choice_of(ticket: Ticket, at: datetime) -> dict[str, Any]:
    """Return what the page says about automatic assignment: why the assignee was chosen, or who
    would be chosen now; empty when neither was or would be.
    """
    if ticket.assignee_id is not None:
        kept = queries.choice_of_assignee(ticket)
        if kept is None:
            return {}
        verdicts = tuple(map(verdict_of, kept.verdicts))
        words = choice_words(verdicts, is_asked_for=kept.is_asked_for)
        return {"chosen_at": kept.at, "choice_words": words, "choice_rows": rows_of(verdicts)}
    if not queries.is_waiting(ticket) or not queries.has_automatic_groups():
        return {}
    pool = queries.pool_on(queries.automatic_groups(), at)
    if not pool.groups_for(ticket):
        return {}
    choice = choose(queries.wanted_by([ticket])[ticket.pk], pool.candidates_for(ticket))
    rows = rows_of(choice.verdicts)
    return {
        "would_get": rows[0].name if choice.person_id is not None else "",
        "choice_words": choice_words(choice.verdicts),
        "choice_rows": rows,
    }
