"""Attacks by the link that acknowledges an escalation without a login."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from escalation import services
from escalation.models import Escalation
from escalation.queries import LINK_DAYS, acknowledge_token
from foundation.accounts.models import Membership, Team, User
from tests.support.house import MONDAY_9AM, House, by, make_ticket
from tests.support.html import text_of

REASON = "Our payroll stands still."
CARRIER = User(email="night@carrier.example", full_name="The Carrier")


@pytest.fixture
def escalation(house: House) -> Escalation:
    return services.request_escalation(
        ticket=make_ticket(house), reason=REASON, by=by(house.requester), at=MONDAY_9AM
    )


def acknowledged_by(escalation: Escalation) -> str:
    escalation.refresh_from_db()
    return str(escalation.acknowledger)


def test_a_link_acknowledges_in_the_name_of_whom_it_was_mailed_to(
    house: House, escalation: Escalation
) -> None:
    answer = Client().post(f"/escalations/{acknowledge_token(escalation, CARRIER)}/")

    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    assert acknowledged_by(escalation) == "The Carrier"


@pytest.mark.parametrize("who", ["agent2", "desk_supervisor", "administrator"])
def test_staff_cannot_use_a_link_in_anothers_name(
    house: House, escalation: Escalation, sign_in: Any, who: str
) -> None:
    client = sign_in(house.staff[who])
    for person in (CARRIER, house.agent):
        path = f"/escalations/{acknowledge_token(escalation, person)}/"

        assert client.get(path).status_code == 403
        assert client.post(path).status_code == 403
    assert acknowledged_by(escalation) == ""


def test_whom_it_was_mailed_to_may_be_signed_in(
    house: House, escalation: Escalation, sign_in: Any
) -> None:
    path = f"/escalations/{acknowledge_token(escalation, house.agent)}/"

    assert sign_in(house.agent).post(path).status_code == 200
    assert acknowledged_by(escalation) == "Agent"


def deactivate(house: House) -> None:
    User.objects.filter(pk=house.agent.pk).update(is_active=False)


def restrict(house: House) -> None:
    team = Team.objects.create(name="South alone", level=1)
    team.members.add(house.agent)
    team.organizations.add(house.south)


@pytest.mark.parametrize("change", [deactivate, restrict])
def test_the_link_of_a_person_who_left_acknowledges_nothing(
    house: House, escalation: Escalation, change: Any
) -> None:
    path = f"/escalations/{acknowledge_token(escalation, house.agent)}/"
    change(house)

    assert Client().get(path).status_code == 404
    assert Client().post(path).status_code == 404
    assert acknowledged_by(escalation) == ""


def test_the_link_of_a_suspended_member_acknowledges_nothing(
    house: House, escalation: Escalation
) -> None:
    coordinator = house.people["coordinator"]
    path = f"/escalations/{acknowledge_token(escalation, coordinator)}/"
    assert Client().get(path).status_code == 200
    Membership.objects.filter(user=coordinator).update(is_suspended=True)

    assert Client().get(path).status_code == 404


def test_a_link_ends_after_its_days(house: House, escalation: Escalation) -> None:
    with time_machine.travel(MONDAY_9AM, tick=False):
        path = f"/escalations/{acknowledge_token(escalation, CARRIER)}/"
    with time_machine.travel(MONDAY_9AM + timedelta(days=LINK_DAYS, seconds=-1), tick=False):
        in_time = Client().get(path)
    with time_machine.travel(MONDAY_9AM + timedelta(days=LINK_DAYS, seconds=2), tick=False):
        late = Client().post(path)

    assert (in_time.status_code, late.status_code) == (200, 404)
    assert acknowledged_by(escalation) == ""


def test_a_contact_without_an_account_does_not_read_what_the_customer_wrote(
    house: House, escalation: Escalation
) -> None:
    outside, inside = (
        text_of(Client().get(f"/escalations/{token}/").content.decode())
        for token in (
            acknowledge_token(escalation, CARRIER),
            acknowledge_token(escalation, house.agent),
        )
    )

    assert REASON in inside
    assert REASON not in outside
    assert escalation.ticket.number in outside
