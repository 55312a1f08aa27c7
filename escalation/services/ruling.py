"""Applies escalation rules: judges each occurrence once, and logs the result of every rule with its
reasons (SPEC 5.3).
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.core.cache import cache
from django.db import transaction

from escalation import notices
from escalation.duty import DutyAt, party_of_rule
from escalation.models import Action, Cause, EscalationRule, RuleLog, SilenceWatch, Trigger
from escalation.queries import (
    RULES_KEY,
    ActiveRule,
    active_rules,
    rules_to_plan,
)
from escalation.rules import Condition, Earlier, Occurrence, Outcome, held_back, unmet
from escalation.services.base import ESCALATOR
from escalation.services.batching import Batch
from escalation.services.climbing import escalate
from foundation.accounts.models import User
from foundation.accounts.queries import team_member_ids
from foundation.calendars.arithmetic import CalendarError
from foundation.calendars.queries import business_calendar_on, work_calendar
from foundation.core.errors import DomainError
from foundation.duty.roster import Answering
from tickets.models import Ticket
from tickets.queries import held_by
from tickets.services import assign_automatically
from tickets.services.base import locked_tickets
from tickets.states import DESK_TURN, FINAL

logger = logging.getLogger(__name__)


class CannotAct(DomainError):
    """A prerequisite of the action is missing; ``code`` is a ``rules.Condition``."""

    def __init__(self, condition: Condition) -> None:
        super().__init__(condition.label)
        self.code = str(condition)


@transaction.atomic
def apply_rules(*, ticket: Ticket, occurrence: Occurrence, at: datetime) -> RuleLog | None:
    """Apply every active rule of the occurrence's trigger to a ticket whose row the caller has
    locked, as ``judge``.
    """
    batch = Batch([ticket], at=at)
    log = judge(batch, ticket, occurrence)
    batch.flush()
    return log


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
    earlier = _earlier(logs)
    log = RuleLog(
        organization_id=ticket.organization_id,
        ticket=ticket,
        key=occurrence.key,
        trigger=occurrence.trigger,
        occurrence=occurrence.as_data(),
        at=batch.at,
        results=[_result(each, batch, ticket, occurrence, earlier) for each in asked],
    )
    logs.append(log)
    batch.new_logs.append(log)
    return log


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
    earlier: Sequence[Earlier],
) -> dict[str, object]:
    rule = each.rule
    entry: dict[str, object] = {
        "rule": rule.pk,
        "name": rule.name,
        "why": [],
        "did": "",
        "told_at": None,
    }
    why = unmet(rule, each.customers, ticket, occurrence)
    if why:
        return entry | {"outcome": str(Outcome.UNMET), "why": [str(code) for code in why]}
    held = held_back(rule.pk, occurrence, earlier, batch.at)
    if held is Outcome.LOOP:
        batch.letters += notices.loop_letters(ticket=ticket, rule=rule, duty=batch.duty)
    if held is not None:
        return entry | {"outcome": str(held)}
    try:
        done = (_act if batch.in_sets else _act_alone)(rule, batch, ticket, occurrence)
    except CannotAct as error:
        return entry | {"outcome": str(Outcome.FAILED), "why": [error.code]}
    except Exception:
        logger.exception("Rule %s could not act on ticket %s", rule.pk, ticket.pk)
        return entry | {"outcome": str(Outcome.FAILED), "why": [str(Condition.ERROR)]}
    told_at = done.told_at.isoformat() if done.told_at and done.told_at > batch.at else None
    return entry | {"outcome": str(Outcome.RAN), "did": done.words, "told_at": told_at}


class _Done(NamedTuple):
    """What an action did, as text for the log, and the instant from which whoever it names is told;
    None when it tells nobody.
    """

    words: str
    told_at: datetime | None


def _act_alone(rule: EscalationRule, batch: Batch, ticket: Ticket, occurrence: Occurrence) -> _Done:
    """Perform the rule's action in a savepoint, and write it there."""
    batch.flush()
    try:
        with transaction.atomic():
            done = _act(rule, batch, ticket, occurrence)
            batch.flush()
    except Exception:
        batch.roll_back()
        raise
    return done


