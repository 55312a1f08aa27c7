"""Delivery of an audit: the index, the validation period, and items that comments reopen (SPEC
9.8).
"""

import json
from datetime import UTC, datetime

import pytest
from django.db import transaction

from audits import services
from audits.models import Evidence
from audits.queries.reported import MOMENT, reported_audits
from audits.services.base import NotNow
from foundation.core.errors import NotAllowed, NotFound
from sla.clocks.models import Clock
from sla.clocks.services import rebuild_clocks
from tests.support.audits import (
    BPO,
    again,
    approve,
    ask,
    deliver,
    delivered,
    leave,
    prepare,
    told,
)
from tests.support.house import (
    DAY,
    HOUR,
    MONDAY_9AM,
    House,
    by,
    fresh,
)
from tests.support.signatures import check_json
from tests.support.tickets import step
from tickets.models import Attachment
from tickets.services import close_unanswered, follow_up_ticket


def test_the_last_answer_delivers_the_request_with_its_index_and_three_business_days(
    house: House,
) -> None:
    house.contract.validation_days = 30
    house.contract.reopen_days = 10
    house.contract.save()
    house.north.refresh_from_db()

    audit = delivered(house)  # Tuesday

    assert (audit.state, audit.ticket.state) == ("delivered", "solved")
    clock = Clock.objects.get(ticket=audit.ticket, metric="delivery")
    assert (clock.state, clock.is_met, clock.stopped_at) == (
        "stopped",
        True,
        MONDAY_9AM + DAY + HOUR,
    )
    assert audit.ticket.validation_due_at == datetime(2026, 3, 7, 1, tzinfo=UTC)  # Friday at 19:00
    assert rebuild_clocks(ticket=fresh(audit.ticket), write=False) == []
    assert audit.index is not None
    with audit.index.file.open("rb") as stream:
        index = bytes(stream.read())
    assert check_json(index).is_intact
    entries = [json.loads(line) for line in index.splitlines()[1:-2]]
    assert (
        entries[0]["files"][0]["sha256"] == Evidence.objects.get(state="delivered").delivered.sha256
    )
    assert entries[1]["set_aside"] == "There is no such policy."

    close_unanswered(ticket=fresh(audit.ticket), at=MONDAY_9AM + 6 * DAY)
    ended = fresh(audit.ticket)
    assert (ended.state, ended.reopen_ends_at) == ("closed", None)
    later = follow_up_ticket(
        ticket=ended, body="One more thing", by=by(house.requester), at=MONDAY_9AM + 7 * DAY
    )
    assert later.continues_id == audit.ticket_id


def test_a_report_as_of_the_instant_of_a_delivery_counts_it(house: House) -> None:
    audit = delivered(house)
    instant = MONDAY_9AM + DAY + HOUR

    def reported(at: datetime) -> tuple[str, str]:
        (row,) = reported_audits(house.north, MONDAY_9AM, MONDAY_9AM + 30 * DAY, at)
        assert row["number"] == audit.ticket.number
        return row["state"], row["verdict"]

    assert reported(instant) == ("delivered", "met")
    assert reported(instant - MOMENT) == ("open", "running")


def test_a_flipped_byte_of_the_index_is_named_by_its_entry(house: House) -> None:
    audit = delivered(house)
    assert audit.index is not None
    with audit.index.file.open("rb") as stream:
        index = bytearray(stream.read())
    index[index.index(b"There is no such")] ^= 1
    assert check_json(bytes(index)).entries == ("2",)


def test_an_audit_cannot_be_solved_before_its_delivery(house: House) -> None:
    audit = ask(house)
    step(house, audit.ticket, "start", MONDAY_9AM + HOUR)
    with pytest.raises(NotAllowed), transaction.atomic():
        step(
            house,
            audit.ticket,
            "solve",
            MONDAY_9AM + 2 * HOUR,
            solution_type="definitive",
            message="Done",
        )
    assert fresh(audit.ticket).state == "in_progress"


def test_comments_within_the_three_days_open_the_listed_items_again(house: House) -> None:
    audit = delivered(house)
    step(
        house,
        audit.ticket,
        "decline",
        MONDAY_9AM + 2 * DAY,
        user=house.requester,
        reason="A page is missing.",
    )
    assert again(audit).state == "open"

    second = leave(house, again(audit), 1, at=MONDAY_9AM + 2 * DAY + HOUR)
    bpo = house.staff[BPO]
    services.complete_audit(audit=again(audit), by=by(bpo), at=MONDAY_9AM + 2 * DAY + 2 * HOUR)

    assert second.number == 2
    assert (again(audit).state, fresh(audit.ticket).state) == ("delivered", "solved")
    assert Clock.objects.get(ticket=audit.ticket, metric="delivery").is_met is True


def test_an_unlisted_item_is_refused_and_offered_as_a_new_ticket(house: House) -> None:
    audit = ask(house)
    with pytest.raises(NotFound) as refused:
        prepare(house, audit, 9)
    assert "ticket" in str(refused.value)


def test_evidence_that_came_back_does_not_leave_and_a_new_version_replaces_it(house: House) -> None:
    audit = ask(house)
    bpo = house.staff[BPO]
    first = prepare(house, audit)
    services.refuse_evidence(
        audit=audit, evidence_id=first.pk, reason="Unreadable", by=by(bpo), at=MONDAY_9AM
    )
    with pytest.raises(NotNow):
        deliver(house, audit, first)
    second = prepare(house, audit)
    third = prepare(house, audit)
    with pytest.raises(NotNow):
        approve(house, audit, second)
    assert [each.state for each in Evidence.objects.order_by("number")] == [
        "refused",
        "replaced",
        "prepared",
    ]
    assert told("audit_decided") == ["agent@desk.example"]
    deliver(house, audit, approve(house, audit, third))
    with pytest.raises(NotNow):
        deliver(house, audit, third)  # twice is once
    assert Attachment.objects.filter(ticket=audit.ticket, message__is_from_staff=True).count() == 1
