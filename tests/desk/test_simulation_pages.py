"""The page of a simulation: while it runs, what was drafted, and what may be put in force."""

from typing import Any

import pytest
import time_machine
from django.utils import timezone, translation

from catalog.models import Contract
from desk.simulations.forms import HoursField, SimulationForm, initial_of
from foundation.calendars.defaults import CalendarRole
from foundation.core.classification import Impact, Priority, SupportType, Urgency
from reports.models import Simulation, SimulationPart
from reports.services import run_part
from sla.metrics import Metric
from sla.policies.models import PAUSES, PolicyVersion
from sla.policies.services import publish_policy
from sla.simulation.drafts import Draft
from tests.support.house import DAY, MINUTE, House, by, make_ticket
from tests.support.policies import every_priority
from tests.support.simulations import APRIL_3, simulate
from tests.support.statements import statements

TARGETS = {(Metric.REACTION, "", priority): 20 * MINUTE for priority in Priority}
MATRIX = {(Urgency.LOW, Impact.MINOR): Priority.CRITICAL}
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def _april() -> Any:
    with time_machine.travel(APRIL_3, tick=False):
        yield


@pytest.fixture
def admin_client(house: House, sign_in: Any) -> Any:
    """Sign in the administrator, who reads English."""
    administrator = house.staff["administrator"]
    administrator.language = "en"
    administrator.save()
    return sign_in(administrator)


def path_of(simulation: Simulation | None = None) -> str:
    found = simulation or Simulation.objects.get()
    return f"/admin/simulations/{found.pk}/"


def march(house: House, **changes: Any) -> dict[str, Any]:
    return {
        "organizations": house.north.pk,
        "first_month": "2026-03",
        "last_month": "2026-03",
        **{f"target_reaction_every_{priority.code}": "20 min" for priority in Priority},
        **changes,
    }


def test_a_running_simulation_waits_and_its_poll_reloads_the_page_when_it_is_ready(
    house: House, admin_client: Any
) -> None:
    make_ticket(house)
    path = admin_client.post("/admin/simulations/", march(house))["Location"]

    waiting = admin_client.get(path, headers=HTMX)
    for part in SimulationPart.objects.all():
        run_part(part_id=part.pk, at=APRIL_3)
    ready = admin_client.get(path, headers=HTMX)
    whole = admin_client.get(path)

    assert (waiting.context["is_running"], waiting.context["can_put_in_force"]) == (True, False)
    assert "HX-Refresh" not in waiting
    assert (ready["HX-Refresh"], ready.content) == ("true", b"")
    assert (whole.context["is_running"], whole.context["can_put_in_force"]) == (False, True)


def test_a_running_simulation_is_cancelled(house: House, admin_client: Any) -> None:
    make_ticket(house)
    path = admin_client.post("/admin/simulations/", march(house))["Location"]

    done = admin_client.post(f"{path}cancel/")

    assert (done.status_code, done["Location"]) == (302, path)
    assert [part.status for part in SimulationPart.objects.all()] == ["cancelled"]
    assert not admin_client.get(path).context["is_running"]


@pytest.mark.parametrize(
    ("draft", "can_put_in_force", "is_empty"),
    [
        (Draft(), False, True),
        (Draft(targets=TARGETS), True, False),
        (Draft(matrix=MATRIX), True, False),
        (Draft(pauses_while_pending_user=False), True, False),
        (Draft(pauses_while_pending_supplier=False), True, False),
        (Draft(pauses_while_marked=True), True, False),
        (Draft(hours={CalendarRole.BUSINESS: {"0": [["09:00", "12:00"]]}}), False, False),
        (Draft(without_holidays=True), False, False),
    ],
)
def test_the_content_of_a_draft_decides_whether_it_can_be_put_in_force(
    house: House, admin_client: Any, draft: Draft, can_put_in_force: bool, is_empty: bool
) -> None:
    make_ticket(house)
    simulate(house, draft)

    context = admin_client.get(path_of()).context

    assert (context["can_put_in_force"], context["draft_is_empty"]) == (can_put_in_force, is_empty)
    assert context["has_hours_alone"] is (not can_put_in_force and not is_empty)


