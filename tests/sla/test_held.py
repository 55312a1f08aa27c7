"""What a second reading of the clocks found, each held by the case that showed it."""

from datetime import UTC, date, datetime
from importlib.metadata import version
from io import StringIO
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command

from catalog.models import Contract, ContractService
from escalation.models import Escalation
from foundation.accounts.services import create_organization
from foundation.accounts.tenancy import every_organization
from foundation.calendars.arithmetic import BeyondHorizon, UnknownTimezone, WorkCalendar
from foundation.calendars.linting import lint_calendar
from foundation.calendars.models import Calendar, CalendarVersion
from foundation.calendars.services import publish_calendar_version, renew_zones
from foundation.core.classification import Impact, Priority
from foundation.core.errors import Invalid
from foundation.notifications.models import OutboxMessage
from sla.clocks.explanation import explain_clock
from sla.clocks.models import Announcement, Clock
from sla.clocks.queries import get_clock
from sla.clocks.services import rebuild_clocks, settle_ticket, start_promise
from sla.clocks.services.validation import set_validation
from sla.metrics import Metric
from sla.policies.models import PolicyTarget, PolicyVersion
from sla.policies.rules import RuleSource
from sla.policies.services import publish_policy
from sla.targets import Term
from tests.support.house import (
    DAY,
    HOUR,
    MINUTE,
    MONDAY_9AM,
    SETUP,
    House,
    by,
    fresh,
    make_ticket,
)
from tests.support.terms import post, terms
from tests.support.tickets import reclassify, step
from tickets import queries, services
from tickets.models import Ticket
from tickets.services import Classification

NEXT_TO_NOTHING = {"0": [["09:00", "09:01"]]}


def business(house: House) -> Calendar:
    return Calendar.objects.get(organization=house.north, role="business")


def promise(house: House, metric: str, minutes: int, *, support_type: str = "") -> None:
    policy = PolicyVersion.objects.create(
        organization=house.north,
        contract=house.contract,
        number=1,
        effective_from=MONDAY_9AM - HOUR,
    )
    for priority in Priority:
        PolicyTarget.objects.create(
            policy=policy,
            metric=metric,
            priority=priority,
            support_type=support_type,
            minutes=minutes,
        )
    house.north.refresh_from_db()


def explained(ticket: Ticket, metric: str, at: datetime) -> Any:
    found = fresh(ticket)
    return explain_clock(
        get_clock(found, queries.intervals(ticket.pk), metric), ticket=found, at=at
    )


def test_hours_that_leave_an_open_promise_without_a_date_are_refused_in_every_door(
    house: House, client: Any
) -> None:
    promise(house, "resolution", 6000)
    ticket = make_ticket(house)
    content: dict[str, Any] = {
        "time_zone": "America/Mexico_City",
        "hours": NEXT_TO_NOTHING,
        "holidays": {},
    }
    with pytest.raises(ValidationError) as refused:
        publish_calendar_version(
            calendar=business(house), **content, effective_from=MONDAY_9AM, by=SETUP, at=MONDAY_9AM
        )
    assert "hours" in refused.value.message_dict
    answer = post(house, client, {"calendars": [{"name": business(house).name, **content}]})
    assert (answer.status_code, "calendars[0].hours" in answer.json()["fields"]) == (400, True)

    # Past every door: the ticket stays in reach of everybody, and is named by a rebuild.
    due_at = Clock.objects.get(ticket=ticket, metric="resolution").due_at
    CalendarVersion.objects.create(
        calendar=business(house),
        organization=house.north,
        number=2,
        **content,
        tzdata_version="x",
        effective_from=MONDAY_9AM + MINUTE,
        published_at=MONDAY_9AM,
    )
    house.north.refresh_from_db()
    settle_ticket(ticket_id=ticket.pk, at=MONDAY_9AM + HOUR)
    services.reply_to_customer(
        ticket=fresh(ticket), body="We look.", by=by(house.agent), at=MONDAY_9AM + HOUR
    )
    assert Clock.objects.get(ticket=ticket, metric="resolution").due_at == due_at
    (difference,) = rebuild_clocks(ticket=fresh(ticket), write=False)
    assert difference.field == "dates"


