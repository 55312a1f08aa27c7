"""Applies escalation rules: judges each occurrence once, and logs the result of every rule with its
reasons (SPEC 5.3).
"""

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import transaction

from escalation import notices
from escalation.models import EscalationRule, RuleLog, Trigger
from escalation.queries import ActiveRule, active_rules
from escalation.rules import (
    About,
    Condition,
    Earlier,
    Occurrence,
    Outcome,
    TicketText,
    held_back,
    unmet,
)
from escalation.services.acting import CannotAct, Done, act
from escalation.services.batching import Batch, keep_for_later
from tickets.models import Ticket
from tickets.queries import tags_of
from tickets.services.base import lock_ticket

logger = logging.getLogger(__name__)


@transaction.atomic
def apply_rules(*, ticket: Ticket, occurrence: Occurrence, at: datetime) -> RuleLog | None:
    """Apply every active rule of the occurrence's trigger to a ticket whose row the caller has
    locked, as ``judge``. What the act of a rule leads to is judged after that rule's batch: then
    None is returned.
    """
    if keep_for_later(ticket.pk, occurrence):
        return None
    batch = Batch([ticket], at=at)
    log = judge(batch, ticket, occurrence)
    finish(batch)
    return log


def finish(batch: Batch) -> None:
    """Write the batch, and judge what the acts of its rules led to. It ends: no rule acts on what
    its own act led to.
    """
    batch.flush()
    while batch.caused:
        ticket_id, occurrence = batch.caused.pop(0)
        ticket = batch.tickets[ticket_id]
        lock_ticket(ticket)  # handlers of the act may have changed it
        judge(batch, ticket, occurrence)
        batch.flush()


def judge(batch: Batch, ticket: Ticket, occurrence: Occurrence) -> RuleLog | None:
    """Apply every active rule of the occurrence's trigger to a ticket of the batch, and log each
    result. Returns None when there is no such rule, or the occurrence was judged before.

    An error in an action is logged and undoes that action alone, not the other rules or the
    caller's transaction. In a batch that works in sets an error of the database fails the whole
    transaction: the sweep repeats it for each ticket.
    """
    asked = [
        each
        for each in active_rules()
        if each.rule.trigger == occurrence.trigger and occurrence.rule_id in {0, each.rule.pk}
    ]
    logs = batch.logs[ticket.pk] if asked else []
    if not asked or any(log.key == occurrence.key for log in logs):
        return None
    about = about_ticket(ticket, has_tags=any(each.rule.tags for each in asked))
    past = _Past(about, _earlier(logs))
    log = RuleLog(
        organization_id=ticket.organization_id,
        ticket=ticket,
        key=occurrence.key,
        trigger=occurrence.trigger,
        occurrence=occurrence.as_data(),
        at=batch.at,
        results=[_result(each, batch, ticket, occurrence, past) for each in asked],
    )
    logs.append(log)
    batch.new_logs.append(log)
    return log


def about_ticket(ticket: Ticket, *, has_tags: bool) -> About:
    """Return what conditions read of the ticket as it is now; its tags only with ``has_tags``."""
    return About(
        state=ticket.state,
        priority=ticket.priority,
        support_type=ticket.support_type,
        organization_id=ticket.organization_id,
        kind=ticket.kind,
        channel=ticket.channel,
        service_id=ticket.service_id,
        text=TicketText(ticket.subject, ticket.description),
        tags=[tag.key for tag in tags_of(ticket)] if has_tags else (),
    )


class _Past(NamedTuple):
    """The ticket as it was when the occurrence came, and the earlier runs on it."""

    about: About
    earlier: Sequence[Earlier]


def _earlier(logs: Sequence[RuleLog]) -> list[Earlier]:
    found = []
    for log in logs:
        subject = Occurrence(log.key, Trigger(log.trigger)).subject
        found += [
            Earlier(row["rule"], subject, log.at)
            for row in log.results
            if row["outcome"] == Outcome.RAN
        ]
    return found


def _result(
    each: ActiveRule,
    batch: Batch,
    ticket: Ticket,
    occurrence: Occurrence,
    past: _Past,
) -> dict[str, object]:
    rule = each.rule
    entry: dict[str, object] = {
        "rule": rule.pk,
        "name": rule.name,
        "why": [],
        "did": "",
        "told_at": None,
    }
    why = unmet(rule, each.among, past.about, occurrence)
    if why:
        return entry | {"outcome": str(Outcome.UNMET), "why": [str(code) for code in why]}
    held = held_back(rule.pk, occurrence, past.earlier, batch.at)
    if held in {Outcome.LOOP, Outcome.OWN_ACT}:
        batch.letters += notices.loop_letters(
            ticket=ticket,
            rule=rule,
            by_rule=occurrence.by_rule if held is Outcome.OWN_ACT else "",
            duty=batch.duty,
        )
    if held is not None:
        return entry | {"outcome": str(held)}
    try:
        with batch.acting(rule, occurrence):
            done = (act if batch.in_sets else _act_alone)(rule, batch, ticket, occurrence)
    except CannotAct as error:
        return entry | {"outcome": str(Outcome.FAILED), "why": [error.code]}
    except Exception:
        logger.exception("Rule %s could not act on ticket %s", rule.pk, ticket.pk)
        return entry | {"outcome": str(Outcome.FAILED), "why": [str(Condition.ERROR)]}
    told_at = done.told_at.isoformat() if done.told_at and done.told_at > batch.at else None
    return entry | {"outcome": str(Outcome.RAN), "did": done.words, "told_at": told_at}


def _act_alone(rule: EscalationRule, batch: Batch, ticket: Ticket, occurrence: Occurrence) -> Done:
    """Perform the rule's action in a savepoint, and write it there."""
    batch.flush()
    try:
        with transaction.atomic():
            done = act(rule, batch, ticket, occurrence)
            batch.flush()
    except Exception:
        batch.roll_back()
        raise
    return done
