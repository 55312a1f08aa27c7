"""What the desk's forms and lists offer: active services, teams of level two, shown columns."""

from typing import Any

import pytest
from django.contrib import admin
from django.test import RequestFactory

from catalog.models import Service
from desk.configuration.calendar_picture import findings_of
from desk.simulations.forms import SimulationForm
from desk.tickets.forms import ClassifyForm, StepForm
from escalation.models import Cause
from escalation.services import escalate_ticket, refresh_coverage
from foundation.accounts.models import ApiToken, Team, User
from foundation.core.classification import Impact, Priority, Urgency
from foundation.duty.models import Absence, Shift
from foundation.notifications.models import OutboxMessage
from tests.support.house import DAY, HOUR, MONDAY_9AM, SETUP, House, fresh, make_ticket
from tests.support.html import text_of
from tests.support.policies import every_priority, publish_for

pytestmark = pytest.mark.usefixtures("monday")


def english(person: User) -> User:
    person.language = "en"
    person.save()
    return person


def allowed(model: Any, person: User) -> tuple[bool, bool, bool, bool]:
    """Return whether the person may view, change, add and delete rows of the model."""
    request: Any = RequestFactory().get("/admin/")
    request.user = User.objects.get(pk=person.pk)
    page = admin.site.get_model_admin(model)
    return (
        page.has_view_permission(request),
        page.has_change_permission(request),
        page.has_add_permission(request),
        page.has_delete_permission(request),
    )


def test_shared_rows_are_closed_to_restricted_administrators_and_to_agents(house: House) -> None:
    administrator = house.staff["administrator"]
    free = {model: allowed(model, administrator) for model in (Team, ApiToken, Shift)}
    outbox = allowed(OutboxMessage, administrator)
    agent = allowed(Team, house.agent)
    house.level_two.members.add(administrator)
    house.level_two.organizations.add(house.south)

    assert free == {
        Team: (True, True, True, False),
        ApiToken: (True, True, False, False),
        Shift: (True, True, True, False),
    }
    assert outbox == (True, True, False, False)
    assert agent == (False, False, False, False)
    assert allowed(Team, administrator) == (False, False, False, False)


def test_a_step_offers_the_groups_from_level_two_on_and_a_classification_active_services(
    house: House,
) -> None:
    Team.objects.create(name="Front", level=1)
    third = Team.objects.create(name="Makers", level=3)
    Service.objects.filter(slug="network").update(is_active=False)
    step: Any = StepForm(needs=("team",), ticket=make_ticket(house)).fields["team"]
    classify: Any = ClassifyForm(can_restart=False).fields["service"]

    assert list(step.queryset) == [house.level_two, third]
    assert list(classify.queryset) == [house.services["erp"]]


@pytest.mark.parametrize(
    ("needs", "fields"),
    [
        (("message",), ["version", "message", "attachments"]),
        (("reason",), ["version", "reason"]),
        (("message", "solution_type"), ["version", "message", "solution_type", "attachments"]),
    ],
)
def test_a_step_asks_for_what_it_needs_and_takes_files_with_a_message(
    house: House, needs: tuple[str, ...], fields: list[str]
) -> None:
    form = StepForm(needs=needs, ticket=make_ticket(house))

    assert list(form.fields) == fields


def test_lists_show_the_end_of_an_absence_the_start_of_a_policy_and_the_subject_of_a_letter(
    house: House, sign_in: Any
) -> None:
    client = sign_in(english(house.staff["administrator"]))
    Absence.objects.create(
        person=house.agent, starts_at=MONDAY_9AM, ends_at=MONDAY_9AM + DAY + 3 * HOUR
    )
    publish_for(house, every_priority(minutes=40), contract=house.contract)
    make_ticket(house)
    OutboxMessage.objects.update(subject="Printed & cut")

    absences = text_of(client.get("/admin/duty/absence/").content.decode())
    policies = text_of(client.get("/admin/sla/policyversion/").content.decode())
    letters = client.get("/admin/notifications/outboxmessage/").content.decode()

    assert "Mar 2, 2026, 09:00" in absences
    assert "Mar 3, 2026, 12:00" in absences
    assert "Mar 1, 2026, 09:00" in policies
    assert '<span class="one-line" title="Printed &amp; cut">Printed &amp; cut</span>' in letters
    assert "Mar 2, 2026, 15:00" in text_of(letters)  # created, in UTC as its heading says


