"""Defects that an independent reading found, each held by the case that showed it."""

from datetime import date, timedelta
from typing import Any

import pytest
import time_machine

from catalog.models import Contract
from catalog.queries import contract_on
from foundation.accounts.models import Membership, Organization
from foundation.calendars.hours import format_holidays, parse_hours
from foundation.calendars.models import Calendar, CalendarVersion
from foundation.calendars.queries import calendar_versions_of, version_to_redate
from foundation.calendars.services import publish_calendar_version
from foundation.core.classification import (
    Channel,
    Impact,
    Kind,
    Urgency,
)
from sla import tasks
from sla.clocks.arithmetic import used_until
from sla.clocks.models import Announcement, Clock
from sla.clocks.queries import get_clock, load_clocks
from sla.clocks.services import (
    GRACE,
    rebuild_clocks,
    redate_clocks,
    redating,
    settle_ticket,
)
from sla.policies.models import PolicyTarget, PolicyVersion
from tests.support.calendars import SHORT_DAYS, publish, version_of
from tests.support.clocks import check_account
from tests.support.house import (
    HOUR,
    MINUTE,
    MONDAY_9AM,
    SETUP,
    House,
    by,
    fresh,
    make_ticket,
)
from tests.support.tickets import change, step
from tickets import queries, services
from tickets.models import Ticket
from tickets.services import Classification, NewTicket

SECOND = timedelta(seconds=1)
LONG_DAYS = {str(day): [["08:00", "20:00"]] for day in range(5)}


def differences(*tickets: Ticket) -> list[str]:
    return [
        str(found)
        for ticket in tickets
        for found in rebuild_clocks(ticket=fresh(ticket), write=False)
    ]


def used(ticket: Ticket, at: Any) -> timedelta:
    return used_until(
        get_clock(fresh(ticket), queries.intervals(ticket.pk), "attention").stretches, at
    )


def promise(house: House, minutes: int) -> None:
    """Give the contract a resolution target for high priority."""
    policy = PolicyVersion.objects.create(
        organization=house.north,
        contract=house.contract,
        number=1,
        effective_from=MONDAY_9AM - HOUR,
    )
    PolicyTarget.objects.create(policy=policy, metric="resolution", priority=2, minutes=minutes)


def resolution(ticket: Ticket) -> Clock:
    return Clock.objects.get(ticket=ticket, metric="resolution")


@pytest.mark.parametrize("pauses", [True, False])
def test_a_new_contract_does_not_judge_earlier_pauses_by_its_own_policy(
    house: House, gold: Contract, pauses: bool
) -> None:
    PolicyVersion.objects.filter(contract=gold).update(pauses_while_pending_user=not pauses)
    PolicyVersion.objects.create(
        organization=house.north,
        contract=house.contract,
        number=1,
        effective_from=MONDAY_9AM - HOUR,
        pauses_while_pending_user=pauses,
    )
    ticket = make_ticket(house)
    step(house, ticket, "start", MONDAY_9AM + 5 * MINUTE)
    step(house, ticket, "pend_user", MONDAY_9AM + 10 * MINUTE, message="?")
    services.reply_as_customer(
        ticket=fresh(ticket), body="This.", by=by(house.requester), at=MONDAY_9AM + 4 * HOUR
    )
    changed = MONDAY_9AM + 4 * HOUR + 10 * MINUTE
    before = used(ticket, changed)

    change(house, ticket, gold, changed)

    assert used(ticket, changed) == before == (20 * MINUTE if pauses else 250 * MINUTE)
    assert differences(ticket) == []


def test_re_dating_by_a_version_that_another_one_overtook_leaves_the_newer_dates(
    house: House, monkeypatch: Any
) -> None:
    tickets = [make_ticket(house), make_ticket(house)]
    older = publish(house, at=MONDAY_9AM + HOUR, effective_from=MONDAY_9AM + HOUR)
    monkeypatch.setattr(redating, "BATCH", 1)
    real = redating._redate_batch
    seen = []

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


