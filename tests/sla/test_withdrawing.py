"""Clocks that a change withdraws, binds anew, or finds without a calendar."""

from datetime import datetime

import pytest

from foundation.activity.models import Record
from foundation.calendars.models import Calendar, CalendarVersion
from sla import verbs
from sla.clocks.models import Clock
from sla.clocks.services import HidesBreach, settle_ticket
from sla.history.bindings import bindings
from tests.support.clocks import clock_of
from tests.support.house import HOUR, MONDAY_9AM, House, make_ticket
from tests.support.policies import promise
from tests.support.tickets import classify
from tickets.models import Ticket


def test_only_a_supervisor_can_withdraw_a_missed_clock_by_a_change_of_service(
    house: House,
) -> None:
    promise(house, "resolution", 60, support_type="functional")
    missed = make_ticket(house, service="erp")
    running = make_ticket(house, service="erp")
    settle_ticket(ticket_id=missed.pk, at=MONDAY_9AM + 2 * HOUR)
    network = house.services["network"]

    def withdraw(ticket: Ticket, who: str, at: datetime) -> str:
        classify(house, ticket, at, user=who, service=network)
        return clock_of(ticket, "resolution").state

    with pytest.raises(HidesBreach):
        withdraw(missed, "agent", MONDAY_9AM + 2 * HOUR)

    assert Clock.objects.get(ticket=missed, metric="resolution").breached_at is not None
    assert withdraw(running, "agent", MONDAY_9AM + HOUR / 2) == "withdrawn"
    assert withdraw(missed, "desk_supervisor", MONDAY_9AM + 2 * HOUR) == "withdrawn"
    facts = Record.objects.filter(object_id=missed.pk, verb=verbs.WITHDRAWN)
    assert [fact.at for fact in facts] == [MONDAY_9AM + 2 * HOUR]


def test_bindings_are_those_of_the_named_tickets_in_the_order_of_the_record(house: House) -> None:
    first, second = (make_ticket(house) for _ in range(2))
    classify(house, second, MONDAY_9AM + HOUR, impact="extensive")

    found = list(bindings([second.pk], using="default"))

    assert {each.ticket_id for each in found} == {second.pk} != {first.pk}
    assert [each.at for each in found] == [MONDAY_9AM] * 2 + [MONDAY_9AM + HOUR] * 2


def test_a_ticket_of_a_customer_without_calendars_gives_it_calendars(house: House) -> None:
    CalendarVersion.objects.filter(organization=house.north).delete()
    Calendar.objects.filter(organization=house.north).delete()

    ticket = make_ticket(house)

    clocks = Clock.objects.filter(ticket=ticket).select_related("calendar")
    assert {each.calendar.organization_id for each in clocks} == {house.north.pk}
    assert clocks.count() == 2
