"""Splitting a ticket on the desk's pages."""

from typing import Any

import pytest

from tests.support.house import MINUTE, MONDAY_9AM, House, by, make_ticket
from tickets import services
from tickets.models import Message, Ticket

pytestmark = pytest.mark.usefixtures("monday")


def path(ticket: Ticket, rest: str) -> str:
    return f"/admin/tickets/{ticket.number}/{rest}"


def reply(house: House, ticket: Ticket) -> Message:
    return services.reply_as_customer(
        ticket=ticket, body="And the printer fails.", by=by(house.requester), at=MONDAY_9AM
    )


def fields_of(page: Any) -> dict[str, Any]:
    form = page.context["form"]
    return {field.name: getattr(field.value(), "pk", field.value()) for field in form}


def test_a_message_becomes_a_ticket_of_its_own(house: House, sign_in: Any) -> None:
    client = sign_in(house.agent)
    ticket = make_ticket(house)
    message = reply(house, ticket)
    address = path(ticket, f"split/{message.pk}/")
    assert f'href="{address}"' in client.get(path(ticket, "")).content.decode()
    assert f'href="{path(ticket, "split/")}"' in client.get(path(ticket, "")).content.decode()

    page = client.get(address)
    typed = fields_of(page) | {"subject": "The printer fails"}
    done = client.post(address, typed, follow=True)

    assert "And the printer fails." in page.content.decode()
    assert "2 mar 2026, 09:00" in page.content.decode()
    part = Ticket.objects.latest("pk")
    assert done.redirect_chain[-1][0] == f"/admin/tickets/{part.number}/"
    assert (part.subject, part.description) == ("The printer fails", "And the printer fails.")
    assert (part.requester, part.service) == (house.requester, ticket.service)
    again = client.get(address).content.decode()
    assert "Ya se separó de este ticket" in again
    assert part.number in again
    side = client.get(path(part, "panels/relations/")).content.decode()
    assert "Separado de" in side


def test_a_refused_part_keeps_what_was_typed(house: House, sign_in: Any) -> None:
    client = sign_in(house.agent)
    ticket = make_ticket(house)
    typed = fields_of(client.get(path(ticket, "split/"))) | {"subject": "ab"}

    refused = client.post(path(ticket, "split/"), typed)

    assert refused.status_code == 400
    assert "3 letras" in refused.content.decode()
    assert 'value="ab"' in refused.content.decode()
    assert Ticket.objects.count() == 1


def test_only_people_of_the_customer_are_offered(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)

    page = sign_in(house.agent).get(path(ticket, "split/")).content.decode()

    assert str(house.requester) in page
    assert str(house.outsider) not in page


def test_messages_of_the_desk_and_of_other_tickets_have_no_page(house: House, sign_in: Any) -> None:
    client = sign_in(house.agent)
    ticket = make_ticket(house)
    theirs = reply(house, make_ticket(house))
    ours = services.reply_to_customer(
        ticket=ticket, body="Hello.", by=by(house.agent), at=MONDAY_9AM + MINUTE
    )

    for message in (theirs, ours):
        assert client.get(path(ticket, f"split/{message.pk}/")).status_code == 404
    page = client.get(path(ticket, "")).content.decode()
    assert f"split/{ours.pk}/" not in page


def test_who_only_reads_sees_no_way_to_split(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)
    client = sign_in(house.staff["bpo"])

    assert "/split/" not in client.get(path(ticket, "")).content.decode()
    assert client.get(path(ticket, "split/")).status_code == 403


def test_the_customer_sees_no_way_to_split(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)
    reply(house, ticket)

    page = sign_in(house.requester).get(f"/tickets/{ticket.number}/").content.decode()

    assert "/split/" not in page
