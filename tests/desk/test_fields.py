"""Fields of the configuration: people by e-mail, percentages, wall times, roles."""

from datetime import UTC, date, datetime, time
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from desk.configuration.calendar_picture import closed_days, drawn_week, grouped
from desk.configuration.duty import WallTimeField
from desk.configuration.fields import PeopleField, PeopleWidget, PersonField, RolesField
from desk.configuration.policies import PercentsField
from foundation.duty.models import Absence
from tests.support.house import MONDAY_9AM, House


def test_percentages_are_a_sorted_list_without_repetitions() -> None:
    field = PercentsField(required=False)

    assert field.clean("90; 50,75,,50 ") == [50, 75, 90]
    assert field.clean("") == []
    assert (field.prepare_value([50, 90]), field.prepare_value("50, x")) == ("50, 90", "50, x")
    assert not field.has_changed([50, 90], "90, 50")
    assert not field.has_changed(None, "")
    assert field.has_changed([50, 90], "50")
    assert field.has_changed([50, 90], "half")
    with pytest.raises(ValidationError):
        field.clean("half")


def test_an_address_with_a_character_that_shows_nothing_is_named_as_such(house: House) -> None:
    field = PeopleField()

    with pytest.raises(ValidationError, match="no se ve"):
        field.clean([f"{house.agent.email}\u200b"])
    assert list(field.clean([house.agent.email])) == [house.agent]


def test_a_person_is_found_by_e_mail_in_any_case_and_shown_by_it(house: House) -> None:
    field = PersonField(required=False)

    assert field.clean(f" {house.agent.email.upper()} ") == house.agent
    assert field.clean("") is None
    assert field.prepare_value(house.agent.pk) == "agent@desk.example"
    assert field.prepare_value("typed@desk.example") == "typed@desk.example"
    assert [
        field.has_changed(initial, data)
        for initial, data in (
            (house.agent.pk, " Agent@desk.example "),
            (house.agent.pk, ""),
            (house.agent.pk, "agent2@desk.example"),
            (None, ""),
            (None, "agent@desk.example"),
        )
    ] == [False, True, True, False, True]


def test_people_are_one_e_mail_a_line_and_every_unknown_one_is_named(house: House) -> None:
    field = PeopleField(required=False)
    widget = PeopleWidget()
    typed = {"people": "Agent2@Desk.example\n\n agent@desk.example \n"}

    chosen = widget.value_from_datadict(typed, {}, "people")

    assert chosen == ["agent2@desk.example", "agent@desk.example"]
    assert list(field.clean(chosen)) == [house.agent, house.staff["agent2"]]
    assert widget.format_value(chosen) == "agent2@desk.example\nagent@desk.example"
    assert widget.format_value(None) == ""
    with pytest.raises(ValidationError) as refused:
        field.clean(["zoe@x.example", "agent@desk.example", "ana@x.example"])
    assert refused.value.params == {"emails": "ana@x.example, zoe@x.example"}


def test_the_people_field_ignores_order_when_it_detects_changes(house: House) -> None:
    field = PeopleField(required=False)
    both = [house.agent, house.staff["agent2"]]

    assert not field.has_changed(both, ["agent2@desk.example", "agent@desk.example"])
    assert field.has_changed(both, ["agent@desk.example"])
    assert (field.has_changed(None, None), field.has_changed([], ["a@x.example"])) == (False, True)


def test_the_roles_field_ignores_order_when_it_detects_changes() -> None:
    field = RolesField(choices=[("a", "A"), ("b", "B")])

    assert not field.has_changed(["a", "b"], ["b", "a"])
    assert field.has_changed(["a"], ["a", "b"])
    assert (field.has_changed(None, None), field.has_changed(None, ["a"])) == (False, True)


def test_a_wall_time_has_no_zone() -> None:
    field = WallTimeField()

    assert field.compress([date(2026, 3, 2), time(9)]) == datetime(2026, 3, 2, 9)  # noqa: DTZ001
    assert field.compress([]) is None


def test_equal_findings_are_one_with_their_details() -> None:
    assert grouped(
        [("Short.", "Monday"), ("Overlap.", ""), ("Short.", ""), ("Short.", "Friday")]
    ) == [
        ("Short.", "Monday, Friday"),
        ("Overlap.", ""),
    ]


def test_the_week_is_drawn_in_hours_and_days() -> None:
    bars = drawn_week({"2": [["09:00", "13:30"]], "0": [["00:00", "24:00"]]})

    assert [(bar.x, bar.y, bar.width) for bar in bars] == [(0, 0, 960), (360, 68, 180)]
    assert [bar.label.partition(" ")[2] for bar in bars] == ["00:00-24:00", "09:00-13:30"]


def test_the_closed_days_are_those_of_the_next_twelve_months() -> None:
    holidays = {
        "2027-03-02": "A year later",
        "2027-03-01": "Last",
        "2026-03-02": "Today",
        "2026-03-01": "Yesterday",
    }

    assert closed_days(holidays, date(2026, 3, 2)) == [
        (date(2026, 3, 2), "Today"),
        (date(2027, 3, 1), "Last"),
    ]


def test_an_absence_is_typed_and_shown_in_its_zone(house: House, sign_in: Any) -> None:
    client = sign_in(house.staff["administrator"])
    typed = {
        "person": house.agent.email,
        "time_zone": " America/Tijuana ",
        "starts_at_0": "2026-03-02",
        "starts_at_1": "09:00",
        "ends_at_0": "2026-03-03",
        "ends_at_1": "18:00",
        "reason": "",
        "substitute": "",
    }

    wrong = client.post("/admin/duty/absence/add/", typed | {"time_zone": "Nowhere"})
    done = client.post("/admin/duty/absence/add/", typed)
    unnamed = client.post(
        "/admin/duty/absence/add/",
        typed | {"time_zone": "", "person": house.staff["agent2"].email},
    )

    assert (wrong.status_code, done.status_code, unnamed.status_code) == (200, 302, 302)
    assert list(wrong.context["adminform"].form.errors) == ["time_zone"]
    there, here = Absence.objects.order_by("pk")
    assert (there.starts_at, there.ends_at) == (
        datetime(2026, 3, 2, 17, tzinfo=UTC),
        datetime(2026, 3, 4, 2, tzinfo=UTC),
    )
    assert here.starts_at == MONDAY_9AM
    page = client.get(f"/admin/duty/absence/{there.pk}/change/")
    initial = page.context["adminform"].form.initial
    assert (initial["time_zone"], initial["starts_at"], initial["ends_at"]) == (
        "America/Mexico_City",
        datetime(2026, 3, 2, 11),  # noqa: DTZ001
        datetime(2026, 3, 3, 20),  # noqa: DTZ001
    )