def test_another_contract_that_promises_the_same_breaks_nothing_twice(house: House) -> None:
    ticket = make_ticket(house)
    other = Contract.objects.create(
        organization=house.north, reference="C2", starts_on=date(2025, 1, 1)
    )
    for service in house.services.values():
        ContractService.objects.create(organization=house.north, contract=other, service=service)
    policy = PolicyVersion.objects.create(
        organization=house.north, contract=other, number=1, effective_from=MONDAY_9AM - HOUR
    )
    house.north.refresh_from_db()
    settle_ticket(ticket_id=ticket.pk, at=MONDAY_9AM + 61 * MINUTE)
    at = MONDAY_9AM + 90 * MINUTE
    supervisor = by(house.staff["desk_supervisor"])
    services.change_contract(
        ticket=fresh(ticket), contract=other, reason="X", from_start=False, by=supervisor, at=at
    )
    settle_ticket(ticket_id=ticket.pk, at=at + HOUR)

    clock = Clock.objects.get(ticket=ticket, metric="reaction")
    assert (clock.breached_at, clock.policies, clock.segments.count()) == (
        MONDAY_9AM + HOUR,
        [policy.pk],
        1,
    )
    assert Announcement.objects.filter(clock=clock, percent=100).count() == 1
    assert Escalation.objects.filter(ticket=ticket).count() == 1
    assert rebuild_clocks(ticket=fresh(ticket), write=False) == []


def test_a_machine_whose_clock_jumped_an_hour_leaves_no_false_breach_and_tells_each_once(
    house: House,
) -> None:
    ticket = make_ticket(house)
    services.reply_to_customer(
        ticket=ticket, body="We look.", by=by(house.agent), at=MONDAY_9AM + 5 * MINUTE
    )
    step(house, ticket, "start", MONDAY_9AM + 6 * MINUTE)
    settle_ticket(
        ticket_id=ticket.pk, at=MONDAY_9AM + 10 * HOUR + 10 * MINUTE
    )  # an hour ahead: the attention is due after ten
    settle_ticket(ticket_id=ticket.pk, at=MONDAY_9AM + 9 * HOUR + 11 * MINUTE)  # set back
    told = Announcement.objects.filter(clock__ticket=ticket, clock__metric="attention", percent=100)
    assert told.count() == 1  # as it still will be, if nothing happens: not told again

    step(house, ticket, "pend_user", MONDAY_9AM + 9 * HOUR + 20 * MINUTE, message="Which?")
    services.reply_as_customer(
        ticket=fresh(ticket),
        body="This.",
        by=by(house.requester),
        at=MONDAY_9AM + 9 * HOUR + 50 * MINUTE,
    )
    clock = Clock.objects.get(ticket=ticket, metric="attention")
    assert (clock.breached_at, told.count()) == (None, 0)

    warned = Announcement.objects.filter(clock=clock).values_list("percent", flat=True)
    assert (list(warned), clock.announced_percent, clock.next_event_at) == (
        [90],
        90,
        clock.due_at,
    )  # by now 93 % are used
    letters = OutboxMessage.objects.filter(
        template="clock", context__percent=100, context__metric="attention"
    )
    assert letters.count() == 1
    for _time in range(2):
        settle_ticket(ticket_id=ticket.pk, at=MONDAY_9AM + 3 * DAY)
    assert letters.count() == 2
    clock.refresh_from_db()
    assert (clock.breached_at, told.count()) == (clock.due_at, 1)
    assert rebuild_clocks(ticket=fresh(ticket), write=False) == []


def test_a_jumped_clock_does_not_refuse_a_classification_before_the_deadline(house: House) -> None:
    ticket = make_ticket(house)
    settle_ticket(ticket_id=ticket.pk, at=MONDAY_9AM + 61 * MINUTE)
    lower = Classification(
        impact=Impact.MINOR,
        urgency=ticket.urgency,
        kind=ticket.kind,
        service=house.services["network"],
    )
    services.classify_ticket(
        ticket=fresh(ticket),
        classification=lower,
        reason="X",
        by=by(house.agent),
        at=MONDAY_9AM + 30 * MINUTE,
    )
    assert rebuild_clocks(ticket=fresh(ticket), write=False) == []


def test_a_later_promise_is_explained_by_what_the_ticket_was_when_it_was_made(house: House) -> None:
    promise(house, "rca", 600, support_type="functional")
    ticket = make_ticket(house)
    start_promise(ticket=fresh(ticket), metric=Metric.RCA, by=SETUP, at=MONDAY_9AM + HOUR)
    reclassify(house, ticket, MONDAY_9AM + 2 * HOUR, Impact.MINOR, service="network")

    account = explained(ticket, "rca", MONDAY_9AM + 3 * HOUR)
    (matched,) = [rule for rule in account.rules if rule.matched]
    assert (matched.source, matched.target, account.target) == (
        RuleSource.CONTRACT,
        10 * HOUR,
        10 * HOUR,
    )


