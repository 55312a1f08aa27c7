"""A rule that is tried on what happened finds what it would then have done."""

from datetime import datetime
from typing import Any

import pytest

from escalation.models import RuleLog
from escalation.rehearsal import rehearse
from escalation.rules import ANY, Among
from tests.support.changes import NOTED, lived, on_raise
from tests.support.house import DAY, MONDAY_9AM, House, make_ticket
from tests.support.rules import rule
from tickets.models import Ticket
from tickets.queries import tags_of
from tickets.queries.past import PastValues, Values

TRIED: list[dict[str, Any]] = [
    {"trigger": "raised", "words": "printers"},
    {"trigger": "raised", "kinds": ["request"], "priorities": ["high", "critical"]},
    {"changes": ["classified"], "priorities": ["critical", "high"]},
    {"changes": ["classified", "contract"], "states": ["in_progress", "pending_user"]},
    {"changes": ["assigned"], "tags": "vip"},
    {"changes": ["customer_wrote"], "states": ["in_progress"], "tags": "other, billing"},
    {"changes": ["tagged"], "tags": "vip", "kinds": ["incident"]},
    {"trigger": "state", "states": ["pending_user", "in_progress"], "tags": "vip"},
]


@pytest.mark.parametrize("seed", range(3))
def test_a_dry_run_finds_the_tickets_on_which_the_rule_then_acts(house: House, seed: int) -> None:
    rules = [
        rule(**(NOTED | {"name": str(place), "position": place, "trigger": "changed"} | values))
        for place, values in enumerate(TRIED)
    ]
    lived(house, seed)
    end = MONDAY_9AM + 2 * DAY

    for each in rules:
        ran = {
            (log.ticket_id, log.at)
            for log in RuleLog.objects.order_by("-at")
            for row in log.results
            if (row["rule"], row["outcome"]) == (each.pk, "ran")
        }
        first = {
            pk: min(at for ticket_id, at in ran if ticket_id == pk) for pk in {pk for pk, _ in ran}
        }
        found = rehearse(each, ANY, at=end)
        assert {touched.ticket.pk: touched.at for touched in found.touched} == first, each.name


def test_a_dry_run_asks_for_services_and_customers(house: House) -> None:
    tickets = [make_ticket(house, service=name) for name in ("erp", "network")]
    tried = on_raise(is_active=False)

    def found(among: Among) -> list[int]:
        return [each.ticket.pk for each in rehearse(tried, among, at=MONDAY_9AM + DAY).touched]

    assert found(Among(services=[house.services["network"].pk])) == [tickets[1].pk]
    assert found(Among(customers=[house.south.pk])) == []
    assert found(ANY) == [tickets[1].pk, tickets[0].pk]


@pytest.mark.parametrize("seed", [7, 8])
def test_earlier_values_are_those_that_the_ticket_had(house: House, seed: int) -> None:
    seen: list[tuple[Ticket, datetime, Values]] = []

    def see(ticket: Ticket, at: datetime) -> None:
        tags = frozenset(each.key for each in tags_of(ticket))
        values = Values(
            ticket.state,
            ticket.priority,
            ticket.support_type,
            ticket.kind,
            ticket.service_id,
            tags,
        )
        seen.append((ticket, at, values))

    tickets = lived(house, seed, see)
    earlier = PastValues(Ticket.objects.all())

    assert len(seen) == 60
    assert [earlier.at(ticket, at) for ticket, at, _values in seen] == [
        values for _ticket, _at, values in seen
    ]
    first = [earlier.at(ticket, MONDAY_9AM - DAY) for ticket in tickets]
    assert {(each.state, each.tags) for each in first} == {("new", frozenset())}
