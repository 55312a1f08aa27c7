"""Explanation of a due instant: portal, desk and API give the same ledger, to the second."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from foundation.accounts.services import issue_user_token
from foundation.calendars.ledger import SegmentKind
from foundation.core.classification import Impact, Kind, Urgency
from sla.clocks.explanation import Explanation
from sla.metrics import Metric
from sla.policies.models import PolicyTarget, PolicyVersion
from sla.policies.services import publish_policy
from tests.support.calendars import publish
from tests.support.clocks import explained
from tests.support.house import (
    DAY,
    HOUR,
    MINUTE,
    MONDAY_9AM,
    SECOND,
    SETUP,
    House,
    by,
    fresh,
    make_ticket,
)
from tickets import queries, services
from tickets.models import Ticket
from tickets.services import Classification, TransitionDetails
from web.picture import WIDTH, picture

FRIDAY_5PM = datetime(2026, 3, 13, 23, tzinfo=UTC)  # the Monday after is a holiday in Mexico


def paused(house: House) -> Ticket:
    ticket = make_ticket(house, at=FRIDAY_5PM)
    services.transition_ticket(
        ticket=fresh(ticket), name="start", by=by(house.agent), at=FRIDAY_5PM
    )
    question = TransitionDetails(message="Which one?")
    services.transition_ticket(
        ticket=fresh(ticket),
        name="pend_user",
        details=question,
        by=by(house.agent),
        at=FRIDAY_5PM + HOUR,
    )
    services.reply_as_customer(
        ticket=fresh(ticket), body="This one.", by=by(house.requester), at=FRIDAY_5PM + 90 * MINUTE
    )
    return ticket


def test_the_account_names_hours_holidays_and_pauses_and_adds_up(house: House) -> None:
    shown_account = explained(paused(house), Metric.ATTENTION, FRIDAY_5PM + 2 * HOUR)

    (part,) = shown_account.parts
    assert [(line.kind, line.counted, line.reason) for line in part.lines] == [
        (SegmentKind.OPEN, HOUR, ""),
        (SegmentKind.PAUSED, timedelta(), "pending_user"),
        (SegmentKind.OPEN, 30 * MINUTE, ""),
        (SegmentKind.OUTSIDE_HOURS, timedelta(), ""),
        (SegmentKind.HOLIDAY, timedelta(), "Natalicio de Benito Juárez"),
        (SegmentKind.OUTSIDE_HOURS, timedelta(), ""),
        (SegmentKind.OPEN, 8 * HOUR + 30 * MINUTE, ""),
    ]
    assert part.lines[-1].total == part.counted == shown_account.target == 10 * HOUR
    assert (shown_account.used, shown_account.left) == (90 * MINUTE, 8 * HOUR + 30 * MINUTE)
    assert all(a.end == b.start for a, b in zip(part.lines, part.lines[1:], strict=False))


def test_the_rules_that_were_asked_are_named_with_the_one_that_matched(house: House) -> None:
    plain = explained(make_ticket(house), Metric.REACTION, MONDAY_9AM)
    policy = PolicyVersion.objects.create(
        organization=house.north, contract=house.contract, number=1, effective_from=MONDAY_9AM
    )
    PolicyTarget.objects.create(policy=policy, metric="reaction", priority=2, minutes=90)
    PolicyTarget.objects.create(
        policy=policy, metric="attention", priority=2, support_type="functional", minutes=240
    )
    ticket = make_ticket(house)

    def told(shown_account: Explanation) -> list[tuple[str, str, object, bool]]:
        return [
            (rule.source.value, rule.reach.value, rule.target, rule.matched)
            for rule in shown_account.rules
        ]

    nobodys = [("person", "every", None, False), ("organization", "every", None, False)]
    assert told(plain) == [
        nobodys[0],
        ("contract", "every", None, False),
        nobodys[1],
        ("default", "every", HOUR, True),
    ]
    assert told(explained(ticket, Metric.REACTION, MONDAY_9AM)) == [
        nobodys[0],
        ("contract", "support_type", None, False),
        ("contract", "every", 90 * MINUTE, True),
        nobodys[1],
        ("default", "every", HOUR, False),
    ]
    assert told(explained(ticket, Metric.ATTENTION, MONDAY_9AM))[1] == (
        "contract",
        "support_type",
        4 * HOUR,
        True,
    )


def test_each_version_of_the_calendar_has_its_part(house: House) -> None:
    ticket = make_ticket(house)
    publish(house, at=MONDAY_9AM + 3 * HOUR, effective_from=MONDAY_9AM + 3 * HOUR)

    shown_account = explained(ticket, Metric.ATTENTION, MONDAY_9AM + 4 * HOUR)

    assert [(part.version, part.counted) for part in shown_account.parts] == [
        (1, 3 * HOUR),
        (2, 7 * HOUR),
    ]


def test_the_picture_covers_the_stretch_without_gap_and_marks_now_and_due(house: House) -> None:
    at = FRIDAY_5PM + 2 * HOUR
    shown_account = explained(paused(house), Metric.ATTENTION, at)

    drawn = picture(shown_account, at)

    assert shown_account.due_at is not None
    assert (drawn.bars[0].x, drawn.bars[-1].x + drawn.bars[-1].width, drawn.due_x) == (
        0,
        WIDTH,
        WIDTH,
    )
    assert all(a.x + a.width == b.x for a, b in zip(drawn.bars, drawn.bars[1:], strict=False))
    assert drawn.now_x == round((at - FRIDAY_5PM) / (shown_account.due_at - FRIDAY_5PM) * WIDTH)
    overdue = picture(shown_account, shown_account.due_at + DAY)
    assert overdue.due_x is not None
    assert overdue.due_x < WIDTH == overdue.now_x


@pytest.mark.parametrize("language", ["es", "en"])
def test_customer_desk_and_api_give_the_same_account(
    house: House, sign_in: Any, language: str
) -> None:
    ticket = paused(house)
    for user in (house.requester, house.agent):
        user.language = language
        user.save()
    token = issue_user_token(user=house.requester, by=SETUP, at=FRIDAY_5PM)
    with time_machine.travel(FRIDAY_5PM + 2 * HOUR, tick=False):
        portal = (
            sign_in(house.requester)
            .get(f"/tickets/{ticket.number}/clocks/attention/")
            .content.decode()
        )
        desk = (
            sign_in(house.agent)
            .get(f"/admin/tickets/{ticket.number}/clocks/attention/")
            .content.decode()
        )
        path = f"/api/v1/tickets/{ticket.number}/clocks/attention/explanation/"
        told = (
            sign_in(house.requester).get(path, headers={"Authorization": f"Bearer {token}"}).json()
        )

    for page in (portal, desk):
        assert "Natalicio de Benito Juárez" in page
        assert "10:00:00" in page
        assert ("Pendiente por usuario" if language == "es" else "Pending user") in page
    lines = [line for part in told["parts"] for line in part["lines"]]
    assert (told["target_seconds"], sum(line["counted_seconds"] for line in lines)) == (
        36000.0,
        36000.0,
    )
    assert (told["started_at"], told["due_at"], lines[-1]["end"]) == (
        "2026-03-13T23:00:00Z",
        told["due_at"],
        told["due_at"],
    )
    assert [rule["rule"] for rule in told["rules"] if rule["matched"]] == ["default"]


def test_an_unknown_clock_and_a_foreign_ticket_get_the_same_answer(
    house: House, sign_in: Any
) -> None:
    ticket = make_ticket(house)

    assert (
        sign_in(house.requester).get(f"/tickets/{ticket.number}/clocks/resolution/").status_code
        == 404
    )
    assert (
        sign_in(house.outsider).get(f"/tickets/{ticket.number}/clocks/reaction/").status_code == 404
    )


def test_the_turn_follows_the_state_and_the_time_of_each_side_adds_up(
    house: House, sign_in: Any
) -> None:
    ticket = paused(house)
    services.transition_ticket(
        ticket=fresh(ticket),
        name="pend_supplier",
        details=TransitionDetails(
            supplier="Link", supplier_case="7", promised_on=FRIDAY_5PM.date()
        ),
        by=by(house.agent),
        at=FRIDAY_5PM + 3 * HOUR,
    )

    held = queries.time_held(queries.intervals(ticket.pk), FRIDAY_5PM + 7 * HOUR)

    assert [(str(side.holder), side.time) for side in held] == [
        ("desk", 150 * MINUTE),
        ("customer", 30 * MINUTE),
        ("supplier", 4 * HOUR),
    ]
    with time_machine.travel(FRIDAY_5PM + 7 * HOUR, tick=False):
        assert (
            "turn-supplier"
            in sign_in(house.requester).get(f"/tickets/{ticket.number}/").content.decode()
        )


def test_a_stopped_clocks_account_names_the_rule_it_stopped_under(house: House) -> None:
    targets = [
        PolicyTarget(metric="reaction", priority=p, support_type=t, minutes=m)
        for t, m in (("functional", 10), ("technological", 99))
        for p in (1, 2, 3, 4)
    ]
    publish_policy(
        organization=house.north,
        targets=targets,
        effective_from=MONDAY_9AM,
        by=SETUP,
        at=MONDAY_9AM,
    )
    ticket = make_ticket(house)
    services.reply_to_customer(
        ticket=fresh(ticket), body="Hello.", by=by(house.agent), at=MONDAY_9AM + MINUTE
    )
    change = Classification(
        impact=Impact.MINOR,
        urgency=Urgency.CRITICAL,
        kind=Kind.INCIDENT,
        service=house.services["network"],
    )
    services.classify_ticket(
        ticket=fresh(ticket), classification=change, by=by(house.agent), at=MONDAY_9AM + HOUR
    )

    matched = next(
        rule
        for rule in explained(ticket, Metric.REACTION, MONDAY_9AM + 2 * HOUR).rules
        if rule.matched
    )

    assert matched.target == 10 * MINUTE


def test_a_ticket_that_arrives_between_two_seconds_is_accounted_in_whole_ones(
    house: House, sign_in: Any
) -> None:
    arrived = MONDAY_9AM + timedelta(seconds=1.7)
    ticket = make_ticket(house, at=arrived)
    services.reply_to_customer(
        ticket=fresh(ticket), body="We look.", by=by(house.agent), at=arrived + timedelta(minutes=5)
    )
    account = explained(ticket, "attention", arrived + HOUR)
    assert isinstance(account.target, timedelta)
    lines = [line for part in account.parts for line in part.lines]
    assert sum((line.counted for line in lines), timedelta()) == account.target
    assert [(line.start, line.end, line.counted) for line in lines if line.counted] == [
        (MONDAY_9AM + SECOND, MONDAY_9AM + 10 * HOUR, 10 * HOUR - SECOND),
        (MONDAY_9AM + DAY, MONDAY_9AM + DAY + SECOND, SECOND),
    ]
    assert (account.started_at, account.due_at) == (lines[0].start, lines[-1].end)
    client = sign_in(house.agent)
    page = client.get(f"/admin/tickets/{ticket.number}/clocks/attention/").content.decode()
    assert re.search(r">\s*\d+:\d\d:\d\d\.", page) is None
    reaction = client.get(f"/admin/tickets/{ticket.number}/clocks/reaction/").content.decode()
    assert "con 5 min usados de" in reaction


def test_a_clock_that_stops_outside_the_hours_used_nothing(house: House, sign_in: Any) -> None:
    sunday = MONDAY_9AM - DAY
    ticket = make_ticket(house, at=sunday)
    services.reply_to_customer(
        ticket=fresh(ticket), body="We look.", by=by(house.agent), at=sunday + HOUR
    )
    client = sign_in(house.agent)

    reaction = client.get(f"/admin/tickets/{ticket.number}/clocks/reaction/").content.decode()
    page = client.get(f"/admin/tickets/{ticket.number}/").content.decode()

    assert "con 0 s usados de" in reaction
    assert "Cumplido en 0 min" in page