def test_a_promise_that_a_change_called_off_is_explained_by_what_it_was(house: House) -> None:
    promise(house, "resolution", 600, support_type="functional")
    ticket = make_ticket(house)
    reclassify(house, ticket, MONDAY_9AM + 2 * HOUR, Impact.EXTENSIVE, service="network")

    account = explained(ticket, "resolution", MONDAY_9AM + 3 * HOUR)
    assert account.state == "withdrawn"
    assert (account.priority, [rule.target for rule in account.rules if rule.matched]) == (
        Priority.HIGH,
        [10 * HOUR],
    )


def test_the_customers_period_is_told_as_theirs(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)
    step(house, ticket, "start", MONDAY_9AM + MINUTE)
    step(house, ticket, "solve", MONDAY_9AM + 2 * DAY, solution_type="definitive", message="Done.")
    set_validation(
        ticket=fresh(ticket), period=Term(5, business=True), by=SETUP, at=MONDAY_9AM + 2 * DAY
    )

    rules = explained(ticket, "validation", MONDAY_9AM + 3 * DAY).rules
    assert [(rule.source, rule.matched) for rule in rules] == [
        (RuleSource.CONTRACT, False),
        (RuleSource.DEFAULT, True),
    ]
    path = f"/tickets/{ticket.number}/clocks/validation/"
    page = sign_in(house.requester).get(path, headers={"Accept-Language": "en"}).content.decode()
    assert "The solution was given on Mar 4" in page
    assert not [words for words in ("The ticket arrived", "we promised") if words in page]


@pytest.mark.parametrize("value", [90.9, True, "90", float("inf")])
def test_an_imported_target_is_a_whole_number(house: House, client: Any, value: Any) -> None:
    rows = [
        {"metric": "resolution", "priority": priority.code, "minutes": value}
        for priority in Priority
    ]
    answer = post(
        house,
        client,
        terms(targets=rows)
        if value != float("inf")
        else str(terms(targets=rows)).replace("'", '"').replace("inf", "1e400"),
    )
    assert (answer.status_code, PolicyTarget.objects.count()) == (400, 0)


@pytest.mark.parametrize(
    "content",
    [
        {"holidays": {"20261225": "Navidad"}},
        {"hours": {"0": [["09:00", "10:00"]], "00": [["11:00", "12:00"]]}},
        {"time_zone": "Etc/GMT+6"},
        {"time_zone": "Factory"},
        {"hours": {"0": [["²:00", "10:00"]]}},
    ],
)
def test_an_imported_calendar_is_written_in_one_way(
    house: House, client: Any, content: dict[str, Any]
) -> None:
    row = {
        "name": "N",
        "role": "extended",
        "time_zone": "America/Mexico_City",
        "hours": {"0": [["09:00", "10:00"]]},
        **content,
    }
    assert post(house, client, {"calendars": [row]}).status_code == 400
    assert not Calendar.objects.filter(name="N").exists()


def test_a_version_that_would_annul_the_one_to_come_is_refused_and_an_earlier_date_is_not_lost(
    house: House, client: Any
) -> None:
    def row(hours: str, since: str) -> dict[str, Any]:
        content = {
            "time_zone": "America/Mexico_City",
            "hours": {"0": [[hours, "18:00"]]},
            "effective_from": since,
        }
        return {"calendars": [{"name": business(house).name, **content}]}

    assert post(house, client, row("09:00", "2030-12-01T00:00:00Z")).status_code == 201
    for hours in (
        "10:00",
        "09:00",
    ):  # another content, and the same one that nobody would have from then on
        assert post(house, client, row(hours, "2030-11-01T00:00:00Z")).status_code == 400
    assert CalendarVersion.objects.filter(calendar=business(house)).count() == 2


def test_a_category_may_lean_on_its_support_types(house: House, client: Any) -> None:
    types = ("technological", "functional", "technical")
    rows = [
        {"metric": "resolution", "priority": p.code, "support_type": each, "minutes": 600}
        for p in Priority
        for each in types
    ]
    category = house.services["erp"].category
    assert category is not None
    narrow = {
        "metric": "resolution",
        "priority": "critical",
        "support_type": "functional",
        "category": category.name_es,
        "minutes": 60,
    }
    assert post(house, client, terms(targets=[*rows, narrow])).status_code == 201


