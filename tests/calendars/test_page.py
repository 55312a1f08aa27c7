"""The calendar's page: a preview of the clocks that would move, warnings before saving,
refusals.
"""

import re
from datetime import date
from typing import Any

import pytest
import time_machine
from django.utils import translation

from desk.configuration.calendars import CalendarForm
from foundation.accounts.models import User
from foundation.calendars.hours import format_holidays, format_hours, parse_hours
from foundation.calendars.linting import lint_calendar
from foundation.calendars.models import Calendar, CalendarVersion
from foundation.core.zones import validate_country
from sla.clocks.models import Clock
from sla.clocks.services import (
    preview_calendar,
)
from sla.policies.models import PolicyTarget, PolicyVersion
from tests.support.calendars import SHORT_DAYS
from tests.support.house import (
    DAY,
    HOUR,
    MINUTE,
    MONDAY_9AM,
    House,
    make_ticket,
)


@pytest.fixture
def calendar(house: House) -> Calendar:
    return Calendar.objects.get(organization=house.north, role="business")


def form(calendar: Calendar, **changes: str) -> dict[str, str]:
    kept = {
        "name": calendar.name,
        "role": calendar.role,
        "time_zone": "America/Mexico_City",
        "effective_from": "",
        "seen": "",
    }
    return {**kept, "hours": "lun-vie 09:00-14:00", "holidays": "2026-12-25 Navidad", **changes}


def test_a_preview_lists_moved_tickets_and_writes_nothing(house: House, calendar: Calendar) -> None:
    ticket = make_ticket(house)
    noon = MONDAY_9AM + 3 * HOUR
    content = {
        "time_zone": "America/Mexico_City",
        "hours": SHORT_DAYS,
        "holidays": {},
        "effective_from": noon,
    }

    moves = preview_calendar(calendar=calendar, version=content, at=noon)

    assert [(move.ticket, move.metric, move.old_due_at, move.due_at) for move in moves] == [
        (ticket.number, "attention", MONDAY_9AM + 10 * HOUR, MONDAY_9AM + DAY + 5 * HOUR)
    ]
    assert Clock.objects.get(ticket=ticket, metric="attention").due_at == MONDAY_9AM + 10 * HOUR
    assert CalendarVersion.objects.filter(calendar=calendar).count() == 1


def test_a_preview_lists_the_smallest_delay_first(house: House, calendar: Calendar) -> None:
    late = make_ticket(house, at=MONDAY_9AM + HOUR)
    early = make_ticket(house)
    noon = MONDAY_9AM + 3 * HOUR
    content = {
        "time_zone": "America/Mexico_City",
        "hours": SHORT_DAYS,
        "holidays": {},
        "effective_from": noon,
    }

    moves = preview_calendar(calendar=calendar, version=content, at=noon)

    assert [(move.ticket, move.due_at - move.old_due_at) for move in moves] == [
        (early.number, 19 * HOUR),
        (late.number, 24 * HOUR),
    ]


def test_a_change_is_shown_first_and_saved_when_it_comes_again(
    house: House, calendar: Calendar, sign_in: Any
) -> None:
    ticket = make_ticket(house)
    client = sign_in(house.staff["administrator"])
    path = f"/admin/calendars/calendar/{calendar.pk}/change/"
    with time_machine.travel(MONDAY_9AM + 3 * HOUR, tick=False):
        shown = client.post(path, form(calendar))
        word = shown.context["adminform"].form.data["seen"]
        assert (shown.status_code, shown.context["move_count"]) == (200, 1)
        assert ticket.number in shown.content.decode()
        assert CalendarVersion.objects.filter(calendar=calendar).count() == 1

        other = client.post(path, form(calendar, hours="lun-vie 09:00-13:00", seen=word))
        assert other.status_code == 200  # another change than the one that was seen
        saved = client.post(path, form(calendar, seen=word))

    assert saved.status_code == 302
    version = CalendarVersion.objects.get(calendar=calendar, number=2)
    assert (version.hours["0"], version.effective_from) == (
        [["09:00", "14:00"]],
        MONDAY_9AM + 3 * HOUR,
    )


