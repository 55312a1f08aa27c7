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
from tickets.choosing import Bar, Wanted
from tickets.models import Ticket


@dataclass(frozen=True)
class LoadedPerson:
    """A person with the number of active tickets that they hold, how they stand ``at`` an instant,
    and what keeps them from the ticket that is to be given, None for nothing.
    """

    person: User
    held: int
    standing: Standing
    at: datetime
    bar: Bar | None = None

    @property
    def words(self) -> str:
        """Return the person, the load, and what keeps them from the ticket, in one line."""
        held = ngettext("%(count)d ticket", "%(count)d tickets", self.held) % {"count": self.held}
        parts = [str(self.person), held]
        if self.standing.absence is not None:
            parts.append(absence_words(self.standing.absence, self.at, DESK_ZONE))
        elif not self.standing.is_on_duty:
            parts.append(shift_words(self.standing, self.at, DESK_ZONE))
        if self.bar in {Bar.FULL, Bar.SERVICE, Bar.LANGUAGE}:
            parts.append(str(self.bar.label))
        return " · ".join(parts)


def people_with_load(at: datetime, *, ticket: Ticket | None = None) -> list[LoadedPerson]:
    """Return the assignable staff, by name; for a ticket that a group holds, its members and the
    assignee. Without a ticket, who is at their limit is known, and no skill is asked for.
    """
    people = queries.with_load(staff_rows())
    if ticket is not None and ticket.team_id is not None:
        members = Team.objects.filter(pk=ticket.team_id).order_by().values("members")
        people = people.filter(Q(pk__in=members) | Q(pk=ticket.assignee_id))
    found = assignable(people)
    standing = standings([person.pk for person in found], at)
    candidates = queries.candidates_of(standing)
    wanted = queries.skills_for(ticket) if ticket is not None else Wanted()
    return [
        LoadedPerson(
            person,
            person.held,  # type: ignore[attr-defined]
            standing[person.pk],
            at,
            candidates[person.pk].bar(wanted, is_asked_for=True),
        )
        for person in found
    ]
