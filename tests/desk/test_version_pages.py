"""Pages of versioned terms: a later version is changed in local time, a wrong one refused."""

from datetime import datetime
from typing import Any

import pytest

from escalation.models import Cause, EscalationLevel, EscalationMatrix
from escalation.services import escalate_ticket
from foundation.core.classification import Priority
from sla.policies.models import PolicyVersion
from tests.support.house import DAY, HOUR, MONDAY_9AM, SETUP, House, fresh, make_ticket
from tests.support.html import text_of
from tests.support.policies import every_priority, publish_for

POLICIES = "/admin/sla/policyversion/"
MATRICES = "/admin/escalation/escalationmatrix/"


pytestmark = pytest.mark.usefixtures("monday")


@pytest.fixture
def admin_client(house: House, sign_in: Any) -> Any:
    """Sign in the administrator, who reads English."""
    administrator = house.staff["administrator"]
    administrator.language = "en"
    administrator.save()
    return sign_in(administrator)


def policy_form(house: House, **changes: Any) -> dict[str, Any]:
    rows = {
        f"targets-{number}-{name}": value
        for number, priority in enumerate(Priority)
        for name, value in (("metric", "reaction"), ("priority", priority.value), ("minutes", 20))
    }
    return {
        "organization": house.north.pk,
        "contract": house.contract.pk,
        "person": "",
        "effective_from": "",
        "warning_percents": "50",
        "targets-TOTAL_FORMS": "4",
        "targets-INITIAL_FORMS": "0",
        **rows,
        **changes,
    }


def errors_of(page: Any) -> list[str]:
    return list(page.context["adminform"].form.errors)


def test_a_later_policy_shows_its_instant_in_the_customers_zone_and_may_change(
    house: House, admin_client: Any
) -> None:
    later = publish_for(
        house,
        every_priority(minutes=40),
        at=MONDAY_9AM,
        effective_from=MONDAY_9AM + DAY,
        contract=house.contract,
    )
    path = f"{POLICIES}{later.pk}/change/"
    page = admin_client.get(path)
    rows = page.context["inline_admin_formsets"][0].formset.initial_forms
    form = policy_form(house) | {
        "targets-INITIAL_FORMS": "4",
        **{f"targets-{number}-id": row.instance.pk for number, row in enumerate(rows)},
    }

    past = admin_client.post(path, form | {"effective_from": "2026-03-02T08:59"})
    saved = admin_client.post(path, form | {"effective_from": "2026-03-05T10:00"})

    shown = page.context["adminform"].form.initial["effective_from"]
    assert shown == datetime(2026, 3, 3, 9)  # noqa: DTZ001
    assert "it never changes" not in page.content.decode()
    assert (past.status_code, errors_of(past)) == (200, ["effective_from"])
    assert saved.status_code == 302
    later.refresh_from_db()
    assert later.effective_from == MONDAY_9AM + 3 * DAY + HOUR
    assert set(later.targets.values_list("minutes", flat=True)) == {20}
    assert "later" in text_of(admin_client.get(POLICIES).content.decode())


def test_a_policy_in_force_says_that_it_never_changes(house: House, admin_client: Any) -> None:
    first = publish_for(house, every_priority(minutes=40), contract=house.contract)

    page = admin_client.get(f"{POLICIES}{first.pk}/change/")

    assert page.context["adminform"].form.initial["effective_from"] is None
    assert str(page.context["subtitle"]) == (
        f"{first} · in force · since Mar 1, 2026, 09:00 (Mexico City) · "
        "it never changes: save it as a new version"
    )


def test_a_policy_in_force_is_not_saved_over(house: House, admin_client: Any) -> None:
    first = publish_for(house, every_priority(minutes=40), contract=house.contract)
    path = f"{POLICIES}{first.pk}/change/"

    over = admin_client.post(path, policy_form(house))
    new = admin_client.post(path, policy_form(house, _saveasnew="1"))

    assert (over.status_code, new.status_code) == (403, 302)
    assert set(first.targets.values_list("minutes", flat=True)) == {40}
    assert PolicyVersion.objects.count() == 2


