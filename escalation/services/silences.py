"""Watches of silences: when a rule acts because the customer hears nothing (SPEC 5.3)."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from escalation.models import EscalationRule, RuleLog, SilenceWatch, Trigger
from escalation.queries import RULES_KEY, active_rules, rules_to_plan
from escalation.rules import Occurrence, Outcome
from escalation.services.batching import Batch
from escalation.services.ruling import apply_rules, finish, judge
from foundation.calendars.arithmetic import CalendarError
from foundation.calendars.queries import business_calendar_on, work_calendar
from foundation.core.kept import renew_kept
from tickets.models import Ticket
from tickets.services.base import locked_tickets
from tickets.states import DESK_TURN, FINAL

logger = logging.getLogger(__name__)


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
    finish(batch)
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
    """Set ``planned_at`` to null, so that the sweep creates the rule's watches again, and make
    every process read the rules again.
    """
    EscalationRule.objects.filter(pk=rule_id).update(planned_at=None)
    renew_kept(RULES_KEY)


def plan_rules(*, at: datetime) -> int:
    """Create the watches of every silence rule without them; return how many tickets are watched.
    Needs a scope over every customer.
    """
    return sum(plan_rule(rule=rule, at=at) for rule in rules_to_plan())