def test_warnings_move_with_the_calendar_although_the_due_instant_stays(house: House) -> None:
    ticket = make_ticket(
        house, at=MONDAY_9AM + 8 * HOUR
    )  # two hours on Monday, eight on Tuesday: due at 17:00
    split = {
        **{str(day): [["09:00", "19:00"]] for day in range(5)},
        "1": [["08:00", "12:00"], ["13:00", "19:00"]],
    }
    version = publish(
        house, at=MONDAY_9AM + 9 * HOUR, effective_from=MONDAY_9AM + 9 * HOUR, hours=split
    )

    redate_clocks(version=version_of(version), at=MONDAY_9AM + 9 * HOUR)

    assert differences(ticket) == []


def test_a_version_that_fails_holds_up_nobody_elses(house: House, monkeypatch: Any) -> None:
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

    monkeypatch.setattr(tasks.services, "redate_clocks", one_fails)
    tasks.sweep_redating()

    assert CalendarVersion.objects.get(pk=good.pk).redated_at is not None


def test_an_hour_without_its_zero_is_no_night_shift() -> None:
    assert parse_hours("lun 9:00-19:00") == {"0": [["09:00", "19:00"]]}


def test_a_change_of_calendar_at_once_is_saved_on_a_clock_that_runs(
    house: House, sign_in: Any
) -> None:
    calendar = Calendar.objects.get(organization=house.north, role="business")
    holidays = CalendarVersion.objects.get(calendar=calendar).holidays
    form = {
        "name": "Days",
        "role": "business",
        "time_zone": "America/Mexico_City",
        "effective_from": "",
        "seen": "",
        "holidays": format_holidays(holidays),
    }

    saved = sign_in(house.staff["administrator"]).post(
        f"/admin/calendars/calendar/{calendar.pk}/change/", {**form, "hours": "lun-vie 9:00-14:00"}
    )

    assert saved.status_code == 302
    assert CalendarVersion.objects.get(calendar=calendar, number=2).hours["0"] == [
        ["09:00", "14:00"]
    ]
    assert (
        sign_in(house.staff["administrator"])
        .get(f"/admin/calendars/calendar/{calendar.pk}/change/")
        .status_code
        == 200
    )


def test_saving_an_organization_never_brings_an_old_stamp_back(house: House) -> None:
    stale = Organization.objects.get(pk=house.north.pk)
    assert contract_on(stale, date(2026, 3, 2)) is not None
    Contract.objects.filter(organization=house.north).update(ends_on=date(2025, 12, 31))

    stale.name = "New name"
    stale.save()

    assert contract_on(Organization.objects.get(pk=house.north.pk), date(2026, 3, 2)) is None


def test_a_promise_dropped_by_one_classification_comes_back_with_the_next(house: House) -> None:
    promise(house, 120)
    ticket = make_ticket(house)
    for minutes, urgency in ((60, Urgency.LOW), (61, Urgency.CRITICAL)):
        classification = Classification(
            impact=Impact.MINOR, urgency=urgency, kind=Kind.INCIDENT, service=house.services["erp"]
        )
        services.classify_ticket(
            ticket=fresh(ticket),
            classification=classification,
            reason="x",
            by=by(house.agent),
            at=MONDAY_9AM + minutes * MINUTE,
        )

    assert (resolution(ticket).state, resolution(ticket).due_at) == (
        "running",
        MONDAY_9AM + 2 * HOUR,
    )
    assert differences(ticket) == []


def test_from_the_start_uses_the_contracts_own_calendar_although_it_is_younger(
    house: House, gold: Contract
) -> None:
    own = Calendar.objects.create(organization=house.north, name="Gold", role="extended")
    at = MONDAY_9AM + 2 * HOUR
    publish_calendar_version(
        calendar=own,
        time_zone="America/Mexico_City",
        hours={str(day): [["00:00", "24:00"]] for day in range(7)},
        holidays={},
        effective_from=at,
        by=SETUP,
        at=at,
    )
    PolicyVersion.objects.filter(contract=gold).update(business_calendar=own)
    ticket = make_ticket(house)

    change(house, ticket, gold, MONDAY_9AM + 3 * HOUR, from_start=True)

    assert Clock.objects.get(ticket=ticket, metric="attention").calendar_id == own.pk


