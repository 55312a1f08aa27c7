"""The watches of silence rules, and the results of a rule that cannot act."""

from datetime import datetime

import pytest
from django.core.cache import cache

from escalation import services
from escalation.models import Escalation, EscalationRule, RuleLog, SilenceWatch, Trigger
from escalation.rules import Occurrence
from foundation.accounts.models import Team
from foundation.core.classification import Impact
from tests.support.house import DAY, HOUR, MINUTE, MONDAY_9AM, SECOND, House, by, fresh, make_ticket
from tests.support.rules import letters, results, rule
from tests.support.tickets import reclassify, step
from tickets.models import Ticket
from tickets.services import assign_ticket


def silence(house: House, name: str, **values: object) -> EscalationRule:
    defaults = {
        "trigger": "silence",
        "percent": None,
        "silence_minutes": 60,
        "action": "tell",
        "person": house.agent,
    }
    return rule(name=name, **(defaults | values))


def watched(ticket: Ticket) -> dict[str, datetime]:
    rows = SilenceWatch.objects.filter(ticket=ticket).order_by("pk")
    return dict(rows.values_list("rule__name", "run_after"))


def test_a_watch_is_broken_when_it_is_due_and_only_once(house: House) -> None:
    silence(house, "R")
    tickets = [make_ticket(house), make_ticket(house)]
    first, second = (SilenceWatch.objects.get(ticket=ticket) for ticket in tickets)

    done = [
        services.break_silence(watch_id=second.pk, at=MONDAY_9AM + HOUR - SECOND),
        services.break_silence(watch_id=second.pk, at=MONDAY_9AM + HOUR),
        services.break_silence(watch_id=second.pk, at=MONDAY_9AM + HOUR),
    ]

    assert done == [False, True, False]
    assert [results(ticket) for ticket in tickets] == [[], [("R", "ran", [])]]
    assert list(SilenceWatch.objects.values_list("pk", flat=True)) == [first.pk]
    log = RuleLog.objects.get()
    assert (log.key, log.occurrence) == (
        f"silence:{second.rule_id}:{MONDAY_9AM.isoformat()}",
        {"minutes": 60},
    )


def test_a_broken_silence_is_judged_by_its_own_rule_alone(house: House) -> None:
    silence(house, "Short")
    silence(house, "Long", silence_minutes=120)
    ticket = make_ticket(house)
    watch = SilenceWatch.objects.get(rule__name="Short")

    services.break_silence(watch_id=watch.pk, at=MONDAY_9AM + HOUR)

    assert results(ticket) == [("Short", "ran", [])]
    assert watched(ticket) == {"Long": MONDAY_9AM + 2 * HOUR}


def test_a_ticket_that_ends_loses_its_own_watches_only(house: House) -> None:
    silence(house, "R")
    tickets = [make_ticket(house), make_ticket(house)]

    step(house, tickets[0], "cancel", MONDAY_9AM + MINUTE, reason="No.")

    assert [watched(ticket) for ticket in tickets] == [{}, {"R": MONDAY_9AM + HOUR}]


def test_a_rule_of_another_trigger_sets_no_watch(house: House) -> None:
    rule(name="Clock", action="tell", person=house.agent)
    silence(house, "Silent")

    ticket = make_ticket(house)

    assert watched(ticket) == {"Silent": MONDAY_9AM + HOUR}


def test_a_rule_is_planned_without_touching_the_others(house: House) -> None:
    changed = silence(house, "Changed")
    other = silence(house, "Other", silence_minutes=120)
    waits = make_ticket(house)
    ended = make_ticket(house)
    step(house, ended, "cancel", MONDAY_9AM + MINUTE, reason="No.")

    count = services.plan_rule(rule=changed, at=MONDAY_9AM + DAY)

    changed.refresh_from_db()
    other.refresh_from_db()
    assert (count, changed.planned_at, other.planned_at) == (1, MONDAY_9AM + DAY, None)
    assert watched(ended) == {}
    assert watched(waits) == {
        "Other": MONDAY_9AM + 2 * HOUR,
        "Changed": MONDAY_9AM + DAY + HOUR,
    }


