"""Who is notified when a promise is at risk or broken."""

from datetime import datetime
from typing import Any

from catalog.models import Contract
from escalation.duty import who_answers
from escalation.gaps import Stretch
from escalation.models import Drill, Escalation, EscalationLevel, EscalationRule
from escalation.queries import acknowledge_token, ladder_of
from escalation.rules import Occurrence
from foundation.accounts.models import Organization, User
from foundation.accounts.queries import supervisors_of
from foundation.core.links import Link
from foundation.duty.roster import (
    Answering,
    Party,
    Roster,
    first_to_answer,
    roster_on,
)
from foundation.notifications.services import Letter, queue_letters
from sla.clocks.arithmetic import BREACH_PERCENT
from sla.clocks.models import Clock
from tickets.models import Ticket
from tickets.notices import send, ticket_letter


def tell_level(
    *,
    ticket: Ticket,
    escalation: Escalation,
    level: EscalationLevel | None,
    answering: Answering | None,
    at: datetime,
) -> None:
    """Tell who answers for the level, when they are on duty, with the link that acknowledges;
    without a matrix, the supervisors.
    """
    key = f"escalation:{escalation.pk}"
    context: dict[str, Any] = {
        "cause": escalation.cause,
        "reason": escalation.reason,
        "position": escalation.position,
    }
    if level is None or answering is None or not answering.people:
        instead = _supervisors(ticket.organization_id, roster_on(at, ticket.organization_id), at)
        send(
            ticket,
            [
                _letter(ticket, person, key, not_before=instead.at, **context)
                for person in instead.people
            ],
            at,
        )
        return
    letters = [
        ticket_letter(
            ticket,
            to=person,
            template="escalation",
            key=key,
            for_staff=True,
            not_before=answering.at,
            links={"acknowledge_url": _acknowledgement(escalation, person)},
            acknowledge_minutes=level.acknowledge_minutes,
            **context,
        )
        for person in answering.people
    ]
    send(ticket, letters, at)


def tell_clock(
    *, ticket: Ticket, clock: Clock, segment_id: int, percent: int, at: datetime
) -> None:
    """Tell whoever holds the ticket, or stands in for them, that a clock reached a threshold;
    otherwise the supervisors on duty.
    """
    due = clock.due_at.isoformat() if clock.due_at else ""
    missed_at = (
        clock.breached_at.isoformat()
        if clock.breached_at is not None and percent == BREACH_PERCENT
        else ""
    )
    # A breach that was taken back is told again when it comes true.
    key = f"clock:{clock.pk}:{segment_id}:{percent}:{missed_at}"
    context: dict[str, Any] = {"metric": clock.metric, "percent": percent, "due_at": due}
    holders = _holders(ticket, at)
    letters = [
        ticket_letter(
            ticket,
            to=person,
            template="clock",
            key=key,
            for_staff=True,
            not_before=holders.at,
            **context,
        )
        for person in holders.people
    ]
    send(ticket, letters, at)


def _holders(ticket: Ticket, at: datetime) -> Answering:
    """Return who looks after the ticket now. Nobody on duty at all: the supervisors, when the first
    of them is; nothing is lost.
    """
    roster = roster_on(at, ticket.organization_id)
    for holder in (ticket.assignee, ticket.owner):
        found = roster.stand_in(holder, at)
        if found is not None:
            return Answering((found,), at)
    supervisors = _supervisors(ticket.organization_id, roster, at)
    if supervisors.is_on_duty and supervisors.at <= at:
        return supervisors
    first_level = _first_level(ticket, roster, at)
    return Answering(tuple(first_level), at) if first_level else supervisors


def _supervisors(organization_id: int, roster: Roster, at: datetime) -> Answering:
    """Return the supervisors of the customer who are on duty, or will be first; all of them where
    nothing is planned.
    """
    return first_to_answer(Party(members=tuple(supervisors_of(organization_id))), at, roster)


def _first_level(ticket: Ticket, roster: Roster, at: datetime) -> list[User]:
    """Return who of the first level of the matrix is on duty at this very instant."""
    levels = ladder_of(ticket, at)
    answering = who_answers(levels[0], at, roster) if levels else None
    is_at_once = (
        answering is not None
        and answering.at <= at
        and any(roster.is_on_duty(p.pk, at) for p in answering.people if p.pk)
    )
    return list(answering.people) if answering is not None and is_at_once else []


