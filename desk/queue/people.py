"""The people to whom a ticket may be given, with what they hold and whether they are there."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.utils.translation import ngettext

from foundation.accounts.models import DESK_ZONE, Team, User
from foundation.accounts.queries import assignable, staff_rows
from foundation.duty.standing import Standing, standings
from foundation.duty.wording import absence_words, shift_words
from tickets import queries
from tickets.models import Ticket


@dataclass(frozen=True)
class LoadedPerson:
    """A person with the number of active tickets that they hold, and how they stand ``at`` an
    instant.
    """

    person: User
    held: int
    standing: Standing
    at: datetime

    @property
    def words(self) -> str:
        """Return the person, the load, and what keeps them from the ticket, in one line."""
        held = ngettext("%(count)d ticket", "%(count)d tickets", self.held) % {"count": self.held}
        parts = [str(self.person), held]
        if self.standing.absence is not None:
            parts.append(absence_words(self.standing.absence, self.at, DESK_ZONE))
        elif not self.standing.is_on_duty:
            parts.append(shift_words(self.standing, self.at, DESK_ZONE))
        return " · ".join(parts)


def people_with_load(at: datetime, *, ticket: Ticket | None = None) -> list[LoadedPerson]:
    """Return the assignable staff, by name, in four queries; for a ticket that a group holds, its
    members and the assignee.
    """
    people = queries.with_load(staff_rows())
    if ticket is not None and ticket.team_id is not None:
        members = Team.objects.filter(pk=ticket.team_id).order_by().values("members")
        people = people.filter(Q(pk__in=members) | Q(pk=ticket.assignee_id))
    found = assignable(people)
    standing = standings([person.pk for person in found], at)
    return [
        LoadedPerson(person, person.held, standing[person.pk], at)  # type: ignore[attr-defined]
        for person in found
    ]
