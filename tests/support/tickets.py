"""Short functions for acts on tickets."""

from datetime import datetime
from typing import Any

from catalog.models import Contract
from foundation.accounts.models import Membership
from foundation.core.classification import (
    Channel,
    Impact,
    Kind,
    Urgency,
)
from sla.clocks.services import settle_ticket
from sla.policies.models import PolicyTarget, PolicyVersion
from tests.support.house import (
    DAY,
    HOUR,
    MINUTE,
    MONDAY_9AM,
    House,
    by,
    fresh,
    make_ticket,
)
from tickets import services
from tickets.endings import EndCause
from tickets.models import Ticket
from tickets.services import Arrival, Classification, NewTicket, TransitionDetails

SOLUTION: dict[str, Any] = {"solution_type": "definitive", "message": "Done."}
# The cause that a test gives where it does not matter.
CAUSES = {
    "reject": EndCause.OUT_OF_SCOPE,
    "cancel": EndCause.REQUESTED,
    "close_cancelled": EndCause.REQUESTED,
    "close_invalid": EndCause.INCOMPLETE,
}


def with_cause(ticket: Ticket, name: str) -> dict[str, Any]:
    """Return a cause for a step that ends a ticket without a solution; the requester asked."""
    cause = CAUSES[name]
    if cause is not EndCause.REQUESTED:
        return {"cause": cause}
    return {"cause": cause, "asked_by": ticket.requester, "asked_channel": "phone"}


def step(
    house: House, ticket: Ticket, name: str, at: Any, user: Any = None, **details: Any
) -> Ticket:
    """Take a transition as the agent, or as ``user``; return the ticket. What is sent to a higher
    level says what was tried, and an end without a solution has a cause.
    """
    if name == "assign":
        details.setdefault("tried", "A restart.")
    if name in CAUSES:
        details = with_cause(ticket, name) | details
    return services.transition_ticket(
        ticket=fresh(ticket),
        name=name,
        details=TransitionDetails(**details),
        by=by(user or house.agent),
        at=at,
    )


def started(house: House, **values: Any) -> Ticket:
    """Return a ticket that the agent started at 09:00."""
    ticket = make_ticket(house, **values)
    step(house, ticket, "start", MONDAY_9AM)
    return ticket


def solved(house: House, at: datetime = MONDAY_9AM + HOUR, **values: Any) -> Ticket:
    """Return a ticket that was started at 09:00 and solved, at 10:00 if nothing else is given."""
    ticket = started(house, **values)
    step(house, ticket, "solve", at, **SOLUTION)
    return ticket


def closed(house: House) -> Ticket:
    """Return a solved ticket that the requester approved at 11:00."""
    ticket = solved(house)
    step(house, ticket, "approve", MONDAY_9AM + 2 * HOUR, user=house.requester)
    return ticket


def reclassify(house: House, ticket: Ticket, at: Any, impact: Impact, service: str = "erp") -> None:
    classification = Classification(
        impact=impact, urgency=Urgency.CRITICAL, kind=Kind.INCIDENT, service=house.services[service]
    )
    supervisor = by(house.staff["desk_supervisor"])
    services.classify_ticket(
        ticket=fresh(ticket), classification=classification, reason="Seen.", by=supervisor, at=at
    )


def eventful(house: House) -> Ticket:
    """Return a ticket with every kind of event that moves clocks: warnings, a breach, two
    classifications, pauses, a solution, a decline.
    """
    policy = PolicyVersion.objects.create(
        organization=house.north,
        contract=house.contract,
        number=1,
        effective_from=MONDAY_9AM - HOUR,
    )
    for priority in (1, 2):
        PolicyTarget.objects.create(
            policy=policy, metric="resolution", priority=priority, minutes=900
        )
    ticket = make_ticket(house)
    settle_ticket(ticket_id=ticket.pk, at=MONDAY_9AM + 35 * MINUTE)
    settle_ticket(ticket_id=ticket.pk, at=MONDAY_9AM + 70 * MINUTE)
    reclassify(house, ticket, MONDAY_9AM + 80 * MINUTE, Impact.EXTENSIVE)
    services.reply_to_customer(
        ticket=fresh(ticket), body="We look.", by=by(house.agent), at=MONDAY_9AM + 85 * MINUTE
    )
    step(house, ticket, "start", MONDAY_9AM + 86 * MINUTE)
    step(house, ticket, "pend_user", MONDAY_9AM + 90 * MINUTE, message="Which one?")
    services.reply_as_customer(
        ticket=fresh(ticket), body="This.", by=by(house.requester), at=MONDAY_9AM + 8 * HOUR
    )
    reclassify(house, ticket, MONDAY_9AM + 9 * HOUR, Impact.MINOR, service="network")
    step(
        house,
        ticket,
        "pend_supplier",
        MONDAY_9AM + DAY,
        supplier="Link",
        supplier_case="7",
        promised_on=(MONDAY_9AM + 30 * DAY).date(),
    )
    step(house, ticket, "start", MONDAY_9AM + DAY + HOUR)
    step(
        house,
        ticket,
        "solve",
        MONDAY_9AM + DAY + 2 * HOUR,
        solution_type="definitive",
        message="Done.",
    )
    step(
        house,
        ticket,
        "decline",
        MONDAY_9AM + DAY + 5 * HOUR,
        user=house.requester,
        reason="Still fails.",
    )
    return ticket


def register(
    house: House,
    at: datetime,
    arrival: Arrival | None,
    channel: Channel = Channel.PHONE,
    service: str = "erp",
    **classification: Any,
) -> Ticket:
    """Register a ticket for the requester at the desk, as one that came through the channel; by
    default an incident of minor impact and critical urgency.
    """
    given = {"kind": Kind.INCIDENT, "impact": Impact.MINOR, "urgency": Urgency.CRITICAL}
    request = NewTicket(
        membership=Membership.objects.get(user=house.requester),
        subject="The invoice fails",
        description="Since today.",
        service=house.services[service],
        arrival=arrival,
        **(given | classification),
    )
    return services.raise_ticket(request=request, by=by(house.agent, channel), at=at)


def classify(
    house: House,
    ticket: Ticket,
    at: datetime,
    *,
    user: str = "desk_supervisor",
    reason: str = "Seen.",
    from_start: bool = False,
    **changes: object,
) -> None:
    values = {
        "impact": Impact(ticket.impact),
        "urgency": Urgency(ticket.urgency),
        "kind": Kind(ticket.kind),
        "service": ticket.service,
    }
    services.classify_ticket(
        ticket=fresh(ticket),
        classification=Classification(**(values | changes)),
        reason=reason,
        from_start=from_start,
        by=by(house.staff[user]),
        at=at,
    )


def change(
    house: House,
    ticket: Ticket,
    contract: Contract,
    at: Any,
    *,
    from_start: bool = False,
    who: str = "desk_supervisor",
) -> None:
    services.change_contract(
        ticket=fresh(ticket),
        contract=contract,
        reason="Signed today.",
        from_start=from_start,
        by=by(house.staff[who]),
        at=at,
    )
