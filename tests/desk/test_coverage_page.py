"""The coverage page: the chosen contract, priority and hour, and the test that is sent from it."""

from typing import Any

import pytest

from catalog.models import Contract, ContractService
from escalation.models import Drill
from escalation.services import refresh_coverage
from foundation.core.classification import Priority
from foundation.duty.models import Shift
from foundation.notifications.models import OutboxMessage
from tests.support.house import MONDAY_9AM, House
from tests.support.html import text_of
from tests.support.rules import rule

PAGE = "/admin/coverage/"


pytestmark = pytest.mark.usefixtures("monday")


@pytest.fixture
def desk(house: House, sign_in: Any) -> Any:
    """Sign in the supervisor, who reads English, with the coverage computed."""
    supervisor = house.staff["desk_supervisor"]
    supervisor.language = "en"
    supervisor.save()
    other = Contract.objects.create(
        organization=house.north, reference="C-2", starts_on=house.contract.starts_on
    )
    ContractService.objects.create(
        organization=house.north, contract=other, service=house.services["erp"]
    )
    refresh_coverage(organization=house.north, at=MONDAY_9AM)
    return sign_in(supervisor)


def chosen(client: Any, query: str) -> tuple[str, Priority, int, bool]:
    context = client.get(f"{PAGE}?customer=north&{query}").context
    return (
        context["forecast"].contract.reference,
        context["priority"],
        context["hour"],
        context["is_needed"],
    )


def test_contract_priority_and_hour_are_chosen_and_have_defaults(house: House, desk: Any) -> None:
    first = desk.get(f"{PAGE}?customer=north").context["forecasts"][0].contract.reference

    assert chosen(desk, "") == (first, Priority.CRITICAL, 9, True)
    assert chosen(desk, "contract=C-2&priority=low&hour=167") == ("C-2", Priority.LOW, 167, False)
    assert chosen(desk, "contract=C-north&hour=168") == ("C-north", Priority.CRITICAL, 9, True)
    assert chosen(desk, "contract=C-9&priority=x&hour=x") == (first, Priority.CRITICAL, 9, True)


def test_the_week_has_an_hour_of_each_tone(house: House, desk: Any) -> None:
    shift = Shift.objects.create(
        name="Mondays", time_zone="America/Mexico_City", hours={"0": [["08:00", "20:00"]]}
    )
    shift.people.add(house.agent, house.staff["desk_supervisor"])

    context = desk.get(f"{PAGE}?customer=north&priority=low&hour=34").context

    squares = context["squares"]
    assert (len(squares), squares[34].day, squares[34].clock) == (168, 1, "10:00")
    assert context["chosen"] == (1, 10)
    assert {square.tone for square in squares} == {"covered", "gap", "idle"}
    gaps = {gap.hour for gap in context["forecast"].gaps if gap.priority == Priority.LOW}
    assert {square.hour for square in squares if square.tone == "gap"} == gaps
    assert [line.is_gap for line in context["percent_rows"]] == [True] * len(
        context["percent_rows"]
    )
    assert [line.percent for line in context["percent_rows"]] == list(context["forecast"].percents)


def test_only_supervisors_and_administrators_can_send_a_drill(house: House, sign_in: Any) -> None:
    found = {
        name: sign_in(house.staff[name]).get(f"{PAGE}?customer=north").context["can_drill"]
        for name in ("desk_supervisor", "administrator", "service_delivery")
    }

    assert found == {"desk_supervisor": True, "administrator": True, "service_delivery": False}


def test_a_drill_uses_the_named_contract_and_counts_its_recipients(house: House, desk: Any) -> None:
    sent = desk.post(f"{PAGE}drill/?customer=north&contract=C-2", follow=True)

    drill = Drill.objects.get()
    assert drill.contract.reference == "C-2"
    letter = OutboxMessage.objects.filter(template="drill").order_by("pk").first()
    assert letter is not None
    assert letter.context["level"] == "Level 1"
    count = OutboxMessage.objects.filter(template="drill").count()
    assert [str(each) for each in sent.context["messages"]] == [
        f"The test was sent to {count} people."
    ]
    assert sent.redirect_chain == [(f"{PAGE}?customer=north&contract=C-2#drills", 302)]


def test_a_drill_of_a_contract_of_another_customer_is_refused(house: House, desk: Any) -> None:
    refused = desk.post(f"{PAGE}drill/?customer=north&contract=C-south")

    assert refused.status_code == 404
    assert not Drill.objects.exists()


def test_the_page_without_a_customer_lists_all_of_them(house: House, desk: Any) -> None:
    page = desk.get(PAGE)

    assert "forecast" not in page.context
    rows = page.context["rows"]
    assert [row["link"] for row in rows if row["row"].organization == house.north] == [
        "customer=north&contract=C-2",
        "customer=north&contract=C-north",
    ]
    assert {row["zone"] for row in rows} == {"America/Mexico_City"}
    assert "Company north" in text_of(page.content.decode())


def test_the_lines_are_those_of_the_chosen_priority(house: House, desk: Any) -> None:
    rule(name="Tell", percent=50, action="tell", person=house.staff["bpo"], priorities=["low"])

    def named(priority: str) -> list[tuple[int, list[str]]]:
        query = f"{PAGE}?customer=north&contract=C-north&priority={priority}&hour=9"
        lines = desk.get(query).context["percent_rows"]
        return [(line.percent, [each.name for each in line.recipients]) for line in lines][:1]

    assert named("low") == [(50, ["", "Tell"])]
    assert named("critical") == [(50, [""])]
