"""Contracts that overlap: which one new tickets take, and the open tickets under another one."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from catalog.models import Contract
from catalog.queries import Overlap, contract_on, overlaps_of
from foundation.core.wording import day_words
from foundation.core.zones import zone
from tickets.models import Ticket
from tickets.queries import active

SHOWN = 20


@dataclass(frozen=True)
class Overlapping:
    """The overlaps of a contract in words, and the open tickets whose contract is another than the
    rule gives for their arrival: the first ``SHOWN`` with that contract, and how many they are.
    """

    words: list[str]
    tickets: list[tuple[Ticket, Contract]]
    count: int


def overlapping(contract: Contract) -> Overlapping | None:
    """Return what overlaps the stored contract; None when nothing does."""
    found = overlaps_of(contract)
    if not found:
        return None
    moved = _under_another(contract, found)
    return Overlapping([_words(each) for each in found], moved[:SHOWN], len(moved))


def _words(overlap: Overlap) -> str:
    other = overlap.other
    rule = (
        _(
            "New tickets of these services take %(wins)s: both start on the same day, and it was "
            "entered last."
        )
        if overlap.begin_together
        else _("New tickets of these services take %(wins)s, which started last.")
    )
    covers = _("%(other)s (%(first)s to %(last)s) covers on the same days: %(services)s.") % {
        "other": other.reference,
        "first": day_words(other.starts_on),
        "last": day_words(other.ends_on) if other.ends_on else _("without end"),
        "services": ", ".join(service.name for service in overlap.services),
    }
    return f"{covers} {rule % {'wins': overlap.wins.reference}}"


def _under_another(contract: Contract, found: list[Overlap]) -> list[tuple[Ticket, Contract]]:
    organization = contract.organization
    local = zone(organization.time_zone)
    services = {service.pk for overlap in found for service in overlap.services}
    concerned = [contract.pk, *(overlap.other.pk for overlap in found)]
    tickets = active(
        Ticket.objects.filter(
            organization=organization, contract_id__in=concerned, service_id__in=services
        )
    ).select_related("contract")
    moved = []
    for ticket in tickets.order_by("pk"):
        day = ticket.received_at.astimezone(local).date()
        rule = contract_on(organization, day, service_id=ticket.service_id)
        if rule is not None and rule.pk != ticket.contract_id:
            moved.append((ticket, rule))
    return moved
