"""What a report and a simulation leave: recipients, facts, versions put in force."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from catalog.models import Contract
from foundation.activity.models import Record
from foundation.core.errors import NotAllowed
from foundation.notifications.models import OutboxMessage
from reports import queries, services
from reports.models import Simulation, SimulationPart
from reports.services import issuing
from sla.metrics import Metric
from sla.policies.models import PolicyVersion
from tests.support.clocks import sweep
from tests.support.house import DAY, HOUR, MONDAY_9AM, House, by, fresh, make_ticket
from tests.support.lives import drafted
from tests.support.simulations import APRIL_3, MARCH, simulate
from tests.support.tickets import classify

APRIL_1 = datetime(2026, 4, 1, 12, tzinfo=UTC)


def test_the_monthly_report_goes_to_the_role_and_to_the_active_people_of_the_contract(
    house: House,
) -> None:
    gone = house.staff["agent2"]
    house.contract.report_recipients.set([house.staff["commercial"], gone])
    gone.is_active = False
    gone.save()
    issue = services.issue_monthly_report(organization=house.north, at=APRIL_1)
    assert issue is not None

    services.make_report(issue_id=issue.pk, at=APRIL_1)

    letters = OutboxMessage.objects.filter(template="monthly_report").order_by("to_email")
    assert [each.to_email for each in letters] == [
        "commercial@desk.example",
        "report_recipient@north.example",
    ]
    fact = Record.objects.get(object_type="report", object_id=issue.pk)
    assert (fact.organization_id, fact.at, fact.payload) == (
        house.north.pk,
        APRIL_1,
        {"month": "2026-03", "sha256": issue.data_sha256},
    )


def test_the_figures_are_computed_before_the_organization_is_locked(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lock holds up the tickets of the customer, and a large month takes seconds."""
    order: list[str] = []

    def noted(name: str, function: Any) -> Any:
        def call(*arguments: Any, **named: Any) -> Any:
            order.append(name)
            return function(*arguments, **named)

        return call

    for module, name in ((queries, "build_service_level"), (issuing, "lock_organization")):
        monkeypatch.setattr(module, name, noted(name, getattr(module, name)))

    services.issue_monthly_report(organization=house.north, at=APRIL_1)

    assert order == ["build_service_level", "lock_organization"]


def test_an_earlier_breach_counts_in_the_month_of_its_ticket_alone(house: House) -> None:
    ticket = make_ticket(house)
    sweep(MONDAY_9AM + 2 * HOUR)  # the reaction is late
    classify(house, ticket, MONDAY_9AM + 3 * HOUR, urgency="critical", impact="extensive")

    def earlier(month: date) -> int:
        table = queries.build_service_level(house.north, month, APRIL_3)["compliance"]
        return sum(row["earlier"] for row in table if row["priority"] is not None)

    assert [earlier(date(2026, month, 1)) for month in (2, 3, 4)] == [0, 1, 0]


def test_an_earlier_breach_stays_in_its_month_when_the_clock_is_measured_from_the_start_later(
    house: House,
) -> None:
    ticket = make_ticket(house)
    sweep(MONDAY_9AM + 2 * DAY)
    classify(house, ticket, MONDAY_9AM + 3 * DAY, urgency="critical", impact="extensive")

    def earlier(at: datetime) -> list[int]:
        months = [
            queries.build_service_level(house.north, date(2026, month, 1), at) for month in (3, 4)
        ]
        return [sum(row["earlier"] for row in each["compliance"]) for each in months]

    before = earlier(APRIL_3)
    classify(house, fresh(ticket), APRIL_3, from_start=True, urgency="low", impact="minor")

    assert before == [4, 0]  # two clocks, each in its row and in the sum
    assert earlier(APRIL_3 + DAY) == before
    april = queries.build_service_level(house.north, date(2026, 4, 1), APRIL_3 + DAY)
    assert (april["carried_earlier"], april["earlier_taken_back"]) == (0, 2)


@pytest.mark.parametrize(
    ("old", "new", "points"), [(None, 90.0, None), (90.0, None, None), (90.0, 95.06, 5.1)]
)
def test_the_difference_needs_both_figures(house: House, old: Any, new: Any, points: Any) -> None:
    rows = [
        (
            {"metric": "reaction", "priority": None, "compliance": old},
            {"metric": "reaction", "priority": None, "compliance": new},
        )
    ]

    result = queries.SimulationResult(
        parts=[], rows=rows, customers=[], changed=0, moved=0, matches_issued_reports=None
    )

    assert result.figures == [("reaction", old, new, points)]


def test_terms_put_in_force_are_returned_and_kept_with_the_simulation(house: House) -> None:
    make_ticket(house)
    simulate(house, drafted(Metric.REACTION, 12))
    simulation = Simulation.objects.get()
    administrator = house.staff["administrator"]

    def put(user: Any, contract: Any = house.contract) -> PolicyVersion:
        return services.put_in_force(
            simulation=simulation,
            contract=contract,
            effective_from=APRIL_3 + HOUR,
            by=by(user),
            at=APRIL_3,
        )

    for user, contract in (
        (house.staff["desk_manager"], house.contract),
        (administrator, Contract.objects.get(organization=house.south)),
    ):
        with pytest.raises(NotAllowed):
            put(user, contract)
    version = put(administrator)

    assert PolicyVersion.objects.get(contract=house.contract) == version
    assert Simulation.objects.get().put_in_force == [
        {
            "contract": "C-north",
            "number": version.number,
            "at": (APRIL_3 + HOUR).isoformat(),
            "pk": version.pk,
        }
    ]


def test_each_ticket_of_the_month_is_simulated_once_in_its_own_part(house: House) -> None:
    for _ in range(3):
        make_ticket(house)
    make_ticket(house, at=APRIL_1)

    simulate(house)

    part = SimulationPart.objects.get()
    assert (part.month, part.total, part.done) == (MARCH, 3, 3)


def test_a_report_issued_when_the_month_ends_is_final(house: House) -> None:
    end = queries.bounds(house.north, MARCH)[1]

    issue = services.issue_monthly_report(organization=house.north, at=end)

    assert issue is not None
    assert (issue.month, issue.is_final) == (MARCH, True)