def tell_out_of_contract(*, ticket: Ticket, at: datetime) -> None:
    """Tell the desk's supervisors that a ticket came in without a contract in force (SPEC 1.2)."""
    found = _supervisors(ticket.organization_id, roster_on(at, ticket.organization_id), at)
    same: dict[str, Any] = {
        "template": "out_of_contract",
        "key": f"out:{ticket.pk}",
        "for_staff": True,
        "not_before": found.at,
    }
    send(ticket, [ticket_letter(ticket, to=person, **same) for person in found.people], at)


def tell_rule(
    *,
    ticket: Ticket,
    rule: EscalationRule,
    occurrence: Occurrence,
    answering: Answering,
    key: str,
    at: datetime,
) -> None:
    """Tell whom a rule names, when they are on duty, what happened."""
    context: dict[str, Any] = {
        "rule": rule.name,
        "trigger": str(occurrence.trigger),
        "occurrence": occurrence.as_data(),
    }
    people = answering.people
    send(
        ticket,
        [
            ticket_letter(
                ticket,
                to=p,
                template="rule",
                key=key,
                for_staff=True,
                not_before=answering.at,
                **context,
            )
            for p in people
        ],
        at,
    )


def tell_loop(*, ticket: Ticket, rule: EscalationRule, at: datetime) -> None:
    """Tell the supervisors, once a day, that a rule runs again and again on a ticket and is held
    back.
    """
    key = f"loop:{rule.pk}:{ticket.pk}:{at:%Y-%m-%d}"
    found = _supervisors(ticket.organization_id, roster_on(at, ticket.organization_id), at)
    same: dict[str, Any] = {
        "template": "rule_loop",
        "key": key,
        "for_staff": True,
        "not_before": found.at,
        "rule": rule.name,
    }
    send(ticket, [ticket_letter(ticket, to=person, **same) for person in found.people], at)


def notify_gaps(
    *,
    organization: Organization,
    contract: Contract | None,
    stretches: list[Stretch],
    row_id: int,
    at: datetime,
) -> None:
    """Tell the supervisors when nobody on duty would be told in the week to come."""
    lines = [
        {
            "day": stretch.day,
            "hours": stretch.hours,
            "priorities": [int(priority) for priority in stretch.priorities],
            "percents": list(stretch.percents),
        }
        for stretch in stretches
    ]
    context = {
        "organization": organization.name,
        "contract": contract.reference if contract is not None else "",
        "time_zone": organization.time_zone,
        "lines": lines,
    }
    found = _supervisors(organization.pk, roster_on(at, organization.pk), at)
    letters = [
        Letter(
            template="coverage_gap",
            to_email=person.email,
            to_name=person.full_name,
            recipient_id=person.pk,
            language=person.language or organization.language,
            dedupe_key=f"coverage:{row_id}:{at.isoformat()}:{person.pk}",
            not_before=found.at,
            context=context,
            links={"url": Link("coverage", organization.slug, for_staff=True)},
        )
        for person in found.people
    ]
    queue_letters(organization_id=organization.pk, letters=letters, at=at)


def tell_drill(
    *,
    drill: Drill,
    organization: Organization,
    answers: list[tuple[EscalationLevel, Answering]],
    at: datetime,
) -> None:
    """Send the test to each level's people, when they are on duty, as a real step would."""
    letters = [
        Letter(
            template="drill",
            to_email=person.email,
            to_name=person.full_name,
            recipient_id=person.pk,
            language=person.language or organization.language,
            dedupe_key=f"drill:{drill.pk}:{level.pk}:{person.pk or person.email}",
            not_before=answering.at,
            context={
                "organization": organization.name,
                "level": _name_for(level, person.language or organization.language),
            },
        )
        for level, answering in answers
        for person in answering.people
    ]
    queue_letters(organization_id=organization.pk, letters=letters, at=at)


def _name_for(level: EscalationLevel, language: str) -> str:
    return level.name_en if language == "en" and level.name_en else level.name_es


def _acknowledgement(escalation: Escalation, person: User) -> Link:
    token = acknowledge_token(escalation, person.full_name or person.email)
    return Link("acknowledgement", token, for_staff=True)


def _letter(ticket: Ticket, person: User, key: str, **context: Any) -> Letter:
    return ticket_letter(
        ticket, to=person, template="escalation", key=key, for_staff=True, **context
    )
