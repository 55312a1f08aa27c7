"""Who may acknowledge an escalation, and whom the record names."""

from typing import Any

import pytest
from django.test import Client

from escalation import services
from escalation.models import (
    Escalation,
    EscalationLevel,
)
from foundation.core.errors import NotAllowed
from foundation.duty.models import Absence
from foundation.notifications.models import OutboxMessage
from tests.support.house import (
    DAY,
    MINUTE,
    MONDAY_9AM,
    House,
    by,
    fresh,
    make_ticket,
)
from tests.support.letters import address_in
from tickets.models import Ticket


def ask(house: House, ticket: Ticket, minutes: int = 0) -> Escalation:
    who = house.requester
    at = MONDAY_9AM + minutes * MINUTE
    return services.request_escalation(
        ticket=fresh(ticket), reason=f"Late {minutes}.", by=by(who), at=at
    )


def test_the_record_names_the_person_of_the_link_not_the_absent_one(house: House) -> None:
    Absence.objects.create(
        person=house.agent,
        starts_at=MONDAY_9AM - DAY,
        ends_at=MONDAY_9AM + DAY,
        substitute=house.staff["agent2"],
    )
    EscalationLevel.objects.filter(position=1, matrix__organization=house.north).update(
        contact=house.agent
    )
    asked = ask(house, make_ticket(house))
    letter = OutboxMessage.objects.filter(template="escalation").get()
    assert letter.to_email == "agent2@desk.example"

    Client().post(address_in(letter, "acknowledge_url"))

    asked.refresh_from_db()
    assert (asked.acknowledger, asked.acknowledged_by) == (house.staff["agent2"].full_name, None)


@pytest.mark.parametrize(
    ("who", "may"),
    [
        ("agent", False),
        ("agent2", True),
        ("consultant", False),
        ("desk_supervisor", True),
        ("desk_manager", True),
    ],
)
def test_only_the_notified_person_or_a_supervisor_acknowledges(
    house: House, sign_in: Any, who: str, may: bool
) -> None:
    levels = EscalationLevel.objects.filter(matrix__organization=house.north)
    levels.update(contact=None)
    levels.filter(position=1).update(contact=house.staff["agent2"])
    ticket = make_ticket(house)
    asked = ask(house, ticket)
    path = f"/admin/tickets/{ticket.number}/"
    client = sign_in(house.staff[who])

    if not may:
        with pytest.raises(NotAllowed):
            services.acknowledge_escalation(
                escalation=asked, by=by(house.staff[who]), at=MONDAY_9AM
            )
    offered = (
        f"{path}acknowledge/{asked.pk}/" in client.get(f"{path}?open=after_page").content.decode()
    )
    client.post(f"{path}acknowledge/{asked.pk}/")

    asked.refresh_from_db()
    assert (asked.acknowledged_at is not None, offered) == (may, may)
