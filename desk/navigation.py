"""The desk's navigation: one list for the rail and the phone menu."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from foundation.accounts.models import User
from foundation.accounts.roles import Capability


@dataclass(frozen=True)
class NavigationItem:
    name: str  # of the URL
    label: str | Promise
    icon: str
    needs: Capability | None = None

    @property
    def url(self) -> str:
        return reverse(self.name)


NAVIGATION = (
    NavigationItem("admin:index", _("Home"), "house"),
    NavigationItem("admin:queue", _("Queue"), "inbox", Capability.SEE_TICKETS),
    NavigationItem("admin:team_load", _("Team load"), "users", Capability.SUPERVISE),
    NavigationItem("admin:audits", _("Audits"), "file-search", Capability.SEE_TICKETS),
    NavigationItem("admin:recurrences", _("Recurring"), "repeat", Capability.WORK_TICKETS),
    NavigationItem("admin:reports", _("Reports"), "chart-column", Capability.SEE_REPORTS),
    NavigationItem("admin:simulations", _("Simulations"), "flask-conical", Capability.SEE_REPORTS),
    NavigationItem("admin:coverage", _("Coverage"), "shield-check", Capability.SEE_REPORTS),
    NavigationItem(
        "admin:notifications_outboxmessage_changelist", _("Outbox"), "mail", Capability.SEE_OUTBOX
    ),
    NavigationItem("admin:config", _("Configuration"), "settings", Capability.SEE_CONFIGURATION),
)


def navigation_for(user: User) -> list[NavigationItem]:
    return [item for item in NAVIGATION if item.needs is None or user.can(item.needs)]
