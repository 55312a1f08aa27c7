"""The desk's navigation: one list for the rail and the phone menu."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from foundation.accounts.models import User
from foundation.accounts.roles import Capability


@dataclass(frozen=True)
class Place:
    name: str  # of the URL
    label: str | Promise
    icon: str
    needs: Capability | None = None

    @property
    def url(self) -> str:
        return reverse(self.name)


PLACES = (
    Place("admin:index", _("Home"), "house"),
    Place("admin:queue", _("Queue"), "inbox", Capability.SEE_TICKETS),
    Place("admin:register", _("New ticket"), "plus", Capability.WORK_TICKETS),
    Place("admin:audits", _("Audits"), "file-search", Capability.SEE_TICKETS),
    Place("admin:reports", _("Reports"), "chart-column", Capability.SEE_REPORTS),
    Place("admin:simulations", _("Simulations"), "flask-conical", Capability.SEE_REPORTS),
    Place("admin:coverage", _("Coverage"), "shield-check", Capability.SEE_REPORTS),
    Place(
        "admin:notifications_outboxmessage_changelist", _("Outbox"), "mail", Capability.SEE_OUTBOX
    ),
    Place("admin:config", _("Configuration"), "settings", Capability.SEE_CONFIGURATION),
)


def places_for(user: User) -> list[Place]:
    return [place for place in PLACES if place.needs is None or user.can(place.needs)]
