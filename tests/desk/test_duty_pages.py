"""Shifts and absences as supervisors enter them: for the people whose work they plan."""

from datetime import timedelta
from typing import Any

import pytest

from foundation.accounts.models import Team, User
from foundation.activity.models import Record
from foundation.duty.models import Absence, Shift
from foundation.duty.permissions import planned_by
from tests.support.house import DAY, MONDAY_9AM, House
from tests.support.html import text_of
from tests.support.pages import english

pytestmark = pytest.mark.usefixtures("monday")

ADD_ABSENCE = "/admin/duty/absence/add/"
ADD_SHIFT = "/admin/duty/shift/add/"
HOURS = {str(day): [["08:00", "16:00"]] for day in range(5)}


@pytest.fixture
def desk(house: House) -> Team:
    """The supervisor's own group, with an agent; another agent is outside it."""
    group = Team.objects.create(name="Desk", level=1)
    group.members.set([house.staff["desk_supervisor"], house.agent])
    return group


def absence_of(person: User, **others: str) -> dict[str, Any]:
    return {
        "person": person.pk,
        "time_zone": "America/Mexico_City",
        "starts_at_0": "2026-03-05",
        "starts_at_1": "09:00",
        "ends_at_0": "2026-03-06",
        "ends_at_1": "18:00",
        "substitute": "",
        "reason": "Course",
    } | others


def shift_of(*people: User) -> dict[str, Any]:
    return {
        "name": "Days",
        "time_zone": "America/Mexico_City",
        "hours": "mon-fri 08:00-16:00",
        "people": [person.pk for person in people],
        "is_active": "on",
    }


def test_a_supervisor_enters_an_absence_of_their_group(
    house: House, desk: Team, sign_in: Any
) -> None:
    client = sign_in(english(house, "desk_supervisor"))

    form = client.get(f"{ADD_ABSENCE}?person={house.agent.pk}")
    done = client.post(
        ADD_ABSENCE, absence_of(house.agent, substitute=str(house.staff["agent2"].pk))
    )

    assert f'<option value="{house.agent.pk}" selected>' in form.content.decode()
    assert done.status_code == 302
    absence = Absence.objects.get()
    assert (absence.person, absence.substitute) == (house.agent, house.staff["agent2"])
    fact = Record.objects.filter(object_type="duty.absence").latest("pk")
    assert fact.person_id == house.staff["desk_supervisor"].pk


def test_nobody_outside_the_group_is_planned(house: House, desk: Team, sign_in: Any) -> None:
    client = sign_in(english(house, "desk_supervisor"))
    stranger = house.staff["agent2"]

    form = client.get(f"{ADD_ABSENCE}?person={stranger.pk}").content.decode()
    absence = client.post(ADD_ABSENCE, absence_of(stranger))
    shift = client.post(ADD_SHIFT, shift_of(house.agent, stranger))

    people = form.partition('name="person"')[2].partition("</select>")[0]
    assert str(stranger) not in people
    assert str(house.agent) in people
    assert list(absence.context["adminform"].form.errors) == ["person"]
    assert list(shift.context["adminform"].form.errors) == ["people"]
    assert (Absence.objects.count(), Shift.objects.count()) == (0, 0)


def test_a_row_about_somebody_else_is_read_only(house: House, desk: Team, sign_in: Any) -> None:
    stranger = house.staff["agent2"]
    shift = Shift.objects.create(name="Mixed", hours=HOURS)
    shift.people.set([house.agent, stranger])
    absence = Absence.objects.create(
        person=stranger, starts_at=MONDAY_9AM, ends_at=MONDAY_9AM + DAY
    )
    client = sign_in(english(house, "desk_supervisor"))

    for address, sent in (
        (f"/admin/duty/shift/{shift.pk}/change/", shift_of(house.agent)),
        (f"/admin/duty/absence/{absence.pk}/change/", absence_of(house.agent)),
    ):
        page = client.get(address)
        assert page.status_code == 200
        assert 'name="_save"' not in page.content.decode()
        assert client.post(address, sent).status_code == 403
    shift.refresh_from_db()
    absence.refresh_from_db()
    assert set(shift.people.all()) == {house.agent, stranger}
    assert absence.person == stranger