def test_a_rule_that_was_changed_meanwhile_is_planned_as_it_is_now(house: House) -> None:
    seen = silence(house, "Changed")
    ticket = make_ticket(house)
    EscalationRule.objects.filter(pk=seen.pk).update(silence_minutes=5)

    services.plan_rule(rule=seen, at=MONDAY_9AM + DAY)

    assert watched(ticket) == {"Changed": MONDAY_9AM + DAY + 5 * MINUTE}


@pytest.mark.parametrize("values", [{"is_active": False}, {"trigger": "clock", "percent": 75}])
def test_a_rule_that_no_longer_watches_loses_its_watches(
    house: House, values: dict[str, object]
) -> None:
    changed = silence(house, "Changed")
    ticket = make_ticket(house)
    EscalationRule.objects.filter(pk=changed.pk).update(**values)
    changed.refresh_from_db()

    count = services.plan_rule(rule=changed, at=MONDAY_9AM + DAY)

    changed.refresh_from_db()
    assert (count, watched(ticket), changed.planned_at) == (0, {}, MONDAY_9AM + DAY)


def test_a_rule_is_renewed_without_the_others(house: House) -> None:
    rules = [silence(house, name, planned_at=MONDAY_9AM) for name in ("A", "B")]

    services.renew_rule(rule_id=rules[1].pk)

    found = EscalationRule.objects.order_by("pk").values_list("planned_at", flat=True)
    assert list(found) == [MONDAY_9AM, None]


def test_raising_an_ended_ticket_fails_and_leaves_the_ladder(house: House) -> None:
    rule(trigger="state", percent=None, states=["in_progress"], action="raise", is_active=False)
    ticket = make_ticket(house)
    step(house, ticket, "cancel", MONDAY_9AM + MINUTE, reason="No.")
    # as it was written before such rules were refused
    EscalationRule.objects.update(states=["cancelled"], is_active=True)
    cache.clear()

    services.apply_rules(
        ticket=fresh(ticket), occurrence=Occurrence("state:x", Trigger.STATE), at=MONDAY_9AM + HOUR
    )

    assert results(ticket) == [("R", "failed", ["ended"])]
    assert not Escalation.objects.exists()


def test_a_rule_whose_person_is_gone_fails_with_nobody_named(house: House) -> None:
    made = silence(house, "R")
    ticket = make_ticket(house)
    EscalationRule.objects.filter(pk=made.pk).update(person=None)
    cache.clear()

    watch = SilenceWatch.objects.get(ticket=ticket)
    services.break_silence(watch_id=watch.pk, at=MONDAY_9AM + HOUR)

    assert (results(ticket), letters()) == ([("R", "failed", ["nobody_named"])], [])


def test_the_one_with_the_fewest_tickets_is_assigned_and_then_the_first_by_name(
    house: House,
) -> None:
    team = Team.objects.create(name="Desk", level=1)
    team.members.set([house.staff["agent2"], house.agent])
    silence(house, "R", action="assign", person=None, team=team)
    busy = make_ticket(house)
    tickets = [make_ticket(house), make_ticket(house)]
    for ticket in tickets:
        watch = SilenceWatch.objects.get(ticket=ticket)
        services.break_silence(watch_id=watch.pk, at=MONDAY_9AM + HOUR)
    assign_ticket(ticket=busy, assignee=house.agent, by=by(house.agent), at=MONDAY_9AM + HOUR)

    assert [fresh(ticket).assignee for ticket in tickets] == [house.agent, house.staff["agent2"]]


def test_a_silence_that_is_judged_again_is_judged_by_its_own_rule_alone(house: House) -> None:
    silence(house, "Critical", priorities=["critical"])
    silence(house, "Long", silence_minutes=600)
    ticket = make_ticket(house)
    watch = SilenceWatch.objects.get(rule__name="Critical")
    services.break_silence(watch_id=watch.pk, at=MONDAY_9AM + HOUR)

    reclassify(house, ticket, MONDAY_9AM + 2 * HOUR, Impact.EXTENSIVE)

    judged = [(name, outcome) for name, outcome, _why in results(ticket)]
    assert judged == [("Critical", "unmet"), ("Critical", "ran")]
