"""The people to whom a ticket may be given, with what they hold and whether they are there."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from foundation.accounts.models import User
from foundation.accounts.queries import assignable_staff
from foundation.duty.models import Absence
from foundation.duty.queries import absences_at
from tickets import queries


@dataclass(frozen=True)
class LoadedPerson:
    """A person with the number of active tickets that they hold, and their absence. ``held`` is
    None while nobody has counted.
    """

    person: User
    held: int | None = None
    absence: Absence | None = None

    @property
    def words(self) -> str:
        """Return the person, the load and the absence in one line."""
        if self.held is None:
            return str(self.person)
        held = ngettext("%(count)d ticket", "%(count)d tickets", self.held) % {"count": self.held}
        if self.absence is None:
            return f"{self.person} · {held}"
        away = _("away until %(day)s") % {"day": f"{self.absence.ends_at:%Y-%m-%d}"}
        return f"{self.person} · {held} · {away}"


def people_with_load(at: datetime) -> list[LoadedPerson]:
    """Return the assignable staff, by name, in three queries."""
    held = queries.held_by_person()
    away = absences_at(at)
    return [
        LoadedPerson(person, held.get(person.pk, 0), away.get(person.pk))
        for person in assignable_staff()
    ]