def test_a_supervisor_changes_the_shift_of_their_group(
    house: House, desk: Team, sign_in: Any
) -> None:
    client = sign_in(english(house, "desk_supervisor"))

    added = client.post(ADD_SHIFT, shift_of(house.agent))
    shift = Shift.objects.get()
    changed = client.post(
        f"/admin/duty/shift/{shift.pk}/change/",
        shift_of(house.agent, house.staff["desk_supervisor"]) | {"name": "Early"},
    )

    assert (added.status_code, changed.status_code) == (302, 302)
    shift.refresh_from_db()
    assert shift.name == "Early"
    assert set(shift.people.all()) == {house.agent, house.staff["desk_supervisor"]}
    assert shift.hours == HOURS


def test_a_supervisor_without_a_group_plans_for_all_who_attend_tickets(house: House) -> None:
    planned = planned_by(house.staff["desk_supervisor"])

    names = {name for name, person in house.staff.items() if person.pk in planned}
    assert names == {"agent", "agent2", "consultant", "desk_supervisor", "desk_manager"}
    assert planned_by(house.agent) == planned_by(house.staff["administrator"]) == frozenset()


def test_a_restricted_supervisor_sees_the_rows_of_their_groups_alone(
    house: House, desk: Team, sign_in: Any
) -> None:
    desk.organizations.add(house.north)
    own = Shift.objects.create(name="Own", hours=HOURS)
    own.people.set([house.agent])
    mixed = Shift.objects.create(name="Mixed", hours=HOURS)
    mixed.people.set([house.agent, house.staff["agent2"]])
    times = {"starts_at": MONDAY_9AM, "ends_at": MONDAY_9AM + timedelta(days=1)}
    mine = Absence.objects.create(person=house.agent, reason="Mine", **times)
    other = Absence.objects.create(person=house.staff["agent2"], **times)
    client = sign_in(english(house, "desk_supervisor"))

    shifts = text_of(client.get("/admin/duty/shift/").content.decode())
    absences = text_of(client.get("/admin/duty/absence/").content.decode())

    assert "Own" in shifts
    assert "Mixed" not in shifts
    assert "Agent2" not in absences
    assert "Agent" in absences
    statuses = [
        client.get(f"/admin/duty/{address}/change/").status_code
        for address in (
            f"shift/{own.pk}",
            f"shift/{mixed.pk}",
            f"absence/{mine.pk}",
            f"absence/{other.pk}",
        )
    ]
    assert statuses == [200, 302, 200, 302]


def test_a_restricted_supervisor_names_a_substitute_of_their_group(
    house: House, desk: Team, sign_in: Any
) -> None:
    desk.organizations.add(house.north)
    client = sign_in(english(house, "desk_supervisor"))
    stranger = str(house.staff["agent2"].pk)

    form = client.get(ADD_ABSENCE).content.decode()
    refused = client.post(ADD_ABSENCE, absence_of(house.agent, substitute=stranger))

    assert "Agent2" not in form
    assert list(refused.context["adminform"].form.errors) == ["substitute"]


def test_a_shift_of_nobody_is_kept_by_who_plans_for_everybody(
    house: House, desk: Team, sign_in: Any
) -> None:
    shift = Shift.objects.create(name="Nobody", hours=HOURS)
    address = f"/admin/duty/shift/{shift.pk}/change/"

    supervisor = sign_in(english(house, "desk_supervisor")).post(address, shift_of(house.agent))

    assert supervisor.status_code == 403


@pytest.mark.parametrize("forged", ["9" * 30, "x", "-1"])
def test_a_forged_person_is_refused(house: House, desk: Team, sign_in: Any, forged: str) -> None:
    client = sign_in(english(house, "desk_supervisor"))

    absence = client.post(ADD_ABSENCE, absence_of(house.agent) | {"person": forged})
    shift = client.post(ADD_SHIFT, shift_of() | {"people": [forged]})

    assert list(absence.context["adminform"].form.errors) == ["person"]
    assert list(shift.context["adminform"].form.errors) == ["people"]


@pytest.mark.parametrize("name", ["agent", "consultant", "service_delivery", "bpo"])
def test_who_does_not_supervise_enters_nothing(house: House, sign_in: Any, name: str) -> None:
    client = sign_in(house.staff[name])

    assert client.get(ADD_ABSENCE).status_code == 403
    assert client.post(ADD_ABSENCE, absence_of(house.agent)).status_code == 403
    assert client.post(ADD_SHIFT, shift_of(house.agent)).status_code == 403
    assert (Absence.objects.count(), Shift.objects.count()) == (0, 0)


def test_an_administrator_types_addresses_as_before(house: House, sign_in: Any) -> None:
    client = sign_in(english(house, "administrator"))

    done = client.post(ADD_ABSENCE, absence_of(house.agent) | {"person": house.agent.email})

    assert done.status_code == 302
    assert Absence.objects.get().person == house.agent