def test_a_change_takes_effect_now_or_later_and_says_so(
    house: House, calendar: Calendar, sign_in: Any
) -> None:
    client = sign_in(house.staff["administrator"])
    path = f"/admin/calendars/calendar/{calendar.pk}/change/"
    with time_machine.travel(MONDAY_9AM, tick=False):
        past = client.post(path, form(calendar, effective_from="2026-03-01T09:00"))
        seen = (
            client.post(path, form(calendar, effective_from="2026-04-01T00:00"))
            .context["adminform"]
            .form.data["seen"]
        )
        later = client.post(path, form(calendar, effective_from="2026-04-01T00:00", seen=seen))

    assert "effective_from" in past.context["adminform"].form.errors
    assert later.status_code == 302
    assert (
        CalendarVersion.objects.get(number=2).effective_from.isoformat()
        == "2026-04-01T06:00:00+00:00"
    )


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"hours": "lun-vie 9 a 7"}, "hours"),
        ({"hours": ""}, "hours"),
        ({"holidays": "25/12/2026"}, "holidays"),
        ({"time_zone": "Mexico/Nowhere"}, "time_zone"),
    ],
)
def test_a_malformed_calendar_is_refused_at_its_field(
    house: House, calendar: Calendar, sign_in: Any, wrong: dict[str, str], field: str
) -> None:
    page = sign_in(house.staff["administrator"]).post(
        f"/admin/calendars/calendar/{calendar.pk}/change/", form(calendar, **wrong)
    )

    assert page.status_code == 200
    assert field in page.context["adminform"].form.errors
    assert CalendarVersion.objects.filter(calendar=calendar).count() == 1


def test_the_page_shows_the_week_and_the_closed_days(
    house: House, calendar: Calendar, sign_in: Any
) -> None:
    with time_machine.travel(MONDAY_9AM, tick=False):
        page = sign_in(house.staff["administrator"]).get(
            f"/admin/calendars/calendar/{calendar.pk}/change/"
        )

    assert len(page.context["week"]) == 5
    assert (date(2026, 12, 25), "Navidad") in page.context["closed_days"]
    assert page.context["findings"] == []


def lint(**changes: Any) -> list[str]:
    calendar = {
        "hours": {"0": [["09:00", "19:00"]]},
        "holidays": {"2026-12-25": "Navidad", "2027-12-25": "Navidad"},
        "time_zone": "America/Lima",
        "organization_zone": "America/Lima",
        "public": {"2026-12-25": "Navidad", "2025-01-01": "Past"},
        "today": date(2026, 3, 2),
    }
    return [finding.code for finding in lint_calendar(**{**calendar, **changes})]


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({}, []),
        ({"hours": {"0": [["00:00", "23:59"]]}}, ["ends_before_midnight"]),
        ({"hours": {"0": [["09:00", "13:00"], ["12:00", "18:00"]]}}, ["overlap"]),
        ({"hours": {"0": [["09:00", "09:05"]]}}, ["short_window"]),
        ({"organization_zone": "America/Bogota"}, ["other_zone"]),
        ({"public": {"2026-07-28": "Fiestas Patrias"}}, ["missing_holidays"]),
        ({"holidays": {"2026-12-25": "Navidad"}}, ["holidays_end"]),
        ({"holidays": {}}, ["missing_holidays"]),
        ({"holidays": {}, "public": {}}, []),
    ],
)
def test_the_linter_lists_probable_mistakes(changes: dict[str, Any], codes: list[str]) -> None:
    assert lint(**changes) == codes