def _act(rule: EscalationRule, batch: Batch, ticket: Ticket, occurrence: Occurrence) -> _Done:
    """Perform the rule's action and return its recipients, assignee or level. Raises ``CannotAct``
    when a prerequisite is missing.
    """
    if rule.action == Action.RAISE:
        if ticket.state in FINAL:
            raise CannotAct(Condition.ENDED)
        # None after a breach at the same ``at``: it has moved the ladder already (DECISIONS 17).
        step = escalate(
            batch,
            ticket,
            cause=Cause.RULE,
            cause_key=f"rule:{occurrence.key}:{rule.pk}",
            reason=rule.name,
        )
        if step is None:
            return _Done("→", None)
        return _Done(f"→ {step.position}", step.notified_at)
    if rule.action == Action.ASSIGN:
        chosen = _assignable(rule, ticket, batch)
        with transaction.atomic():  # it writes at once
            assign_automatically(ticket=ticket, assignee=chosen, by=ESCALATOR, at=batch.at)
        return _Done(chosen.full_name, None)
    answering = _answering(rule, ticket, batch.duty)
    if not answering.people:
        raise CannotAct(Condition.NOT_SERVING)
    batch.letters += notices.rule_letters(
        ticket=ticket,
        rule=rule,
        occurrence=occurrence,
        answering=answering,
        key=f"rule:{ticket.pk}:{occurrence.key}:{rule.pk}",
    )
    names = ", ".join(person.full_name or person.email for person in answering.people)
    return _Done(names, answering.at)


def _require_named(rule: EscalationRule) -> None:
    if rule.team_id is None and rule.person_id is None:
        raise CannotAct(Condition.NOBODY_NAMED)


def _answering(rule: EscalationRule, ticket: Ticket, duty: DutyAt) -> Answering:
    """Return whom a rule notifies, and from when."""
    if rule.action == Action.TELL_LEVEL:
        levels = [level for level in duty.ladder(ticket) if level.position == rule.level]
        if not levels:
            raise CannotAct(Condition.NO_LEVEL)
        return duty.level(levels[0])
    if rule.action == Action.TELL_ACCOUNT_MANAGER:
        if duty.manager is None:
            raise CannotAct(Condition.NO_MANAGER)
        return duty.manager
    _require_named(rule)
    return duty.named_by(rule)


def _assignable(rule: EscalationRule, ticket: Ticket, batch: Batch) -> User:
    """Return the person on duty to whom a rule gives the ticket: of those in the group that holds
    it, the one with the fewest.
    """
    _require_named(rule)
    on_duty = party_of_rule(rule).reachable(batch.at, batch.duty.roster)
    if not on_duty:
        raise CannotAct(Condition.NOBODY_ON_DUTY)
    if ticket.team_id is not None:
        members = team_member_ids(ticket.team_id)
        on_duty = tuple(person for person in on_duty if person.pk in members)
    if not on_duty:
        raise CannotAct(Condition.OTHER_GROUP)
    return _least_loaded(on_duty)


def _least_loaded(people: Sequence[User]) -> User:
    load = held_by([person.pk for person in people])
    return min(people, key=lambda person: (load.get(person.pk, 0), person.full_name, person.pk))


@transaction.atomic
def watch_silence(*, ticket: Ticket, at: datetime) -> None:
    """Restart the ticket's silence watches at ``at``, after a message to the customer or a change
    of state. Deletes those of an ended ticket.
    """
    rules = [each.rule for each in active_rules() if each.rule.trigger == Trigger.SILENCE]
    if not rules:
        return
    if ticket.state in FINAL:
        SilenceWatch.objects.filter(ticket=ticket).delete()
        return
    for rule in rules:
        _watch(ticket, rule, at)


def _watch(ticket: Ticket, rule: EscalationRule, since: datetime) -> None:
    version = business_calendar_on(ticket.organization, since)
    if rule.silence_minutes is None or version is None:
        return
    try:
        run_after = work_calendar(version).add(since, timedelta(minutes=rule.silence_minutes))
    except CalendarError:  # the calendar has no such instant: set no watch
        logger.exception(
            "The silence of ticket %s cannot be watched: check the calendar", ticket.pk
        )
        return
    SilenceWatch.objects.update_or_create(
        ticket=ticket,
        rule=rule,
        defaults={
            "organization_id": ticket.organization_id,
            "since": since,
            "run_after": run_after,
        },
    )


