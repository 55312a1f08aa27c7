"""The periodic tasks of escalation: each row in its own scope; one failure does not stop the
others.
"""

from typing import Any

import pytest
import time_machine

from escalation import services, tasks
from escalation.models import Coverage, Escalation, SilenceWatch
from escalation.services import climbing, silences
from foundation.accounts.models import Organization
from tests.support.house import DAY, HOUR, MINUTE, MONDAY_9AM, House, by, fresh, make_ticket
from tests.support.rules import letters, results, rule
from tickets.models import Ticket
from tickets.services import reply_to_customer


def ask(house: House, ticket: Ticket) -> Escalation:
    person = house.requester if ticket.organization_id == house.north.pk else house.outsider
    return services.request_escalation(
        ticket=fresh(ticket), reason="Nobody answers.", by=by(person), at=MONDAY_9AM
    )


def both(house: House) -> list[Ticket]:
    """A ticket of each customer."""
    return [
        make_ticket(house),
        make_ticket(house, organization=house.south, requester=house.outsider),
    ]


def watch_silences(house: House) -> None:
    """Switch on a rule that notifies the supervisor when a customer hears nothing for an hour."""
    rule(
        name="Silent",
        trigger="silence",
        silence_minutes=60,
        percent=None,
        action="tell",
        person=house.staff["desk_supervisor"],
    )


def positions(ticket: Ticket) -> list[int]:
    found = Escalation.objects.filter(ticket=ticket).order_by("pk")
    return list(found.values_list("position", flat=True))


def test_every_unacknowledged_ladder_climbs_once(house: House) -> None:
    tickets = both(house)
    for ticket in tickets:
        ask(house, ticket)

    with time_machine.travel(MONDAY_9AM + 31 * MINUTE, tick=False):
        assert tasks.sweep_escalations() == 2
        assert tasks.sweep_escalations() == 0

    assert [positions(ticket) for ticket in tickets] == [[1, 2], [1, 2]]


def test_a_failed_ladder_does_not_stop_the_next(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    tickets = both(house)
    first = ask(house, tickets[0])
    ask(house, tickets[1])
    climb_all = climbing.climb_all

    def fail_first(*, escalation_ids: list[int], at: Any) -> int:
        if first.pk in escalation_ids:
            raise RuntimeError("the first one fails")
        return climb_all(escalation_ids=escalation_ids, at=at)

    for module in (services, climbing):
        monkeypatch.setattr(module, "climb_all", fail_first)
    with time_machine.travel(MONDAY_9AM + 31 * MINUTE, tick=False):
        tasks.sweep_escalations()

    assert [positions(ticket) for ticket in tickets] == [[1], [1, 2]]
    assert f"Escalation {first.pk} of a sweep could not be worked on" in caplog.text


def test_a_silence_that_has_lasted_is_judged_by_the_sweep(house: House) -> None:
    tickets = both(house)
    watch_silences(house)

    with time_machine.travel(MONDAY_9AM + MINUTE, tick=False):
        assert tasks.sweep_rules() == 0  # the watches begin
    with time_machine.travel(MONDAY_9AM + 2 * HOUR, tick=False):
        assert tasks.sweep_rules() == 2

    assert [results(ticket) for ticket in tickets] == [[("Silent", "ran", [])]] * 2
    assert letters() == ["desk_supervisor@desk.example"] * 2


def test_a_failed_silence_does_not_stop_the_next(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    both(house)
    watch_silences(house)
    with time_machine.travel(MONDAY_9AM + MINUTE, tick=False):
        tasks.sweep_rules()
    first, second = SilenceWatch.objects.order_by("pk")
    break_silences = silences.break_silences

    def fail_first(*, watch_ids: list[int], **says: Any) -> int:
        if first.pk in watch_ids:
            raise RuntimeError("the first one fails")
        return break_silences(watch_ids=watch_ids, **says)

    for module in (services, silences):
        monkeypatch.setattr(module, "break_silences", fail_first)
    with time_machine.travel(MONDAY_9AM + 2 * HOUR, tick=False):
        tasks.sweep_rules()

    assert list(SilenceWatch.objects.all()) == [first]
    assert results(second.ticket) == [("Silent", "ran", [])]
    assert f"Silence watch {first.pk} of a sweep could not be worked on" in caplog.text


def test_coverage_is_computed_for_requests_and_for_all_on_demand(house: House) -> None:
    def computed() -> dict[str, Any]:
        of_contracts = Coverage.objects.filter(contract__isnull=False)
        return dict(of_contracts.values_list("organization__slug", "computed_at"))

    with time_machine.travel(MONDAY_9AM, tick=False):
        assert tasks.sweep_coverage(every_one=True) == 2
        assert computed() == {"north": MONDAY_9AM, "south": MONDAY_9AM}
        assert tasks.sweep_coverage() == 0
    with time_machine.travel(MONDAY_9AM + DAY, tick=False):
        services.ask_coverage(organization_ids=[house.south.pk], at=MONDAY_9AM + DAY)
        assert tasks.sweep_coverage() == 1
    assert computed() == {"north": MONDAY_9AM, "south": MONDAY_9AM + DAY}


def test_a_failed_coverage_does_not_stop_the_next(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    refresh = services.refresh_coverage

    def fail_north(*, organization: Organization, at: Any) -> int:
        if organization == house.north:
            raise RuntimeError("north fails")
        return refresh(organization=organization, at=at)

    monkeypatch.setattr(services, "refresh_coverage", fail_north)
    with time_machine.travel(MONDAY_9AM, tick=False):
        tasks.sweep_coverage(every_one=True)

    done = Coverage.objects.filter(computed_at__isnull=False)
    assert set(done.values_list("organization__slug", flat=True)) == {"south"}
    assert f"organization {house.north.pk}" in caplog.text


def test_a_word_to_one_customer_ends_the_silence_of_no_other(house: House) -> None:
    tickets = both(house)
    watch_silences(house)
    with time_machine.travel(MONDAY_9AM + MINUTE, tick=False):
        tasks.sweep_rules()
    reply_to_customer(
        ticket=fresh(tickets[0]),
        body="We look.",
        by=by(house.agent),
        at=MONDAY_9AM + 50 * MINUTE,
    )

    with time_machine.travel(MONDAY_9AM + 70 * MINUTE, tick=False):
        assert tasks.sweep_rules() == 1

    assert [len(results(ticket)) for ticket in tickets] == [0, 1]
    with time_machine.travel(MONDAY_9AM + 111 * MINUTE, tick=False):
        tasks.sweep_rules()
    assert [len(results(ticket)) for ticket in tickets] == [1, 1]
