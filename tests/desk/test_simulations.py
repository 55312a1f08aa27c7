from typing import Any

import pytest
import time_machine

from desk.simulations.forms import SimulationForm, initial_of
from foundation.core import tenancy
from foundation.core.classification import Impact, Priority, Urgency
from reports import services
from reports.models import Simulation, SimulationPart
from sla.clocks.models import Clock
from sla.metrics import Metric
from sla.policies.durations import parse_promise
from sla.policies.models import PolicyTarget
from sla.policies.services import publish_policy
from sla.simulation.drafts import (
    Draft,
    written_out,
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


def test_the_desk_asks_follows_reads_and_puts_in_force(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)
    tickets.reply_to_customer(
        ticket=fresh(ticket), body="Hello.", by=by(house.agent), at=MONDAY_9AM + 30 * MINUTE
    )
    administrator = house.staff["administrator"]
    administrator.language = "en"
    administrator.save()
    with time_machine.travel(APRIL_3, tick=False):
        client = sign_in(administrator)
        page = client.get("/admin/simulations/?from=north")
        assert page.context["form"].initial["target_reaction_every_high"] == "1 h"
        wrong = client.post(
            "/admin/simulations/",
            {
                "organizations": house.north.pk,
                "first_month": "2026-03",
                "last_month": "2026-03",
                "target_reaction_every_high": "soon",
            },
        )
        assert (wrong.status_code, "Write 40 min, 3 h" in wrong.content.decode()) == (400, True)
        hole = client.post(
            "/admin/simulations/",
            {
                "organizations": house.north.pk,
                "first_month": "2026-03",
                "last_month": "2026-03",
                "target_reaction_every_high": "20 min",
            },
        )
        assert (hole.status_code, "Reaction has no target for" in hole.content.decode()) == (
            400,
            True,
        )
        targets = {f"target_reaction_every_{priority.code}": "20 min" for priority in Priority}
        asked = client.post(
            "/admin/simulations/",
            {
                "organizations": house.north.pk,
                "first_month": "2026-03",
                "last_month": "2026-03",
                **targets,
            },
        )
        path = asked.headers["Location"]
        waiting = client.get(path).content.decode()
        assert 'http-equiv="refresh"' in waiting
        for part in SimulationPart.objects.all():
            services.run_part(part_id=part.pk, at=APRIL_3)
        read = client.get(path).content.decode()
        assert ticket.number in read
        assert "100.0 % → 0.0 %" in text_of(read)
        lines = (
            b"".join(client.get(f"{path}changes.csv").streaming_content)
            .decode("utf-8-sig")
            .splitlines()
        )
        assert lines[1].startswith(f"north,{ticket.number},reaction,high,met,")
        refused = sign_in(house.staff["desk_manager"]).post(
            f"{path}put-in-force/", {"contract": house.contract.pk}
        )
        assert refused.status_code == 403
        done = sign_in(administrator).post(f"{path}put-in-force/", {"contract": house.contract.pk})
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
    values = initial_of(written_out(house.north, house.contract, MONDAY_9AM))
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
        parse_promise(text)


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
    assert (initial["pauses_user"], initial["pauses_supplier"], initial["without_holidays"]) == (
        "no",
        "yes",
        True,
    )
