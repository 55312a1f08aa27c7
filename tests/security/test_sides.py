"""The staff and customers' people do not stand in for each other, and no customer's level names
somebody or something of another customer.
"""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from escalation.models import EscalationLevel, EscalationMatrix
from escalation.services import publish_ladder
from foundation.accounts.models import Membership, User
from foundation.calendars.models import Calendar
from foundation.core.errors import Invalid
from foundation.duty.models import Absence
from foundation.duty.roster import Party, roster_on
from tests.support.house import DAY, HOUR, MONDAY_9AM, SETUP, House


def absence(person: User, substitute: User | None) -> Absence:
    return Absence(
        person=person, substitute=substitute, starts_at=MONDAY_9AM, ends_at=MONDAY_9AM + DAY
    )


def publish(house: House, **values: Any) -> EscalationMatrix:
    given = {"name_es": "Guardia", "contact_name": "Guardia", "email": "g@north.example"}
    level = EscalationLevel(position=1, **given | values)
    return publish_ladder(
        organization=house.north,
        levels=[level],
        effective_from=MONDAY_9AM,
        by=SETUP,
        at=MONDAY_9AM,
    )


@pytest.mark.parametrize(("person", "substitute"), [("agent", ""), ("", "agent"), ("", "")])
def test_an_absence_names_people_of_the_staff_alone(
    house: House, person: str, substitute: str
) -> None:
    row = absence(
        house.staff[person] if person else house.requester,
        house.staff[substitute] if substitute else house.people["coordinator"],
    )
    with pytest.raises(ValidationError) as refused:
        row.full_clean()
    assert set(refused.value.message_dict) == {"person" if not person else "substitute"}


def test_nobody_is_their_own_substitute_not_even_in_the_database(house: House) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        absence(house.agent, house.agent).save()
    matrix = publish(house, contact=house.agent)
    level = EscalationLevel.objects.get(matrix=matrix)
    level.substitute = house.agent
    with pytest.raises(IntegrityError), transaction.atomic():
        level.save()


def test_the_configuration_refuses_a_customer_as_substitute(house: House, sign_in: Any) -> None:
    client = sign_in(house.staff["administrator"])
    data = {
        "person": house.agent.email,
        "starts_at_0": "2026-03-02",
        "starts_at_1": "09:00",
        "ends_at_0": "2026-03-03",
        "ends_at_1": "09:00",
        "substitute": house.requester.email,
    }
    answer = client.post("/admin/duty/absence/add/", data)
    assert list(answer.context["adminform"].form.errors) == ["substitute"]
    data["substitute"] = house.staff["agent2"].email
    assert client.post("/admin/duty/absence/add/", data).status_code == 302
    assert Absence.objects.get().substitute == house.staff["agent2"]


@pytest.mark.parametrize(
    ("path", "field", "data"),
    [
        ("/admin/accounts/team/add/", "members", {"name": "Front", "level": "1"}),
        (
            "/admin/duty/shift/add/",
            "people",
            {"name": "Days", "time_zone": "America/Mexico_City", "hours": "lun-vie 09:00-18:00"},
        ),
    ],
)
def test_groups_and_shifts_take_people_of_the_staff_alone(
    house: House, sign_in: Any, path: str, field: str, data: dict[str, str]
) -> None:
    client = sign_in(house.staff["administrator"])
    both = f"{house.agent.email}\n{house.requester.email}"
    answer = client.post(path, data | {field: both})
    errors = answer.context["adminform"].form.errors
    assert list(errors) == [field]
    assert house.requester.email in str(errors)
    assert house.agent.email not in str(errors)
    assert client.post(path, data | {field: house.agent.email}).status_code == 302


def test_a_customer_who_was_accepted_before_is_never_told(house: House) -> None:
    """A row from before the rule, or a person whose role was taken away since."""
    absence(house.agent, house.requester).save()
    roster = roster_on(MONDAY_9AM, house.north.pk)

    assert roster.stand_in(house.agent, MONDAY_9AM + HOUR) is None
    party = Party(person=house.agent, substitute=house.requester)
    assert party.reachable(MONDAY_9AM + HOUR, roster) == ()
    assert party.candidates == (house.agent,)
    assert party.fallback(roster) == (house.agent,)
    back = Party(person=house.requester, substitute=house.agent)
    assert back.candidates == (house.requester,)


def test_a_level_names_the_own_side_alone(house: House) -> None:
    stranger = User.objects.get(
        pk=Membership.objects.filter(organization=house.south).values_list("user", flat=True)[0]
    )
    gone = User.objects.create(email="gone@desk.example", staff_roles=["agent"], is_active=False)
    calendar = Calendar.objects.filter(organization=house.south).order_by("pk").first()
    house.level_two.organizations.add(house.south)
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"contact": stranger}, stranger.email),
        ({"contact": gone}, gone.email),
        ({"contact": house.agent, "substitute": stranger}, stranger.email),
        ({"contact": house.agent, "substitute": house.requester}, "Nivel 1|Level 1"),
        ({"contact": house.requester, "substitute": house.agent}, "Nivel 1|Level 1"),
        ({"team": house.level_two}, "Level two"),
        ({"calendar": calendar}, str(calendar)),
    ]
    before = EscalationMatrix.objects.count()
    for values, words in wrong:
        with pytest.raises(Invalid, match=words):
            publish(house, **values)
    assert EscalationMatrix.objects.count() == before

    publish(house, contact=house.agent, substitute=house.staff["agent2"])


def test_a_level_may_name_the_customers_own_people(house: House) -> None:
    publish(house, contact=house.requester, substitute=house.people["coordinator"])
    assert EscalationLevel.objects.filter(contact=house.requester).exists()


def test_a_contract_sends_its_reports_to_nobody_else(house: House, sign_in: Any) -> None:
    stranger = User.objects.get(
        pk=Membership.objects.filter(organization=house.south).values_list("user", flat=True)[0]
    )
    client = sign_in(house.staff["administrator"])
    path = f"/admin/catalog/contract/{house.contract.pk}/change/"
    form = client.get(path).context["adminform"].form
    typed = {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()}
    data = {name: "" if value is None else value for name, value in typed.items()}

    answer = client.post(path, data | {"report_recipients": stranger.email})

    errors = answer.context["adminform"].form.errors
    assert list(errors) == ["report_recipients"]
    assert stranger.email in str(errors)


def test_the_staff_is_never_a_valid_user_of_a_customer(house: House, sign_in: Any) -> None:
    client = sign_in(house.staff["administrator"])
    new = {"organization": house.north.pk, "user": house.agent.email, "roles": ["coordinator"]}

    answer = client.post("/admin/accounts/membership/add/", new)

    assert list(answer.context["adminform"].form.errors) == ["user"]
    assert not Membership.objects.filter(user=house.agent).exists()
    person = house.requester
    form = {"email": person.email, "full_name": "R", "language": "", "is_active": "on"}
    path = f"/admin/accounts/user/{person.pk}/change/"
    answer = client.post(path, form | {"staff_roles": ["agent"]})
    assert list(answer.context["adminform"].form.errors) == ["staff_roles"]
    Membership.objects.filter(user=person).update(is_suspended=True)
    assert client.post(path, form | {"staff_roles": ["agent"]}).status_code == 302