def test_the_delete_box_of_a_row_has_a_label(house: House, sign_in: Any) -> None:
    client = sign_in(english(house.staff["administrator"]))

    page = client.get("/admin/sla/policyversion/add/")

    row = page.context["inline_admin_formsets"][0].formset.empty_form
    assert row.fields["DELETE"].widget.attrs["aria-label"] == "Delete"
    assert row.fields["minutes"].widget.attrs["aria-label"] == row.fields["minutes"].label


def test_the_scale_of_the_week_has_every_third_hour_up_to_midnight(
    house: House, sign_in: Any
) -> None:
    client = sign_in(house.staff["administrator"])

    context = client.get("/admin/calendars/calendar/add/").context

    assert context["week_hours"] == [(hour, hour * 40) for hour in (0, 3, 6, 9, 12, 15, 18, 21, 24)]
    assert [top for _name, top in context["week_days"]] == [34 * day for day in range(7)]


def test_missing_holidays_are_looked_for_in_the_twelve_months_ahead(house: House) -> None:
    found = findings_of(
        {"0": [["09:00", "18:00"]]}, {}, "America/Mexico_City", house.north, MONDAY_9AM.date()
    )

    details = " ".join(each for _words, each in found)
    assert "2026-03-16" in details
    assert "2027-02-01" in details
    assert "2027-03-15" not in details


def test_only_the_hour_without_an_answer_is_a_gap(house: House, sign_in: Any) -> None:
    shift = Shift.objects.create(
        name="Mondays", time_zone="America/Mexico_City", hours={"0": [["08:00", "20:00"]]}
    )
    shift.people.add(house.agent, house.staff["desk_supervisor"], house.staff["desk_manager"])
    refresh_coverage(organization=house.north, at=MONDAY_9AM)
    client = sign_in(house.staff["desk_supervisor"])
    path = "/admin/coverage/?customer=north&priority=low"

    covered = client.get(f"{path}&hour=10").context["percent_rows"]
    open_gap = client.get(f"{path}&hour=34").context["percent_rows"]

    assert {line.is_gap for line in covered} == {False}
    assert {line.is_gap for line in open_gap} == {True}


def test_a_person_outside_the_level_is_told_why_the_acknowledgement_is_refused(
    house: House, sign_in: Any
) -> None:
    ticket = make_ticket(house)
    escalation = escalate_ticket(
        ticket=fresh(ticket), cause=Cause.REQUEST, cause_key="x", by=SETUP, at=MONDAY_9AM
    )
    assert escalation is not None

    page = sign_in(english(house.staff["agent2"])).post(
        f"/admin/tickets/{ticket.number}/acknowledge/{escalation.pk}/"
    )

    escalation.refresh_from_db()
    assert (page.status_code, escalation.acknowledged_at) == (403, None)
    assert [str(each) for each in page.context["messages"]] == [
        "Only people who were notified and supervisors of the desk can acknowledge the escalation."
    ]


def test_the_registration_answers_200_until_a_form_is_refused(house: House, sign_in: Any) -> None:
    client = sign_in(house.agent)

    answers = [client.get("/admin/register/"), client.post("/admin/register/", {"subject": "x"})]

    assert [each.status_code for each in answers] == [200, 400]


def test_typed_cells_are_the_matrix_of_the_draft_and_none_typed_is_no_matrix(house: House) -> None:
    months = {"first_month": "2026-03", "last_month": "2026-03"}
    data = {"organizations": [house.north.pk], "name": "x", **months}
    cell = f"cell_{Urgency.LOW}_{Impact.MINOR}"
    plain = SimulationForm(data)
    typed = SimulationForm(data | {cell: "critical"})

    assert plain.is_valid(), plain.errors
    assert typed.is_valid(), typed.errors
    assert plain.impacts == list(Impact)
    assert [urgency for urgency, _cells in plain.matrix_rows] == list(Urgency)
    assert plain.draft().matrix is None
    assert typed.draft().matrix == {(Urgency.LOW, Impact.MINOR): Priority.CRITICAL}