@pytest.mark.django_db
def test_a_customer_of_a_country_without_holidays_is_refused() -> None:
    with every_organization(reason="a test"), pytest.raises(ValidationError):
        create_organization(
            name="X",
            slug="x",
            country="XX",
            time_zone="America/Mexico_City",
            by=SETUP,
            at=MONDAY_9AM,
        )


def test_the_ends_of_time_are_refused_by_name() -> None:
    calendar = WorkCalendar(timezone="UTC", hours={0: [("09:00", "10:00")]})
    for instant in (datetime(1, 1, 1, tzinfo=UTC), datetime(9998, 12, 1, tzinfo=UTC)):
        with pytest.raises(BeyondHorizon):
            calendar.add(instant, HOUR)
    with pytest.raises(UnknownTimezone):
        WorkCalendar(timezone=None, hours={0: [("09:00", "10:00")]})  # type: ignore[arg-type]


def test_a_rebuild_looks_at_every_ticket(house: House) -> None:
    make_ticket(house)
    out = StringIO()
    call_command("sla_rebuild", stdout=out)
    assert "1 tickets, 0 differences" in out.getvalue()


def test_an_extension_widens_what_it_extends(house: House) -> None:
    def extended(name: str, hours: dict[str, list[list[str]]]) -> Calendar:
        made = Calendar.objects.create(organization=house.north, name=name, role="extended")
        content: dict[str, Any] = {
            "time_zone": "America/Mexico_City",
            "hours": hours,
            "holidays": {},
        }
        publish_calendar_version(
            calendar=made, **content, effective_from=MONDAY_9AM - DAY, by=SETUP, at=MONDAY_9AM - DAY
        )
        house.north.refresh_from_db()
        return made

    same: dict[str, Any] = {
        "organization": house.north,
        "contract": house.contract,
        "targets": [],
        "by": SETUP,
        "at": MONDAY_9AM,
    }
    saturday = extended("Saturday alone", {"5": [["09:00", "14:00"]]})
    with pytest.raises(Invalid) as refused:
        publish_policy(**same, effective_from=MONDAY_9AM, extended_calendar=saturday)
    assert list(refused.value.fields) == ["extended_calendar"]

    wider = extended(
        "Saturday too",
        {**{str(day): [["08:00", "20:00"]] for day in range(5)}, "5": [["09:00", "14:00"]]},
    )
    assert publish_policy(**same, effective_from=MONDAY_9AM, extended_calendar=wider).number == 1


def test_a_new_tz_database_gives_calendars_a_version_once(house: House) -> None:
    calendar = business(house)
    CalendarVersion.objects.filter(calendar=calendar).update(tzdata_version="2019.1")
    assert renew_zones(at=MONDAY_9AM) == 1
    assert renew_zones(at=MONDAY_9AM + DAY) == 0

    CalendarVersion.objects.filter(calendar=calendar).update(tzdata_version="2019.1")
    content: dict[str, Any] = {
        "time_zone": "America/Mexico_City",
        "hours": NEXT_TO_NOTHING,
        "holidays": {},
    }
    planned = MONDAY_9AM + 30 * DAY
    publish_calendar_version(
        calendar=calendar, **content, effective_from=planned, by=SETUP, at=MONDAY_9AM + DAY
    )
    CalendarVersion.objects.filter(calendar=calendar).update(tzdata_version="2019.1")
    assert renew_zones(at=MONDAY_9AM + 2 * DAY) == 1
    rows = list(CalendarVersion.objects.filter(calendar=calendar).order_by("number"))
    assert [(row.effective_from, row.hours == NEXT_TO_NOTHING) for row in rows[3:]] == [
        (MONDAY_9AM + 2 * DAY, False),
        (planned, True),
    ]
    assert renew_zones(at=MONDAY_9AM + 3 * DAY) == 0

    first, second = rows[:2]
    assert (second.hours, second.holidays, second.time_zone) == (
        first.hours,
        first.holidays,
        first.time_zone,
    )
    assert (second.effective_from, rows[-1].tzdata_version) == (MONDAY_9AM, version("tzdata"))


def test_a_closed_day_that_is_public_no_more_is_found() -> None:
    found = lint_calendar(
        hours={"0": [["09:00", "10:00"]]},
        holidays={"2026-05-10": "Antes festivo", "2026-12-25": "Navidad"},
        time_zone="UTC",
        organization_zone="UTC",
        public={"2026-05-01": "Día del Trabajo", "2026-12-25": "Navidad"},
        today=date(2026, 1, 1),
    )
    assert ("not_public", "2026-05-10 Antes festivo") in [
        (finding.code, finding.details) for finding in found
    ]