def test_the_account_of_a_solved_ticket_ends_at_its_due_instant(house: House) -> None:
    promise(house, 900)
    ticket = make_ticket(house)
    step(house, ticket, "start", MONDAY_9AM + 5 * MINUTE)
    step(house, ticket, "solve", MONDAY_9AM + HOUR, solution_type="definitive", message="Done.")

    for item in load_clocks(fresh(ticket), queries.intervals(ticket.pk)):
        check_account(item)


def test_a_breach_taken_back_can_happen_again_after_the_ticket_is_declined(house: House) -> None:
    promise(house, 120)
    ticket = make_ticket(house)
    step(house, ticket, "start", MONDAY_9AM + 5 * MINUTE)
    settle_ticket(ticket_id=ticket.pk, at=MONDAY_9AM + 2 * HOUR + 3 * SECOND)
    step(
        house,
        ticket,
        "solve",
        MONDAY_9AM + 2 * HOUR - SECOND,
        solution_type="definitive",
        message="Done.",
    )
    assert resolution(ticket).is_met is True
    step(
        house, ticket, "decline", MONDAY_9AM + 5 * HOUR, user=house.requester, reason="Still fails."
    )

    settle_ticket(ticket_id=ticket.pk, at=MONDAY_9AM + 9 * HOUR)

    assert resolution(ticket).breached_at == MONDAY_9AM + 5 * HOUR + SECOND
    assert Announcement.objects.filter(clock=resolution(ticket), percent=100).count() == 1
    assert differences(ticket) == []


def test_what_was_typed_for_a_reply_stands_in_the_follow_up_when_the_ticket_ended_meanwhile(
    house: House, sign_in: Any
) -> None:
    ticket = make_ticket(house)
    step(house, ticket, "cancel", MONDAY_9AM + MINUTE, reason="Twice.")
    client = sign_in(house.requester)

    page = client.post(f"/tickets/{ticket.number}/reply/", {"body": "All that I typed"})
    for _ in range(2):
        client.post(f"/tickets/{ticket.number}/follow-up/", {"body": "All that I typed"})

    assert (page.status_code, "All that I typed" in page.content.decode()) == (400, True)
    assert Ticket.objects.filter(continues=ticket).count() == 1  # sent twice, raised once


def test_an_agent_is_not_shown_the_contracts_of_a_customer(
    house: House, gold: Contract, sign_in: Any
) -> None:
    ticket = make_ticket(house)

    page = sign_in(house.agent).post(
        f"/admin/tickets/{ticket.number}/contract/", {"contract": "", "version": 1, "reason": ""}
    )

    assert (page.status_code, "GOLD" in page.content.decode()) == (403, False)


def test_a_calendar_that_would_move_a_deadline_beyond_the_horizon_is_refused_with_words(
    house: House, sign_in: Any
) -> None:
    policy = PolicyVersion.objects.create(
        organization=house.north,
        contract=house.contract,
        number=1,
        effective_from=MONDAY_9AM - HOUR,
    )
    PolicyTarget.objects.create(policy=policy, metric="attention", priority=2, minutes=6000)
    make_ticket(house)
    calendar = Calendar.objects.get(organization=house.north, role="business")
    form = {
        "name": "Days",
        "role": "business",
        "time_zone": "America/Mexico_City",
        "effective_from": "",
        "seen": "",
        "holidays": "",
    }

    with time_machine.travel(MONDAY_9AM + MINUTE, tick=False):
        path = f"/admin/calendars/calendar/{calendar.pk}/change/"
        page = sign_in(house.staff["administrator"]).post(
            path, {**form, "hours": "lun 09:00-09:01"}
        )

    assert page.status_code == 200
    assert CalendarVersion.objects.filter(calendar=calendar).count() == 1