def test_a_policy_of_the_past_or_without_its_customer_is_refused(
    house: House, admin_client: Any
) -> None:
    path = f"{POLICIES}add/"

    past = admin_client.post(path, policy_form(house, effective_from="2026-03-02T08:59"))
    nobody = admin_client.post(path, policy_form(house, organization=""))
    percents = admin_client.post(path, policy_form(house, warning_percents="half"))

    assert [errors_of(page) for page in (past, nobody, percents)] == [
        ["effective_from"],
        ["organization"],
        ["warning_percents"],
    ]
    assert not PolicyVersion.objects.exists()


def test_a_policy_saved_as_new_with_an_error_keeps_the_title_of_its_original(
    house: House, admin_client: Any
) -> None:
    first = publish_for(house, every_priority(minutes=40), contract=house.contract)

    refused = admin_client.post(
        f"{POLICIES}{first.pk}/change/",
        policy_form(house, effective_from="2026-01-01T00:00", _saveasnew="1"),
    )

    assert (refused.status_code, str(refused.context["title"])) == (200, f"New version of {first}")
    assert PolicyVersion.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [({"position": 3}, "levels"), ({"email": "nobody"}, "email"), ({}, "")],
)
def test_a_matrix_is_added_with_levels_that_make_a_ladder(
    house: House, admin_client: Any, changes: dict[str, Any], wrong: str
) -> None:
    page = admin_client.get(f"{MATRICES}add/")
    prefix = page.context["inline_admin_formsets"][0].formset.prefix
    level = {
        "position": 1,
        "name_es": "Guardia",
        "contact_name": "Guardia",
        "email": "guardia@north.example",
        "acknowledge_minutes": 20,
        **changes,
    }
    form = {
        "organization": house.north.pk,
        "contract": house.contract.pk,
        "kind": "hierarchical",
        "effective_from": "",
        f"{prefix}-TOTAL_FORMS": 1,
        f"{prefix}-INITIAL_FORMS": 0,
        **{f"{prefix}-0-{name}": value for name, value in level.items()},
    }
    before = EscalationMatrix.objects.count()

    nobodys = admin_client.post(f"{MATRICES}add/", form | {"organization": ""})
    past = admin_client.post(f"{MATRICES}add/", form | {"effective_from": "2026-01-01T00:00"})
    done = admin_client.post(f"{MATRICES}add/", form)

    assert (nobodys.status_code, "organization" in errors_of(nobodys)) == (200, True)
    assert (past.status_code, errors_of(past)) == (200, ["effective_from"])
    assert done.status_code == (200 if wrong else 302)
    assert EscalationMatrix.objects.count() - before == (0 if wrong else 1)
    assert EscalationLevel.objects.filter(name_es="Guardia").count() == (0 if wrong else 1)


def test_an_escalation_is_acknowledged_and_taken_back_with_words(
    house: House, admin_client: Any, sign_in: Any
) -> None:
    ticket = make_ticket(house)
    step = escalate_ticket(
        ticket=fresh(ticket), cause=Cause.REQUEST, cause_key="x", by=SETUP, at=MONDAY_9AM
    )
    assert step is not None
    supervisor = house.staff["desk_supervisor"]
    supervisor.language = "en"
    supervisor.save()
    path = f"/admin/tickets/{ticket.number}/"
    client = sign_in(supervisor)

    known = client.post(f"{path}acknowledge/{step.pk}/", follow=True)
    back = client.post(f"{path}deescalate/", {"reason": "It was nothing."}, follow=True)

    assert [str(each) for each in known.context["messages"]] == ["The escalation was acknowledged."]
    assert [str(each) for each in back.context["messages"]] == [
        "The ticket is no longer escalated."
    ]