def test_probable_mistakes_are_shown_before_saving(
    house: House, calendar: Calendar, sign_in: Any
) -> None:
    client = sign_in(house.staff["administrator"])
    path = f"/admin/calendars/calendar/{calendar.pk}/change/"
    typed = form(calendar, hours="lun-vie 09:00-23:59\nlun 10:00-12:00")
    shown = client.post(path, typed)
    assert (shown.status_code, shown.context["move_count"]) == (200, 0)
    assert "23:59" in shown.content.decode()
    assert CalendarVersion.objects.filter(calendar=calendar).count() == 1

    added = {
        "organization": house.north.pk,
        **form(calendar, name="Nuevo", time_zone="Asia/Tokyo"),
        "role": "extended",
    }
    assert client.post("/admin/calendars/calendar/add/", added).status_code == 200
    assert not Calendar.objects.filter(name="Nuevo").exists()


def test_the_role_of_a_calendar_cannot_change(
    house: House, calendar: Calendar, sign_in: Any
) -> None:
    client = sign_in(house.staff["administrator"])
    path = f"/admin/calendars/calendar/{calendar.pk}/change/"
    version = CalendarVersion.objects.get(calendar=calendar)
    same = {"hours": format_hours(version.hours), "holidays": format_holidays(version.holidays)}

    assert (
        client.post(path, form(calendar, name="Otro nombre", role="extended", **same)).status_code
        == 302
    )

    calendar.refresh_from_db()
    assert (calendar.name, calendar.role) == ("Otro nombre", "business")
    # past the page
    Calendar.objects.filter(pk=calendar.pk).update(name="Lun-Vie 09:00-19:00", role="extended")
    assert make_ticket(house, service="erp").number
    assert (
        Calendar.objects.filter(organization=house.north, role="business").get().name
        == "Lun-Vie 09:00-19:00 (2)"
    )


def test_refusals_speak_the_readers_language(
    house: House, calendar: Calendar, sign_in: Any
) -> None:
    client = sign_in(house.staff["administrator"])
    path = f"/admin/calendars/calendar/{calendar.pk}/change/"
    for hours in (
        "lun-vie 9 a 7",
        "lun 09:00-25:00",
        "lun ²:00-10:00",
        "lun 09:00-09:00",
        "x 09:00-10:00",
    ):
        (words,) = (
            client.post(path, form(calendar, hours=hours)).context["adminform"].form.errors["hours"]
        )
        assert not {"write", "begin", "day:", "window"} & set(words.lower().split()), words


def test_the_holidays_of_a_country_or_region_are_put_into_the_list_and_shown_before_they_are_saved(
    house: House, calendar: Calendar, sign_in: Any
) -> None:
    client = sign_in(house.staff["administrator"])
    path = f"/admin/calendars/calendar/{calendar.pk}/change/"
    with time_machine.travel(MONDAY_9AM, tick=False):
        unknown = client.post(path, form(calendar, public_of="XX"))
        nowhere = client.post(path, form(calendar, public_of="MX-NOWHERE"))
        shown = client.post(
            path, form(calendar, holidays="2026-12-25 Navidad con nombre propio", public_of="es-md")
        )
        typed = shown.context["adminform"].form.data
        assert CalendarVersion.objects.filter(calendar=calendar).count() == 1
        again = client.post(
            path, form(calendar, holidays=typed["holidays"], public_of=typed["public_of"])
        )
        saved = client.post(
            path,
            form(
                calendar,
                holidays=typed["holidays"],
                seen=again.context["adminform"].form.data["seen"],
            ),
        )

    assert "XX" in str(unknown.context["adminform"].form.errors["public_of"])
    assert "NOWHERE" in str(nowhere.context["adminform"].form.errors["public_of"])
    assert (shown.status_code, again.status_code, saved.status_code) == (200, 200, 302)
    kept = CalendarVersion.objects.get(calendar=calendar, number=2).holidays
    assert kept["2026-12-25"] == "Navidad con nombre propio"
    # Madrid's own day, Epiphany, and the third year
    assert {"2026-05-02", "2027-01-06", "2028-12-25"} <= set(kept)