def break_silence(*, watch_id: int, at: datetime) -> bool:
    """Apply the rule of a due watch and delete the watch; return False when it is gone or was
    restarted. Locks the ticket.
    """
    return bool(break_silences(watch_ids=[watch_id], at=at, in_sets=False))


@transaction.atomic
def break_silences(*, watch_ids: Sequence[int], at: datetime, in_sets: bool = True) -> int:
    """Do the same for several watches of one organization, in one transaction; return how many were
    due. ``in_sets`` as of ``judge``.
    """
    watches = SilenceWatch.objects.filter(pk__in=watch_ids).order_by("pk")
    tickets = locked_tickets(
        set(watches.values_list("ticket_id", flat=True)),
        *("organization", "contract", "requester", "assignee", "owner", "service"),
    )
    if not tickets:
        return 0
    # read again under the lock: one was restarted meanwhile, or deleted by another worker
    due = list(
        watches.select_related("rule").filter(run_after__lte=at).select_for_update(of=("self",))
    )
    SilenceWatch.objects.filter(pk__in=[watch.pk for watch in due]).delete()
    batch = Batch(tickets, at=at, in_sets=in_sets)
    for watch in due:
        occurrence = Occurrence(
            f"silence:{watch.rule_id}:{watch.since.isoformat()}",
            Trigger.SILENCE,
            rule_id=watch.rule_id,
            minutes=watch.rule.silence_minutes or 0,
        )
        judge(batch, batch.tickets[watch.ticket_id], occurrence)
    batch.flush()
    return len(due)


@transaction.atomic
def judge_silence_again(*, ticket: Ticket, at: datetime) -> None:
    """Apply again each silence rule whose last result was *unmet*, after the ticket's priority or
    contract changed. Skips rules with a pending watch.
    """
    watched = set(
        SilenceWatch.objects.filter(ticket=ticket).order_by().values_list("rule_id", flat=True)
    )
    for rule in (
        each.rule
        for each in active_rules()
        if each.rule.trigger == Trigger.SILENCE and each.rule.pk not in watched
    ):
        logs = RuleLog.objects.filter(
            ticket=ticket, trigger=Trigger.SILENCE, key__startswith=f"silence:{rule.pk}:"
        )
        last = logs.order_by("-pk").first()
        if last is not None and any(
            row["rule"] == rule.pk and row["outcome"] == Outcome.UNMET for row in last.results
        ):
            key = f"silence:{rule.pk}:{at.isoformat()}"
            apply_rules(
                ticket=ticket,
                occurrence=Occurrence(
                    key, Trigger.SILENCE, rule_id=rule.pk, minutes=rule.silence_minutes or 0
                ),
                at=at,
            )


@transaction.atomic
def plan_rule(*, rule: EscalationRule, at: datetime) -> int:
    """Replace the watches of a silence rule that was activated or changed; return how many tickets
    are watched. Silence counts from ``at``. Any other rule only loses its watches.

    Locks the rule: one that is changed meanwhile is planned again afterwards.
    """
    rule = EscalationRule.objects.select_for_update(no_key=True).get(pk=rule.pk)
    SilenceWatch.objects.filter(rule=rule).delete()
    tickets = (
        Ticket.objects.filter(state__in=sorted(rule.states or DESK_TURN))
        .select_related("organization")
        .order_by("pk")
    )
    count = 0
    if rule.is_active and rule.trigger == Trigger.SILENCE:
        for ticket in tickets.iterator(chunk_size=500):
            _watch(ticket, rule, at)
            count += 1
    EscalationRule.objects.filter(pk=rule.pk).update(planned_at=at)
    return count


def renew_rule(*, rule_id: int) -> None:
    """Set ``planned_at`` to null, so that the sweep creates the rule's watches again, and delete
    the cached rules after the commit.
    """
    EscalationRule.objects.filter(pk=rule_id).update(planned_at=None)
    transaction.on_commit(lambda: cache.delete(RULES_KEY), robust=True)


def plan_rules(*, at: datetime) -> int:
    """Create the watches of every silence rule without them; return how many tickets are watched.
    Needs a scope over every customer.
    """
    return sum(plan_rule(rule=rule, at=at) for rule in rules_to_plan())
