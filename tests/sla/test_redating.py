"""A new version of a calendar moves the open clocks from when it takes effect, and nothing else."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction

from foundation.accounts.models import Membership
from foundation.activity.models import Record
from foundation.activity.services import Fact, record
from foundation.calendars.models import Calendar, CalendarVersion
from foundation.calendars.queries import calendar_versions_of, version_to_redate
from foundation.calendars.services import publish_calendar_version
from foundation.core.actor import Actor
from foundation.core.classification import (
    Channel,
    Impact,
    Kind,
    Urgency,
)
from foundation.notifications.models import OutboxMessage
from sla import tasks
from sla.clocks.models import Clock
from sla.clocks.queries import load_clocks
from sla.clocks.services import (
    GRACE,
    rebuild_clocks,
    redate_clocks,
    redating,
    settle_ticket,
)
from sla.tasks import redate_by_version, sweep_redating
from tests.support.calendars import LONG_DAYS, SHORT_DAYS, publish, version_of
from tests.support.clocks import check_account, differences
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
from tickets.services import NewTicket


def clock(ticket: Ticket, metric: str = "attention") -> Clock:
    return Clock.objects.get(ticket=ticket, metric=metric)


def test_open_clocks_move_closed_ones_stay_and_the_time_used_is_kept(house: House) -> None:
    open_one = make_ticket(house)
    answered = make_ticket(house)  # attention 10 h: due Monday 19:00
    services.send_attention_statement(
        ticket=fresh(answered),
        body="Plan.",
        estimated_at=MONDAY_9AM + 9 * HOUR,
        by=by(house.agent),
        at=MONDAY_9AM + HOUR,
    )
    stopped = clock(answered).due_at
    noon = MONDAY_9AM + 3 * HOUR

    version = publish(house, at=noon, effective_from=noon)
    assert redate_clocks(version=version, at=noon) == 1

    # Three hours were used; two are left until 14:00 and five more on Tuesday.
    assert clock(open_one).due_at == MONDAY_9AM + DAY + 5 * HOUR
    assert fresh(open_one).next_due_at == min(  # type: ignore[type-var]
        clock(open_one, "reaction").due_at, clock(open_one).due_at
    )
    assert clock(answered).due_at == stopped
    fact = Record.objects.get(verb="clock.redated").payload
    assert (fact["old_due_at"], fact["due_at"]) == (
        (MONDAY_9AM + 10 * HOUR).isoformat(),
        clock(open_one).due_at.isoformat(),
    )
    for ticket in (open_one, answered):
        assert rebuild_clocks(ticket=fresh(ticket), write=False) == []
        for item in load_clocks(fresh(ticket), queries.intervals(ticket.pk)):
            check_account(item)


def test_a_later_version_moves_only_clocks_due_after_it(house: House) -> None:
    before = make_ticket(house)
    after = make_ticket(house, at=MONDAY_9AM + 6 * HOUR)
    untouched = clock(before).due_at

    version = publish(
        house,
        at=MONDAY_9AM + 7 * HOUR,
        effective_from=datetime(2026, 3, 3, 6, tzinfo=UTC),
        holidays={"2026-03-03": "Fiesta"},
    )
    redate_clocks(version=version, at=MONDAY_9AM + 7 * HOUR)

    assert clock(before).due_at == untouched
    # Four hours on Monday; Tuesday is a holiday now; five on Wednesday and one on Thursday, days
    # that end at 14:00.
    assert clock(after).due_at == MONDAY_9AM + 3 * DAY + HOUR
    # arrives when the version is known and not yet in force
    later = make_ticket(house, at=MONDAY_9AM + 9 * HOUR)
    assert clock(later).due_at == MONDAY_9AM + 3 * DAY + 4 * HOUR


def test_a_version_never_changes_the_past(house: House) -> None:
    with pytest.raises(ValidationError):
        publish(house, at=MONDAY_9AM, effective_from=MONDAY_9AM - HOUR)


def test_hours_that_leave_an_open_clock_without_a_date_are_refused(house: House) -> None:
    own = make_ticket(house)
    other = make_ticket(house, organization=house.south, requester=house.outsider)
    a_year_of_work = timedelta(days=120)  # at a minute a week beyond every date
    next_to_nothing = {"0": [["09:00", "09:01"]]}
    times = {"at": MONDAY_9AM, "effective_from": MONDAY_9AM + DAY, "hours": next_to_nothing}
    Clock.objects.filter(ticket=other).update(target=a_year_of_work)

    publish(house, **times)
    Clock.objects.filter(ticket=own).update(target=a_year_of_work)
    with pytest.raises(ValidationError):
        publish(house, **{**times, "effective_from": MONDAY_9AM + 2 * DAY})
    Clock.objects.filter(ticket=own).update(stopped_at=MONDAY_9AM)
    publish(house, **{**times, "effective_from": MONDAY_9AM + 3 * DAY})


def test_a_clock_stopped_before_a_version_is_explained_by_the_earlier_one(house: House) -> None:
    ticket = make_ticket(house)
    services.send_attention_statement(
        ticket=fresh(ticket),
        body="Plan.",
        estimated_at=MONDAY_9AM + 9 * HOUR,
        by=by(house.agent),
        at=MONDAY_9AM + HOUR,
    )
    publish(house, at=MONDAY_9AM + 2 * HOUR, effective_from=MONDAY_9AM + 2 * HOUR)

    attention = next(
        item
        for item in load_clocks(fresh(ticket), queries.intervals(ticket.pk))
        if item.clock.metric == "attention"
    )

    assert attention.account[-1].ledger.due == attention.clock.due_at == MONDAY_9AM + 10 * HOUR


def test_no_warning_is_sent_twice_when_the_calendar_changes(house: House) -> None:
    ticket = make_ticket(house)
    # attention: half of ten hours; reaction: breached
    settle_ticket(ticket_id=ticket.pk, at=MONDAY_9AM + 6 * HOUR)
    told = OutboxMessage.objects.filter(template="clock").count()

    version = publish(
        house,
        at=MONDAY_9AM + 6 * HOUR,
        effective_from=MONDAY_9AM + 6 * HOUR,
        hours={"0": [["09:00", "19:00"]]},
    )
    redate_clocks(version=version, at=MONDAY_9AM + 6 * HOUR)
    settle_ticket(ticket_id=ticket.pk, at=MONDAY_9AM + 6 * HOUR + timedelta(minutes=5))

    assert OutboxMessage.objects.filter(template="clock").count() == told
    assert clock(ticket).announced_percent == 50


def test_the_sweep_finishes_a_lost_task_once(house: House) -> None:
    ticket = make_ticket(house)
    version = publish(house, at=MONDAY_9AM + HOUR, effective_from=MONDAY_9AM + HOUR)

    assert sweep_redating() == 1

    assert clock(ticket).due_at == MONDAY_9AM + DAY + 5 * HOUR
    assert sweep_redating() == 0
    assert redate_by_version(house.north.pk, version.pk) == 0
    assert Record.objects.filter(verb="clock.redated").count() == 1


def test_another_customers_clocks_do_not_move(house: House) -> None:
    stranger = make_ticket(house, organization=house.south, requester=house.outsider)
    due = clock(stranger).due_at

    version = publish(house, at=MONDAY_9AM, effective_from=MONDAY_9AM)
    redate_clocks(version=version, at=MONDAY_9AM)

    assert clock(stranger).due_at == due


def test_threaded_batches_give_the_sequential_result(
    rebuilt_house: None,
    transactional_db: None,
    unguarded_record: None,
    house: House,
    monkeypatch: Any,
) -> None:
    """On PostgreSQL two threads with a connection and the scope each; on SQLite one writer."""
    monkeypatch.setattr(redating, "BATCH", 3)
    tickets = [make_ticket(house, at=MONDAY_9AM + number * MINUTE) for number in range(13)]
    version = publish(house, at=MONDAY_9AM + HOUR, effective_from=MONDAY_9AM + HOUR)

    changed = redate_clocks(
        version=CalendarVersion.objects.select_related("organization").get(pk=version.pk),
        at=MONDAY_9AM + HOUR,
    )

    assert changed == Record.objects.filter(verb="clock.redated").count() == 13
    assert [
        d for ticket in tickets for d in rebuild_clocks(ticket=fresh(ticket), write=False)
    ] == []


def test_very_many_facts_are_written_as_few_are(house: House, monkeypatch: Any) -> None:
    """By COPY on PostgreSQL, with everything that text may hold."""
    odd = {"text": 'a, "b" \\ \n \\N ñ', "none": None, "list": [1, None]}
    facts = [
        Fact(verb="test.told", object_type="test", object_id=number, payload={**odd, "n": number})
        for number in range(3)
    ]
    by_person = Actor(person_id=house.agent.pk, channel=Channel.DESK)
    with transaction.atomic():
        record(organization_id=house.north.pk, facts=facts, by=by_person, at=MONDAY_9AM)
        monkeypatch.setattr("foundation.activity.services.MANY", 1)
        record(organization_id=house.north.pk, facts=facts, by=by_person, at=MONDAY_9AM)

    rows = list(Record.objects.filter(verb="test.told").order_by("pk").values())
    assert len(rows) == 6
    for few, many in zip(rows[:3], rows[3:], strict=True):
        assert {**few, "id": 0} == {**many, "id": 0}


def test_re_dating_by_a_version_that_another_one_overtook_leaves_the_newer_dates(
    house: House, monkeypatch: Any
) -> None:
    tickets = [make_ticket(house), make_ticket(house)]
    older = publish(house, at=MONDAY_9AM + HOUR, effective_from=MONDAY_9AM + HOUR)
    monkeypatch.setattr(redating, "BATCH", 1)
    real = redating._redate_batch
    seen: list[CalendarVersion] = []

    def batch(version: CalendarVersion, ids: list[int], **how: Any) -> int:
        changed = real(version, ids, **how)
        if not seen:
            seen.append(version)
            newer = publish(
                house,
                at=MONDAY_9AM + 2 * HOUR,
                effective_from=MONDAY_9AM + 2 * HOUR,
                hours=LONG_DAYS,
            )
            redate_clocks(version=version_of(newer), at=MONDAY_9AM + 2 * HOUR)
        return changed

    monkeypatch.setattr(redating, "_redate_batch", batch)
    redate_clocks(version=version_of(older), at=MONDAY_9AM + 2 * HOUR)

    assert differences(*tickets) == []


def test_a_ticket_dated_by_terms_read_before_a_publication_is_found_by_the_second_pass(
    house: House,
) -> None:
    membership = Membership.objects.select_related("organization", "user").get(user=house.requester)
    calendar_versions_of(membership.organization)  # what a request has read
    version = publish(house, at=MONDAY_9AM, effective_from=MONDAY_9AM)
    redate_clocks(version=version_of(version), at=MONDAY_9AM)
    wanted = NewTicket(
        membership=membership,
        subject="Late commit",
        description="x",
        kind=Kind.INCIDENT,
        service=house.services["erp"],
        impact=Impact.MINOR,
        urgency=Urgency.CRITICAL,
    )
    ticket = services.raise_ticket(
        request=wanted, by=by(house.requester, Channel.PORTAL), at=MONDAY_9AM + SECOND
    )
    assert differences(ticket) != []

    redate_clocks(version=version_of(version), at=MONDAY_9AM + GRACE)

    assert differences(ticket) == []
    assert version_to_redate(version.pk) is None


def test_warnings_move_with_the_calendar_when_the_due_instant_does_not(house: House) -> None:
    # two hours on Monday, eight on Tuesday: due at 17:00
    ticket = make_ticket(house, at=MONDAY_9AM + 8 * HOUR)
    split = {
        **{str(day): [["09:00", "19:00"]] for day in range(5)},
        "1": [["08:00", "12:00"], ["13:00", "19:00"]],
    }
    version = publish(
        house, at=MONDAY_9AM + 9 * HOUR, effective_from=MONDAY_9AM + 9 * HOUR, hours=split
    )

    redate_clocks(version=version_of(version), at=MONDAY_9AM + 9 * HOUR)

    assert differences(ticket) == []


def test_a_failed_version_does_not_stop_other_customers(house: House, monkeypatch: Any) -> None:
    bad = publish(house, at=MONDAY_9AM, effective_from=MONDAY_9AM)
    south = Calendar.objects.get(organization=house.south, role="business")
    at = MONDAY_9AM + HOUR
    good = publish_calendar_version(
        calendar=south,
        time_zone="America/Lima",
        hours=SHORT_DAYS,
        holidays={},
        effective_from=at,
        by=SETUP,
        at=at,
    )
    real = redating.redate_clocks

    def one_fails(*, version: CalendarVersion, at: Any) -> int:
        if version.pk == bad.pk:
            raise RuntimeError("broken")
        return real(version=version, at=at)

    monkeypatch.setattr(tasks.services, "redate_clocks", one_fails)  # type: ignore[attr-defined]
    tasks.sweep_redating()

    assert CalendarVersion.objects.get(pk=good.pk).redated_at is not None