def test_the_targets_and_cells_of_the_draft_are_listed_in_order(
    house: House, admin_client: Any
) -> None:
    make_ticket(house)
    kinds = sorted(SupportType.values)
    targets = {(Metric.REACTION, kind, each): 20 * MINUTE for kind in kinds for each in Priority}
    simulate(house, Draft(targets=dict(reversed(targets.items())), matrix=MATRIX))

    context = admin_client.get(path_of()).context

    assert [key for key, _target in context["draft_targets"]] == list(targets)
    assert context["draft_cells"] == list(MATRIX.items())


def test_a_manager_reads_a_simulation_and_puts_nothing_in_force(house: House, sign_in: Any) -> None:
    make_ticket(house)
    simulate(house, Draft(targets=TARGETS))

    context = sign_in(house.staff["desk_manager"]).get(path_of()).context

    assert (context["form"], context["can_put_in_force"]) == (None, False)


def test_the_contracts_of_the_simulated_customers_alone_are_offered(
    house: House, admin_client: Any
) -> None:
    make_ticket(house)
    simulate(house, Draft(targets=TARGETS))
    foreign = Contract.objects.get(organization=house.south)

    offered = admin_client.get(path_of()).context["form"].fields["contract"].queryset
    refused = admin_client.post(f"{path_of()}put-in-force/", {"contract": foreign.pk})

    assert list(offered) == [house.contract]
    assert (refused.status_code, list(refused.context["form"].errors)) == (400, ["contract"])
    assert not PolicyVersion.objects.exists()


def test_terms_are_put_in_force_at_a_local_instant_and_never_in_the_past(
    house: House, admin_client: Any
) -> None:
    make_ticket(house)
    simulate(house, Draft(targets=TARGETS))
    path = f"{path_of()}put-in-force/"
    form = {"contract": house.contract.pk}

    past = admin_client.post(path, form | {"effective_from": "2026-01-01T00:00"})
    nothing_yet = PolicyVersion.objects.exists()
    done = admin_client.post(path, form | {"effective_from": "2026-05-01T00:00"}, follow=True)

    assert (past.status_code, nothing_yet) == (400, False)
    assert past.context["form"].errors
    assert done.redirect_chain == [(path_of(), 302)]
    assert [str(each) for each in done.context["messages"]] == [
        f"In force for {house.contract}, as a new version of its policy."
    ]
    assert PolicyVersion.objects.get().effective_from.isoformat() == "2026-05-01T06:00:00+00:00"


def test_terms_saved_since_the_page_was_opened_are_not_overridden_unseen(
    house: House, admin_client: Any
) -> None:
    make_ticket(house)
    simulate(house, Draft(targets=TARGETS))
    path = f"{path_of()}put-in-force/"
    form = {"contract": house.contract.pk, "effective_from": "2026-05-01T00:00"}
    opened_with = admin_client.get(path_of()).context["opened_with"]
    publish_policy(
        organization=house.north,
        contract=house.contract,
        targets=every_priority(minutes=5),
        effective_from=timezone.now(),
        by=by(house.staff["administrator"]),
        at=timezone.now(),
    )

    refused = admin_client.post(path, form | {"opened_with": opened_with})
    again = form | {"opened_with": refused.context["opened_with"]}

    assert refused.status_code == 400
    (words,) = refused.context["form"].non_field_errors()
    assert words.startswith("Somebody saved this while you had it open (Administrator, ")
    assert PolicyVersion.objects.get().number == 1
    assert f'name="opened_with" value="{again["opened_with"]}"' in refused.content.decode()
    assert admin_client.post(path, again).status_code == 302
    assert PolicyVersion.objects.order_by("-number").values_list("number", flat=True)[0] == 2


def test_a_new_simulation_proposes_the_month_that_has_ended(
    house: House, admin_client: Any
) -> None:
    form = admin_client.get("/admin/simulations/").context["form"]

    assert form.initial == {"first_month": "2026-03", "last_month": "2026-03"}


