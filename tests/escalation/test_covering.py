"""When coverage is requested and computed again, its page and API, and drills."""

from datetime import UTC, datetime
from typing import Any

import pytest

from escalation.coverage import forecasts_of
from escalation.models import Coverage
from escalation.queries import coverage_to_compute
from escalation.services import ask_coverage, refresh_coverage, start_drill
from foundation.accounts.models import User
from foundation.accounts.services import issue_user_token
from foundation.calendars.models import Calendar
from foundation.calendars.services import publish_calendar_version
from foundation.core.errors import NotAllowed
from foundation.duty.models import Shift
from foundation.notifications.models import OutboxMessage
from foundation.notifications.rendering import render_message
from tests.support.house import (
    MINUTE,
    MONDAY_9AM,
    SECOND,
    SETUP,
    House,
    by,
)


def shift(*people: User, hours: Any, name: str) -> Shift:
    made = Shift.objects.create(name=name, hours=hours)
    made.people.set(people)
    return made


def compute_coverage(house: House) -> None:
    for organization in (house.north, house.south):
        refresh_coverage(organization=organization, at=MONDAY_9AM)
    assert coverage_to_compute(10) == []


_COMPUTES = "escalation.services.covering.forecasts_of"


@pytest.mark.parametrize("meanwhile", ["requested", "finished"])
def test_forecasts_are_dropped_when_another_computation_was_requested_or_finished_meanwhile(
    house: House, monkeypatch: pytest.MonkeyPatch, meanwhile: str
) -> None:
    compute_coverage(house)
    ask_coverage(organization_ids=[house.north.pk], at=MONDAY_9AM)
    later = MONDAY_9AM + MINUTE

    def slow(*arguments: Any) -> Any:
        found = forecasts_of(*arguments)
        monkeypatch.setattr(_COMPUTES, forecasts_of)
        if meanwhile == "requested":
            ask_coverage(organization_ids=[house.north.pk], at=later)
        else:
            refresh_coverage(organization=house.north, at=later)
        return found

    monkeypatch.setattr(_COMPUTES, slow)
    refresh_coverage(organization=house.north, at=MONDAY_9AM + SECOND)

    computed = {row.computed_at for row in Coverage.objects.filter(organization=house.north)}
    assert MONDAY_9AM + SECOND not in computed
    waits = coverage_to_compute(10)
    assert waits == ([house.north.pk] if meanwhile == "requested" else [])


@pytest.mark.parametrize(
    ("path", "data"),
    [
        (
            "/admin/duty/shift/add/",
            {
                "name": "Days",
                "time_zone": "America/Mexico_City",
                "hours": "lun-vie 08:00-16:00",
                "people": "",
                "is_active": "on",
            },
        ),
        (
            "/admin/duty/absence/add/",
            {
                "person": "agent@desk.example",
                "starts_at_0": "2026-03-03",
                "starts_at_1": "09:00",
                "ends_at_0": "2026-03-04",
                "ends_at_1": "09:00",
            },
        ),
    ],
)
def test_a_shift_or_an_absence_saved_on_its_page_requests_the_coverage_of_every_customer(
    house: House, sign_in: Any, path: str, data: dict[str, str]
) -> None:
    compute_coverage(house)

    saved = sign_in(house.staff["administrator"]).post(path, data)

    assert saved.status_code == 302
    assert set(coverage_to_compute(10)) == {house.north.pk, house.south.pk}
    refresh_coverage(organization=house.north, at=MONDAY_9AM)
    assert set(coverage_to_compute(10)) == {house.south.pk}


def test_a_new_version_of_a_calendar_requests_the_coverage_of_its_customer(house: House) -> None:
    compute_coverage(house)

    publish_calendar_version(
        calendar=Calendar.objects.get(organization=house.south, role="business"),
        time_zone="America/Mexico_City",
        hours={"0": [["09:00", "18:00"]]},
        holidays={},
        effective_from=MONDAY_9AM,
        by=SETUP,
        at=MONDAY_9AM,
    )

    assert set(coverage_to_compute(10)) == {house.south.pk}


def test_the_page_shows_the_week_and_the_hour_and_the_drill_is_sent_once(
    house: House, sign_in: Any
) -> None:
    shift(
        house.staff["desk_supervisor"],
        house.agent,
        hours={"0": [["08:00", "20:00"]]},
        name="Mondays",
    )
    refresh_coverage(organization=house.north, at=datetime.now(UTC))
    client = sign_in(house.staff["desk_supervisor"])

    page = client.get("/admin/coverage/?customer=north&priority=high&hour=3").content.decode()
    assert page.count('class="coverage-gap') == 168 - 12
    assert "Every supervisor, off duty" in page or "Toda la supervisión" in page
    for _ in range(2):
        assert client.post("/admin/coverage/drill/?customer=north").status_code == 302

    drills = OutboxMessage.objects.filter(template="drill")
    assert drills.count() == len({each.to_email for each in drills}) > 0
    assert (
        "TEST" in render_message(drills[0]).subject or "PRUEBA" in render_message(drills[0]).subject
    )
    with pytest.raises(NotAllowed):
        start_drill(
            organization=house.north,
            contract=None,
            by=by(house.agent),
            at=MONDAY_9AM,
        )


def test_the_gaps_are_read_over_the_api(house: House, client: Any) -> None:
    shift(
        house.staff["desk_supervisor"],
        house.agent,
        hours={"0": [["00:00", "24:00"]]},
        name="Mondays",
    )
    token = issue_user_token(user=house.staff["desk_manager"], by=SETUP, at=MONDAY_9AM)

    answer = client.get(
        "/api/v1/coverage/?organization=north", headers={"Authorization": f"Bearer {token}"}
    ).json()

    (found,) = answer
    assert {each["weekday"] for each in found["gaps"]} == set(range(1, 7))
    assert found["time_zone"] == "America/Mexico_City"


def test_another_customers_coverage_is_nobodys_business(house: House) -> None:
    refresh_coverage(organization=house.south, at=MONDAY_9AM)
    looked_at = Coverage.objects.filter(computed_at__isnull=False)
    assert set(looked_at.values_list("organization__slug", flat=True)) == {"south"}
