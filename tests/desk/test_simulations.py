from typing import Any

import pytest
import time_machine

from desk.simulations.forms import SimulationForm, initial_of
from foundation.accounts.models import User
from foundation.core import tenancy
from foundation.core.classification import Impact, Priority, Urgency
from reports import services
from reports.models import Simulation, SimulationPart
from sla.clocks.models import Clock
from sla.metrics import Metric
from sla.policies.durations import parse_target
from sla.policies.models import PolicyTarget
from sla.policies.services import publish_policy
from sla.simulation.drafts import (
    Draft,
    draft_of_terms_in_force,
)
from tests.support.house import (
    DAY,
    MINUTE,
    MONDAY_9AM,
    SETUP,
    House,
    by,
    fresh,
    make_ticket,
)
from tests.support.html import text_of
from tests.support.lives import drafted
from tests.support.simulations import APRIL_3, simulate
from tickets import services as tickets
from tickets.models import Ticket


def answered_ticket(house: House) -> Ticket:
    """A ticket of March whose reaction took half an hour of the hour that was promised."""
    ticket = make_ticket(house)
    tickets.reply_to_customer(
        ticket=fresh(ticket), body="Hello.", by=by(house.agent), at=MONDAY_9AM + 30 * MINUTE
    )
    return ticket


def administrator(house: House) -> User:
    """The administrator, who reads English."""
    found = house.staff["administrator"]
    found.language = "en"
    found.save()
    return found


def march(house: House, *priorities: Priority, target: str = "20 min") -> dict[str, Any]:
    """Return the form that tries a reaction target for some priorities on March."""
    return {
        "organizations": house.north.pk,
        "first_month": "2026-03",
        "last_month": "2026-03",
        **{f"target_reaction_every_{priority.code}": target for priority in priorities},
    }


def test_a_simulation_that_cannot_be_is_refused_in_the_form(house: House, sign_in: Any) -> None:
    answered_ticket(house)
    with time_machine.travel(APRIL_3, tick=False):
        client = sign_in(administrator(house))
        page = client.get("/admin/simulations/?from=north")
        assert page.context["form"].initial["target_reaction_every_high"] == "1 h"

        for form, words in (
            (march(house, Priority.HIGH, target="soon"), "Write 40 min, 3 h"),
            (march(house, Priority.HIGH), "Reaction has no target for"),
        ):
            refused = client.post("/admin/simulations/", form)
            assert refused.status_code == 400
            assert words in refused.content.decode()

    assert not Simulation.objects.exists()


def test_the_desk_asks_follows_reads_and_puts_in_force(house: House, sign_in: Any) -> None:
    ticket = answered_ticket(house)
    with time_machine.travel(APRIL_3, tick=False):
        client = sign_in(administrator(house))
        path = client.post("/admin/simulations/", march(house, *Priority))["Location"]
        assert 'http-equiv="refresh"' in client.get(path).content.decode()

        for part in SimulationPart.objects.all():
            services.run_part(part_id=part.pk, at=APRIL_3)
        read = client.get(path).content.decode()
        assert ticket.number in read
        assert "100.0 % → 0.0 %" in text_of(read)
        content = b"".join(client.get(f"{path}changes.csv").streaming_content)
        lines = content.decode("utf-8-sig").splitlines()
        assert lines[1].startswith(f"north,{ticket.number},reaction,high,met,")

        form = {"contract": house.contract.pk}
        manager = sign_in(house.staff["desk_manager"])
        assert manager.post(f"{path}put-in-force/", form).status_code == 403
        done = sign_in(house.staff["administrator"]).post(f"{path}put-in-force/", form)
        assert done.status_code == 302

    make_ticket(house, at=APRIL_3 + DAY * 3)
    assert Clock.objects.filter(metric="reaction").order_by("-pk")[0].target == 20 * MINUTE


def test_the_csv_is_read_after_the_request_has_ended(house: House, sign_in: Any) -> None:
    make_ticket(house)
    simulate(house, drafted(Metric.REACTION, 20))
    client = sign_in(house.staff["desk_manager"])
    path = f"/admin/simulations/{Simulation.objects.get().pk}/changes.csv"
    token = tenancy._current.set(None)  # as in production: no scope stands around the request
    try:
        lines = b"".join(client.get(path).streaming_content).decode("utf-8-sig").splitlines()
    finally:
        tenancy._current.reset(token)
    assert len(lines) == 2


def test_a_form_filled_with_the_terms_in_force_changes_nothing(house: House) -> None:
    early = MONDAY_9AM - DAY
    targets = [
        PolicyTarget(metric="reaction", priority=p, support_type="technological", minutes=10)
        for p in Priority
    ]
    publish_policy(
        organization=house.north,
        contract=house.contract,
        targets=targets,
        effective_from=early,
        by=SETUP,
        at=early,
    )
    ticket = make_ticket(house, service="network")
    tickets.reply_to_customer(
        ticket=fresh(ticket), body="Hello.", by=by(house.agent), at=MONDAY_9AM + 30 * MINUTE
    )
    house.north.refresh_from_db()
    draft = draft_of_terms_in_force(house.north, house.contract, MONDAY_9AM)
    assert (draft.pauses_while_pending_user, draft.pauses_while_pending_supplier) == (True, True)
    values = initial_of(draft)
    form = SimulationForm(
        {
            **values,
            "organizations": [house.north.pk],
            "first_month": "2026-03",
            "last_month": "2026-03",
        }
    )

    assert form.is_valid(), form.errors
    result = simulate(house, form.draft())

    assert (result.changed, result.moved) == (0, 0)


@pytest.mark.parametrize("text", ["9999999999999999 h", "4000 d", "99999 d", "0", "-3 h", "soon"])
def test_a_target_out_of_all_bounds_is_refused_in_the_form(text: str) -> None:
    with pytest.raises(ValueError, match=text):
        parse_target(text)


def test_a_simulation_is_tried_again_with_everything_that_was_drafted(
    house: House, sign_in: Any
) -> None:
    make_ticket(house)
    draft = Draft(
        targets={(Metric.REACTION, "", priority): 20 * MINUTE for priority in Priority},
        matrix={
            (Urgency.LOW, Impact.MINOR): Priority.CRITICAL,
            (Urgency.HIGH, Impact.MINOR): Priority.LOW,
        },
        pauses_while_pending_user=False,
        pauses_while_pending_supplier=True,
        pauses_while_marked=True,
        without_holidays=True,
    )
    simulated = simulate(house, draft)

    with time_machine.travel(APRIL_3, tick=False):
        client = sign_in(house.staff["administrator"])
        page = client.get(f"/admin/simulations/?again={simulated.parts[0].simulation_id}")

    initial = page.context["form"].initial
    assert {name: value for name, value in initial.items() if name.startswith("cell_")} == {
        "cell_low_minor": "critical",
        "cell_high_minor": "low",
    }
    assert {initial[f"target_reaction_every_{each.code}"] for each in Priority} == {"20 min"}
    pauses = [initial[f"pauses_{name}"] for name in ("user", "supplier", "marked")]
    assert (pauses, initial["without_holidays"]) == (["no", "yes", "yes"], True)