def test_public_holidays_of_three_years_are_shown_as_a_trial_unless_a_field_is_wrong(
    house: House, calendar: Calendar, sign_in: Any
) -> None:
    client = sign_in(house.staff["administrator"])
    path = f"/admin/calendars/calendar/{calendar.pk}/change/"

    with time_machine.travel(MONDAY_9AM, tick=False):
        shown = client.post(path, form(calendar, public_of="MX"))
        wrong = client.post(path, form(calendar, public_of="MX", hours="x 09:00-10:00"))

    listed = shown.context["adminform"].form.data["holidays"].splitlines()
    assert {line[:4] for line in listed if line} == {"2026", "2027", "2028"}
    assert (len(shown.context["trial"]), shown.context["errors"]) == (1, [])
    assert "trial" not in wrong.context
    assert sorted(wrong.context["adminform"].form.errors) == ["__all__", "hours"]
    assert CalendarVersion.objects.filter(calendar=calendar).count() == 1


def test_a_read_only_page_shows_no_errors(house: House, calendar: Calendar, sign_in: Any) -> None:
    make_ticket(house)
    User.objects.update(language="en")
    with time_machine.travel(MONDAY_9AM + 3 * HOUR, tick=False):
        page = (
            sign_in(house.staff["administrator"])
            .post(f"/admin/calendars/calendar/{calendar.pk}/change/", form(calendar))
            .content.decode()
        )

    assert "errornote" not in page
    assert ("Nothing is saved yet" in page, 'value="Save it like this"' in page) == (True, True)


def test_an_hour_without_its_zero_is_no_night_shift() -> None:
    assert parse_hours("lun 9:00-19:00") == {"0": [["09:00", "19:00"]]}


def test_a_change_of_calendar_at_once_is_saved_on_a_clock_that_runs(
    house: House, sign_in: Any
) -> None:
    calendar = Calendar.objects.get(organization=house.north, role="business")
    holidays = CalendarVersion.objects.get(calendar=calendar).holidays
    form = {
        "name": "Days",
        "role": "business",
        "time_zone": "America/Mexico_City",
        "effective_from": "",
        "seen": "",
        "holidays": format_holidays(holidays),
    }

    saved = sign_in(house.staff["administrator"]).post(
        f"/admin/calendars/calendar/{calendar.pk}/change/", {**form, "hours": "lun-vie 9:00-14:00"}
    )

    assert saved.status_code == 302
    assert CalendarVersion.objects.get(calendar=calendar, number=2).hours["0"] == [
        ["09:00", "14:00"]
    ]
    assert (
        sign_in(house.staff["administrator"])
        .get(f"/admin/calendars/calendar/{calendar.pk}/change/")
        .status_code
        == 200
    )


def test_a_calendar_that_would_move_a_deadline_beyond_the_horizon_is_refused_with_words(
    house: House, sign_in: Any
) -> None:
    policy = PolicyVersion.objects.create(
        organization=house.north,
        contract=house.contract,
        number=1,
        effective_from=MONDAY_9AM - HOUR,
    )
    PolicyTarget.objects.create(policy=policy, metric="attention", priority=2, minutes=6000)
    make_ticket(house)
    calendar = Calendar.objects.get(organization=house.north, role="business")
    form = {
        "name": "Days",
        "role": "business",
        "time_zone": "America/Mexico_City",
        "effective_from": "",
        "seen": "",
        "holidays": "",
    }

    with time_machine.travel(MONDAY_9AM + MINUTE, tick=False):
        path = f"/admin/calendars/calendar/{calendar.pk}/change/"
        page = sign_in(house.staff["administrator"]).post(
            path, {**form, "hours": "lun 09:00-09:01"}
        )

    assert page.status_code == 200
    assert CalendarVersion.objects.filter(calendar=calendar).count() == 1


def test_the_examples_of_the_form_are_accepted() -> None:
    with translation.override("en"):
        words = str(CalendarForm.base_fields["public_of"].help_text)
    examples = re.findall(r"such as ([A-Z]{2})(?:-([A-Z]+))?", words)

    assert len(examples) == 2
    for country, region in examples:
        validate_country(country, region)
