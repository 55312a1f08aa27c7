"""Dates of the configuration lie within 1990 and 20 years from now, and a local time that the
clocks skip gets a sentence.
"""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from catalog.models import Contract
from escalation.services import request_escalation
from foundation.core.bounds import require_in_reach
from foundation.core.zones import local_instant
from foundation.duty.models import Absence, Shift
from sla.clocks.models import Clock
from sla.clocks.services import settle_ticket
from tests.support.house import DAY, MONDAY_9AM, House, by, fresh, make_ticket
from tests.support.html import ChangeForm, text_of
from tickets.models import Ticket

pytestmark = pytest.mark.usefixtures("monday")


@pytest.fixture
def client_of(house: House, sign_in: Any) -> Any:
    administrator = house.staff["administrator"]
    administrator.language = "en"
    administrator.save()
    return sign_in(administrator)


def absence(
    house: House, starts: str, ends: str, time_zone: str = "Europe/Madrid"
) -> dict[str, str]:
    first = starts.split("T")
    last = ends.split("T")
    return {
        "person": house.agent.email,
        "time_zone": "Europe/Madrid",
        "starts_at_0": first[0],
        "starts_at_1": first[1],
        "ends_at_0": last[0],
        "ends_at_1": last[1],
        "substitute": "",
        "reason": "",
    }


@pytest.mark.parametrize(
    ("value", "is_refused"),
    [
        (date(1989, 12, 31), True),
        (date(1990, 1, 1), False),
        (date(2046, 3, 1), False),
        (date(2046, 3, 20), True),
        (datetime(2046, 3, 20, tzinfo=UTC), True),
        (date(9999, 12, 31), True),
        (date(1, 1, 1), True),
    ],
)
def test_a_day_lies_within_1990_and_twenty_years_ahead(value: date, is_refused: bool) -> None:
    if is_refused:
        with pytest.raises(ValidationError):
            require_in_reach(value, MONDAY_9AM)
    else:
        require_in_reach(value, MONDAY_9AM)


def test_an_absence_until_the_end_of_time_is_refused_at_its_field(
    house: House, client_of: Any
) -> None:
    page = client_of.post(
        "/admin/duty/absence/add/", absence(house, "2026-03-02T09:00", "9999-12-31T23:59")
    )

    assert list(page.context["adminform"].form.errors) == ["ends_at"]
    assert "at most 20 years ahead" in text_of(page.content.decode())
    assert not Absence.objects.exists()


@pytest.mark.parametrize(
    ("starts", "ends", "fields"),
    [
        ("2026-03-29T02:30", "2026-03-29T09:00", ["starts_at"]),
        ("2026-03-28T09:00", "2026-03-29T02:30", ["ends_at"]),
        ("2026-03-29T02:10", "2026-03-29T02:50", ["starts_at", "ends_at"]),
    ],
)
def test_an_absence_in_the_gap_of_a_clock_change_gets_a_sentence(
    house: House, client_of: Any, starts: str, ends: str, fields: list[str]
) -> None:
    later = Absence.objects.create(
        person=house.agent,
        starts_at=datetime(2027, 3, 1, tzinfo=UTC),
        ends_at=datetime(2027, 3, 2, tzinfo=UTC),
    )
    for place in ("add", f"{later.pk}/change"):
        page = client_of.post(f"/admin/duty/absence/{place}/", absence(house, starts, ends))

        assert list(page.context["adminform"].form.errors) == fields
        assert "The clocks go forward then, and 02:" in text_of(page.content.decode())
        assert "absence_ends_after_start" not in page.content.decode()
        assert "ends before it begins" not in page.content.decode()


def test_a_time_that_occurs_twice_is_the_first() -> None:
    wall = datetime.fromisoformat("2026-10-25T02:30")

    assert local_instant(wall, "Europe/Madrid") == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "time_zone"),
    [("9999-12-31T23:59", "America/Mexico_City"), ("0001-01-01T00:00", "Asia/Tokyo")],
)
def test_the_ends_of_the_calendar_are_too_far_away(text: str, time_zone: str) -> None:
    with pytest.raises(ValidationError):
        local_instant(datetime.fromisoformat(text), time_zone)


def test_far_dates_of_a_contract_a_policy_and_a_calendar_are_field_errors(
    house: House, client_of: Any
) -> None:
    path = f"/admin/catalog/contract/{house.contract.pk}/change/"
    sent = ChangeForm(client_of.get(path).content.decode()).sent
    contract = client_of.post(path, {**sent, "ends_on": "9999-12-31"})
    policy = client_of.post(
        "/admin/sla/policyversion/add/",
        {
            "organization": house.north.pk,
            "effective_from": "9999-12-31T23:59",
            "targets-TOTAL_FORMS": "0",
            "targets-INITIAL_FORMS": "0",
        },
    )

    assert list(contract.context["adminform"].form.errors) == ["ends_on"]
    assert list(policy.context["adminform"].form.errors) == ["effective_from"]
    assert Contract.objects.get(pk=house.contract.pk).ends_on is None


@pytest.mark.parametrize("has_shift", [False, True])
def test_rows_beyond_the_horizon_stop_nobodys_ticket(house: House, has_shift: bool) -> None:
    """They may be in a database of before, or written by a program."""
    for person in (house.staff["desk_supervisor"], house.agent):
        Absence.objects.create(
            person=person,
            starts_at=MONDAY_9AM,
            ends_at=datetime(9999, 12, 31, 23, 59, tzinfo=UTC),
        )
    if has_shift:
        shift = Shift.objects.create(name="Days", hours={"0": [["09:00", "18:00"]]})
        shift.people.set([house.staff["desk_supervisor"], house.agent])
    reached = make_ticket(house)
    request_escalation(ticket=reached, reason="Now.", by=by(house.requester), at=MONDAY_9AM)
    settle_ticket(ticket_id=reached.pk, at=MONDAY_9AM + 2 * DAY)
    assert Clock.objects.filter(ticket=reached, breached_at__isnull=False).count() == 2
    type(house.contract).objects.filter(organization=house.north).update(
        ends_on=(MONDAY_9AM - DAY).date()
    )

    ticket = make_ticket(house)

    assert fresh(ticket).is_out_of_contract
    assert Ticket.objects.count() == 2
