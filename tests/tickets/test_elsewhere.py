"""A request that was registered for the wrong customer is raised anew for the right one."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import translation

from foundation.accounts.models import Membership, Team
from foundation.activity.models import Record
from foundation.core.classification import Impact, Kind, Urgency
from foundation.core.errors import Invalid
from sla.clocks.models import Clock
from tests.support.house import HOUR, MONDAY_9AM, House, by, fresh, make_ticket
from tests.support.html import text_of
from tests.support.pages import english
from tests.support.tickets import step
from tickets.models import Attachment, Message, StateInterval, Ticket
from tickets.services import (
    ActionNotAllowed,
    MayNotRaise,
    NewTicket,
    StaleTicket,
    raise_elsewhere,
    reply_to_customer,
)

pytestmark = pytest.mark.usefixtures("monday")
REASON = "Registered by mistake."


def south(house: House) -> Membership:
    return Membership.objects.select_related("user", "organization").get(
        user=house.outsider, organization=house.south
    )


def request_of(house: House, **changes: Any) -> NewTicket:
    values: dict[str, Any] = {
        "membership": south(house),
        "subject": "Printer",
        "description": "It does not print",
        "kind": Kind.INCIDENT,
        "service": house.services["network"],
        "impact": Impact.MINOR,
        "urgency": Urgency.MEDIUM,
    }
    return NewTicket(**values | changes)


def go(house: House, ticket: Ticket, person: Any = None, **changes: Any) -> Ticket:
    given: dict[str, Any] = {"reason": REASON, "at": MONDAY_9AM + HOUR} | changes
    return raise_elsewhere(
        ticket=ticket, request=request_of(house), by=by(person or house.agent), **given
    )


def page_data(house: House, ticket: Ticket, **changes: Any) -> dict[str, Any]:
    return {
        "version": fresh(ticket).version,
        "membership": south(house).pk,
        "kind": "incident",
        "service": house.services["network"].pk,
        "subject": "Printer",
        "description": "It does not print",
        "impact": "minor",
        "urgency": "medium",
        "reason": REASON,
    } | changes


def test_the_new_ticket_is_of_the_other_customer_and_runs_from_the_old_arrival(
    house: House,
) -> None:
    ticket = make_ticket(house, at=MONDAY_9AM)

    found = go(house, ticket)

    assert (found.organization, found.requester) == (house.south, house.outsider)
    assert found.received_at == MONDAY_9AM
    assert set(Clock.objects.filter(ticket=found).values_list("started_at", flat=True)) == {
        MONDAY_9AM
    }
    assert found.channel == ticket.channel


def test_the_old_ticket_ends_with_what_its_requester_reads(house: House) -> None:
    ticket = make_ticket(house, at=MONDAY_9AM)

    found = go(house, ticket)

    old = fresh(ticket)
    assert old.state == "rejected"
    interval = StateInterval.objects.get(ticket=old, ended_at=None)
    assert (interval.reason, interval.cause) == (REASON, "elsewhere")
    said = Record.objects.filter(verb="ticket.raised_elsewhere", object_id=ticket.pk).get()
    came = Record.objects.filter(verb="ticket.came_from_elsewhere", object_id=found.pk).get()
    assert (said.payload["other"], came.payload["other"]) == (found.pk, ticket.pk)
    assert (said.organization_id, came.organization_id) == (house.north.pk, house.south.pk)


def test_work_that_has_begun_ends_as_invalid(house: House) -> None:
    ticket = make_ticket(house, at=MONDAY_9AM)
    step(house, ticket, "start", at=MONDAY_9AM)

    go(house, fresh(ticket))

    assert (fresh(ticket).state, fresh(ticket).closure_code) == ("closed", "invalid")


def test_a_ticket_that_has_ended_stays_as_it_is(house: House) -> None:
    ticket = make_ticket(house, at=MONDAY_9AM)
    step(house, ticket, "cancel", at=MONDAY_9AM, user=house.requester, reason="No")

    go(house, fresh(ticket))

    assert fresh(ticket).state == "cancelled"
    assert Ticket.objects.count() == 2


def test_nothing_of_the_conversation_goes_with_it(house: House) -> None:
    ticket = make_ticket(house, at=MONDAY_9AM)
    reply_to_customer(
        ticket=ticket, body="North secret", by=by(house.agent), at=MONDAY_9AM + HOUR / 2
    )

    found = go(house, fresh(ticket))

    assert not Message.objects.filter(ticket=found).exists()
    assert not Attachment.objects.filter(ticket=found).exists()


def test_neither_customer_learns_of_the_other(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house, at=MONDAY_9AM)
    found = go(house, ticket)

    old = sign_in(house.requester).get(f"/tickets/{ticket.number}/").content.decode()
    new = sign_in(house.outsider).get(f"/tickets/{found.number}/").content.decode()

    assert (found.number in old, str(house.south) in old) == (False, False)
    assert (ticket.number in new, str(house.north) in new) == (False, False)
    assert sign_in(house.outsider).get(f"/tickets/{ticket.number}/").status_code == 404
    assert sign_in(house.requester).get(f"/tickets/{found.number}/").status_code == 404


def test_it_is_refused_for_the_same_customer_and_for_who_may_not(house: House) -> None:
    ticket = make_ticket(house, at=MONDAY_9AM)
    own = Membership.objects.select_related("user", "organization").get(
        user=house.requester, organization=house.north
    )
    with pytest.raises(Invalid) as same:
        raise_elsewhere(
            ticket=ticket,
            request=request_of(house, membership=own),
            reason=REASON,
            by=by(house.agent),
            at=MONDAY_9AM,
        )
    assert list(same.value.fields) == ["membership"]
    with pytest.raises(ActionNotAllowed):
        go(house, ticket, house.staff["bpo"])
    with pytest.raises(StaleTicket):
        go(house, ticket, expected_version=ticket.version + 1)
    assert Ticket.objects.count() == 1
    assert fresh(ticket).state == "new"


def test_a_reason_is_needed_and_nothing_is_half_done(house: House) -> None:
    ticket = make_ticket(house, at=MONDAY_9AM)

    with pytest.raises(Invalid):
        go(house, ticket, reason=" ")

    assert Ticket.objects.count() == 1


def test_a_member_who_raises_no_tickets_is_refused(house: House) -> None:
    ticket = make_ticket(house, at=MONDAY_9AM)
    Membership.objects.filter(pk=south(house).pk).update(roles=["report_recipient"])

    with pytest.raises(MayNotRaise):
        go(house, ticket)

    assert fresh(ticket).state == "new"


def test_the_desk_sees_contract_and_clocks_first(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house, at=MONDAY_9AM - timedelta(days=10))
    client = sign_in(english(house))
    path = f"/admin/tickets/{ticket.number}/customer/"

    chosen = client.get(path, {"organization": "south"})
    data = page_data(house, ticket)
    seen = client.post(f"{path}?organization=south", data)

    assert chosen.context["form"].initial["subject"] == ticket.subject
    assert seen.status_code == 200
    text = " ".join(text_of(seen.content.decode()).split())
    assert "Nothing is saved yet." in text
    assert "Contract : C-south" in text
    assert "Attention" in text
    assert "missed at once" in text
    assert f"{ticket.number}: Reject" in text
    assert Ticket.objects.count() == 1
    data["seen"] = seen.context["form"].data["seen"]
    other = client.post(f"{path}?organization=south", data | {"urgency": "high"})
    assert (other.status_code, Ticket.objects.count()) == (200, 1)
    done = client.post(f"{path}?organization=south", data)
    found = Ticket.objects.exclude(pk=ticket.pk).get()
    assert done.headers["Location"] == f"/admin/tickets/{found.number}/"
    assert found.organization == house.south


def test_the_page_keeps_what_was_typed_when_it_is_refused(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house, at=MONDAY_9AM)
    client = sign_in(english(house))
    path = f"/admin/tickets/{ticket.number}/customer/?organization=south"

    own = client.post(path, page_data(house, ticket, membership=1, subject="Kept"))
    stale = client.post(path, page_data(house, ticket, version=99, subject="Kept"))

    assert (own.status_code, list(own.context["form"].errors)) == (400, ["membership"])
    assert stale.status_code == 409
    assert stale.context["form"].data["version"] == str(fresh(ticket).version)
    assert all("Kept" in page.content.decode() for page in (own, stale))
    assert (
        client.get(f"/admin/tickets/{ticket.number}/customer/?organization=north").status_code
        == 400
    )


def test_what_changed_meanwhile_is_shown_and_the_second_try_goes_through(
    house: House, sign_in: Any
) -> None:
    ticket = make_ticket(house, at=MONDAY_9AM)
    client = sign_in(english(house))
    path = f"/admin/tickets/{ticket.number}/customer/?organization=south"
    data = page_data(house, ticket)
    step(house, ticket, "start", at=MONDAY_9AM)

    stale = client.post(path, data)
    data["version"] = stale.context["form"].data["version"]
    data["seen"] = client.post(path, data).context["form"].data["seen"]
    done = client.post(path, data)

    assert (stale.status_code, done.status_code) == (409, 302)
    assert [entry.verb for entry in stale.context["changes"]] == ["ticket.state_changed"]
    assert (fresh(ticket).state, Ticket.objects.count()) == ("closed", 2)


def test_who_serves_one_customer_alone_is_offered_no_other(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house, at=MONDAY_9AM)
    team = Team.objects.create(name="North only")
    team.organizations.set([house.north])
    team.members.set([house.agent])
    client = sign_in(english(house))

    page = client.get(f"/admin/tickets/{ticket.number}/customer/?organization=south")

    assert page.status_code == 400
    assert "Company south" not in page.content.decode()


def test_the_reason_that_is_offered_is_in_the_requesters_language(
    house: House, sign_in: Any
) -> None:
    ticket = make_ticket(house, at=MONDAY_9AM)
    with translation.override("es"):
        page = sign_in(house.agent).get(
            f"/admin/tickets/{ticket.number}/customer/?organization=south"
        )

    assert page.context["form"].initial["reason"].startswith("This request was registered")