@pytest.mark.parametrize(
    ("hours", "errors"), [("", []), ("Mon-Fri 09:00-12:00", []), ("25:00", ["hours_business"])]
)
def test_hours_are_typed_as_text(
    house: House, admin_client: Any, hours: str, errors: list[str]
) -> None:
    make_ticket(house)

    page = admin_client.post("/admin/simulations/", march(house, hours_business=hours))

    assert page.status_code == (400 if errors else 302)
    assert (list(page.context["form"].errors) if errors else []) == errors


def test_the_hours_of_each_calendar_are_of_the_draft(house: House, admin_client: Any) -> None:
    make_ticket(house)
    typed = {"hours_business": "mon 09:00-12:00", "hours_extended": "sat 10:00-11:00"}

    admin_client.post("/admin/simulations/", march(house, **typed))

    assert Simulation.objects.get().draft["hours"] == {
        "business": {"0": [["09:00", "12:00"]]},
        "extended": {"5": [["10:00", "11:00"]]},
    }


def test_a_field_for_hours_shows_an_example_in_the_active_language() -> None:
    field = HoursField(required=False)

    for language, example in {"en": "mon-fri 09:00-19:00", "es": "lun-vie 09:00-19:00"}.items():
        with translation.override(language):
            assert f'placeholder="{example}"' in field.widget.render("h", "", field.widget.attrs)
    assert field.clean(" ") is None


def test_targets_that_differ_by_kind_of_support_leave_the_common_field_empty() -> None:
    first, second = SupportType.values[:2]
    draft = Draft(
        targets={
            (Metric.REACTION, first, Priority.HIGH): 20 * MINUTE,
            (Metric.REACTION, second, Priority.HIGH): 30 * MINUTE,
            (Metric.ATTENTION, "", Priority.HIGH): 1 * DAY,
            (Metric.ATTENTION, first, Priority.HIGH): 40 * MINUTE,
        }
    )

    values = initial_of(draft)

    assert values["target_reaction_every_high"] == ""
    assert values[f"target_attention_{first}_high"] == "40 min"
    assert values[f"target_attention_{second}_high"] == "24 h"
    assert (values["pauses_user"], values["pauses_supplier"]) == ("", "")


@pytest.mark.parametrize(("typed", "drafted"), [("yes", True), ("no", False), ("", None)])
def test_the_typed_pauses_are_those_of_the_draft(
    house: House, typed: str, drafted: bool | None
) -> None:
    months = {"first_month": "2026-03", "last_month": "2026-03"}
    pauses = {"pauses_user": typed, "pauses_supplier": typed, "pauses_marked": typed}
    form = SimulationForm({"organizations": [house.north.pk], **months, **pauses})
    assert form.is_valid(), form.errors

    draft = form.draft()

    assert {getattr(draft, name) for name in PAUSES} == {drafted}
    assert draft.pauses == ({} if drafted is None else dict.fromkeys(PAUSES, drafted))


def test_the_form_shows_every_field_of_a_draft(house: House, admin_client: Any) -> None:
    page = admin_client.get("/admin/simulations/").content.decode()

    for name in (
        *("name", "organizations", "first_month", "last_month", "pauses_user"),
        *(
            "pauses_supplier",
            "pauses_marked",
            "hours_business",
            "hours_extended",
            "without_holidays",
        ),
    ):
        assert f'name="{name}"' in page, name


def test_the_list_of_simulations_costs_the_same_for_one_and_for_three(
    house: House, admin_client: Any
) -> None:
    make_ticket(house)
    simulate(house)
    one = statements(admin_client, "/admin/simulations/")
    simulate(house)
    simulate(house)

    assert Simulation.objects.count() == 3
    assert statements(admin_client, "/admin/simulations/") == one


def test_the_months_are_chosen_with_the_browsers_own_field(house: House, admin_client: Any) -> None:
    page = admin_client.get("/admin/simulations/").content.decode()

    for name in ("first_month", "last_month"):
        assert f'<input type="month" name="{name}" value="2026-03"' in page
