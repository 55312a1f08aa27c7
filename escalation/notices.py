"""The letters of escalation: of thresholds, levels, rules, lists, coverage gaps and drills."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils import translation

from catalog.models import Contract
from escalation.duty import DutyAt, duty_at
from escalation.gaps import GapRange
from escalation.models import (
    Drill,
    Escalation,
    EscalationLevel,
    EscalationMatrix,
    EscalationRule,
)
from escalation.queries import acknowledge_token
from escalation.rules import Occurrence
from foundation.accounts.models import Organization, User
from foundation.accounts.queries import members_with_role
from foundation.accounts.roles import CustomerRole
from foundation.core.links import Link
from foundation.duty.roster import Answering
from foundation.notifications.services import Letter, queue_letters
from sla.clocks.arithmetic import BREACH_PERCENT
from sla.clocks.models import Clock
from sla.clocks.queries import is_at_risk
from tickets.letters import send, ticket_letter
from tickets.models import Ticket


def level_letters(
    *,
    ticket: Ticket,
    escalation: Escalation,
    level: EscalationLevel | None,
    told: Answering,
    is_last: bool,
    is_repeated: bool,
) -> list[Letter]:
    """Return the letters to the people who answer from ``told.at`` on: those of the level with a
    signed link to acknowledge, the supervisors (``level`` None) without it. ``is_last`` and
    ``is_repeated`` as of ``NewStep``.
    """
    context: dict[str, Any] = {
        "cause": escalation.cause,
        "reason": escalation.reason,
        "position": escalation.position,
        "is_last": is_last,
        "is_repeated": is_repeated,
    }
    if level is not None:
        context["acknowledge_minutes"] = level.acknowledge_minutes
    return [
        ticket_letter(
            ticket,
            to=person,
            template="escalation",
            key=f"escalation:{escalation.pk}",
            for_staff=True,
            not_before=told.at,
            links={"acknowledge_url": _acknowledgement(escalation, person)} if level else None,
            **context,
        )
        for person in told.people
    ]


def clock_letters(
    *, ticket: Ticket, clock: Clock, segment_id: int, percent: int, duty: DutyAt
) -> list[Letter]:
    """Return the letters to the assignee or owner, or their substitute, that a clock reached
    ``percent``; with none on duty, to the other recipients of ``DutyAt.holders``.
    """
    due = clock.due_at.isoformat() if clock.due_at else ""
    missed_at = (
        clock.breached_at.isoformat()
        if clock.breached_at is not None and percent == BREACH_PERCENT
        else ""
    )
    # The instant is part of the key: a breach after one taken back is notified again.
    key = f"clock:{clock.pk}:{segment_id}:{percent}:{missed_at}"
    context: dict[str, Any] = {
        "metric": clock.metric,
        "percent": percent,
        "due_at": due,
        "is_at_risk": is_at_risk(clock, duty.at),
    }
    return _letters(ticket, duty.holders(ticket), template="clock", key=key, **context)


def _letters(
    ticket: Ticket, answering: Answering, *, template: str, key: str, **context: Any
) -> list[Letter]:
    """Return one letter to each of the people who answer, from ``answering.at`` on."""
    return [
        ticket_letter(
            ticket,
            to=person,
            template=template,
            key=key,
            for_staff=True,
            not_before=answering.at,
            **context,
        )
        for person in answering.people
    ]


def notify_technical_list(
    *, matrix: EscalationMatrix, levels: Sequence[EscalationLevel], at: datetime
) -> int:
    """Send the list for technical failures to the customer's service owners (SPEC 5.4); return how
    many they are.
    """
    organization = matrix.organization
    owners = members_with_role(organization.pk, CustomerRole.SERVICE_OWNER)
    letters = [
        Letter(
            template="technical_list",
            to_email=person.email,
            to_name=person.full_name,
            recipient_id=person.pk,
            language=person.language or organization.language,
            dedupe_key=f"technical:{matrix.pk}:{at.isoformat()}:{person.pk}",
            context={
                "organization": organization.name,
                "contract": matrix.contract.reference if matrix.contract else "",
                "since": matrix.effective_from.isoformat(),
                "time_zone": organization.time_zone,
                "levels": _contacts(levels, person.language or organization.language),
            },
            links={"url": Link("contacts")},
        )
        for person in owners
    ]
    queue_letters(organization_id=organization.pk, letters=letters, at=at)
    return len(owners)


def _contacts(levels: Sequence[EscalationLevel], language: str) -> list[dict[str, Any]]:
    """Return the contact data of levels, with their names in a language."""
    with translation.override(language):
        return [
            {
                "position": level.position,
                "name": level.name,
                "contact": level.contact_name,
                "phone": level.phone,
                "email": level.email,
                "hours": level.hours,
            }
            for level in levels
        ]


def notify_out_of_contract(*, ticket: Ticket, at: datetime) -> None:
    """Tell the desk's supervisors that no contract in force covers the ticket's service, at its
    arrival or after a change (SPEC 1.2).
    """
    supervisors = duty_at(ticket.organization_id, at).supervisors
    key = f"out:{ticket.pk}:{ticket.version}"
    send(ticket, _letters(ticket, supervisors, template="out_of_contract", key=key), at)


def rule_letters(
    *,
    ticket: Ticket,
    rule: EscalationRule,
    occurrence: Occurrence,
    answering: Answering,
    key: str,
) -> list[Letter]:
    """Return the letters to the recipients of a rule of the occurrence, from ``answering.at``
    on.
    """
    context: dict[str, Any] = {
        "rule": rule.name,
        "trigger": str(occurrence.trigger),
        "occurrence": occurrence.as_data(),
    }
    return _letters(ticket, answering, template="rule", key=key, **context)


def loop_letters(
    *, ticket: Ticket, rule: EscalationRule, by_rule: str, duty: DutyAt
) -> list[Letter]:
    """Return the letters to the supervisors that the act of a rule is skipped: once a day per rule
    and ticket when it ran too often, once a day per rule when its own act led to the occurrence
    through others, the last of which is ``by_rule``: it would do that in many tickets.
    """
    where = "" if by_rule else f"{ticket.pk}:"
    return _letters(
        ticket,
        duty.supervisors,
        template="rule_loop",
        key=f"loop:{rule.pk}:{where}{duty.at:%Y-%m-%d}",
        rule=rule.name,
        by_rule=by_rule,
    )


def notify_gaps(
    *,
    organization: Organization,
    contract: Contract | None,
    ranges: list[GapRange],
    row_id: int,
    at: datetime,
) -> None:
    """Notify the supervisors of the hours of the coming week with nobody on duty."""
    lines = [
        {
            "day": gap_range.day,
            "hours": gap_range.hours,
            "priorities": [int(priority) for priority in gap_range.priorities],
            "percents": list(gap_range.percents),
        }
        for gap_range in ranges
    ]
    context = {
        "organization": organization.name,
        "contract": contract.reference if contract is not None else "",
        "time_zone": organization.time_zone,
        "lines": lines,
    }
    supervisors = duty_at(organization.pk, at).supervisors
    letters = [
        Letter(
            template="coverage_gap",
            to_email=person.email,
            to_name=person.full_name,
            recipient_id=person.pk,
            language=person.language or organization.language,
            dedupe_key=f"coverage:{row_id}:{at.isoformat()}:{person.pk}",
            not_before=supervisors.at,
            context=context,
            links={"url": Link("coverage", organization.slug, for_staff=True)},
        )
        for person in supervisors.people
    ]
    queue_letters(organization_id=organization.pk, letters=letters, at=at)


def notify_drill(
    *,
    drill: Drill,
    organization: Organization,
    answers: list[tuple[EscalationLevel, Answering]],
    at: datetime,
) -> None:
    """Queue the drill's letters to the people of each level, sent when a real step's would be."""
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
    token = acknowledge_token(escalation, person)
    return Link("acknowledgement", token, for_staff=True)
