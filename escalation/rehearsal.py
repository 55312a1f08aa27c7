"""Lists the tickets on which a rule would have acted in the last ``DAYS`` days, by the same
conditions as the live rules. Writes nothing (SPEC 5.3).
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Q, QuerySet

from escalation.models import Change, EscalationRule, Trigger
from escalation.rules import About, Among, Occurrence, unmet
from foundation.calendars.arithmetic import CalendarError
from foundation.calendars.queries import business_calendar_on, work_calendar
from sla.clocks.models import Announcement
from tickets import verbs
from tickets.models import Message, MessageKind, Ticket
from tickets.queries import entries_into_states
from tickets.queries.then import Earlier, Fact, Values
from tickets.states import FINAL

DAYS = 30
SHOWN = 100
MOST = 20_000  # occurrences evaluated; a rule that touches more is too broad


@dataclass(frozen=True)
class Touched:
    """A ticket on which the rule would have acted, with the instant and the occurrence."""

    ticket: Ticket
    at: datetime
    occurrence: Occurrence


@dataclass(frozen=True)
class Rehearsal:
    """``count`` tickets in the last ``DAYS`` days; ``touched`` lists the newest ``SHOWN`` of them.
    ``is_cut``: ``MOST`` or more occurrences were evaluated, so some may be missing.
    """

    touched: list[Touched]
    count: int
    is_cut: bool


def rehearse(rule: EscalationRule, among: Among, *, at: datetime) -> Rehearsal:
    """Return the tickets of the open scope on which the rule would have acted in the ``DAYS`` days
    before ``at``, each at its first occurrence.

    The rule need not be saved; ``among`` are its organizations and services.
    """
    since = at - timedelta(days=DAYS)
    occurrences = {
        Trigger.CLOCK: _clocks,
        Trigger.STATE: _states,
        Trigger.SILENCE: _silences,
        Trigger.RAISED: _arrivals,
        Trigger.CHANGED: _changes,
    }[Trigger(rule.trigger)]
    first: dict[int, Touched] = {}
    seen = 0
    for touched, known in occurrences(rule, since, at):
        seen += 1
        if touched.ticket.pk not in first and not unmet(rule, among, known, touched.occurrence):
            first[touched.ticket.pk] = touched
    found = sorted(first.values(), key=lambda each: (each.at, each.ticket.pk), reverse=True)
    return Rehearsal(found[:SHOWN], len(found), seen >= MOST)


Found = Iterator[tuple[Touched, About]]


def _arrivals(rule: EscalationRule, since: datetime, at: datetime) -> Found:
    tickets = Ticket.objects.filter(created_at__gte=since, created_at__lte=at)
    tickets = list(tickets.select_related("organization").order_by("pk")[:MOST])
    earlier = Earlier(tickets)
    for ticket in tickets:
        for fact in earlier.facts(ticket):
            if fact.verb == verbs.RAISED:
                occurrence = Occurrence("", Trigger.RAISED)
                yield Touched(ticket, fact.at, occurrence), _about(ticket, fact.values)


def _changes(rule: EscalationRule, since: datetime, at: datetime) -> Found:
    """Yield what changed about a ticket, as the record has it, with its values after that."""
    tickets = Ticket.objects.filter(updated_at__gte=since, created_at__lte=at)
    tickets = list(tickets.select_related("organization").order_by("-pk")[:MOST])
    earlier = Earlier(tickets)
    by_customer = _messages_of_customers({ticket.pk for ticket in tickets}, since)
    for ticket in tickets:
        for fact in earlier.facts(ticket):
            change = _change(fact, by_customer)
            if change is None or not since <= fact.at <= at:
                continue
            # What a customer writes resumes the work first (``reply_as_customer``).
            is_word = change is Change.CUSTOMER_WROTE
            values = earlier.at(ticket, fact.at) if is_word else fact.values
            occurrence = Occurrence("", Trigger.CHANGED, change=str(change))
            yield Touched(ticket, fact.at, occurrence), _about(ticket, values)


def _messages_of_customers(ticket_ids: set[int], since: datetime) -> set[int]:
    found = Message.objects.filter(
        ticket_id__in=list(ticket_ids), is_from_staff=False, created_at__gte=since
    )
    return set(found.order_by().values_list("pk", flat=True))


def _change(fact: Fact, by_customer: set[int]) -> Change | None:
    """Return the change that a fact of the record says; None when it says none."""
    if fact.verb == verbs.CLASSIFIED:
        is_change = fact.payload["changed"] or fact.payload["from_start"]
        return Change.CLASSIFIED if is_change else None
    if verbs.is_of_message(fact.verb):
        return Change.CUSTOMER_WROTE if fact.payload["message"] in by_customer else None
    return _CHANGES.get(fact.verb)


_CHANGES = {
    verbs.CONTRACT_CHANGED: Change.CONTRACT,
    verbs.ASSIGNED: Change.ASSIGNED,
    verbs.TAGGED: Change.TAGGED,
}


def _about(ticket: Ticket, values: Values, **known: Any) -> About:
    """Return what conditions read of a ticket with these values, but for what is ``known``."""
    read: dict[str, Any] = {
        "state": values.state,
        "priority": values.priority,
        "support_type": values.support_type,
        "kind": values.kind,
        "service_id": values.service_id,
        "tags": values.tags,
    }
    return About(
        organization_id=ticket.organization_id,
        channel=ticket.channel,
        text=f"{ticket.subject}\n{ticket.description}",
        **read | known,
    )


def _clocks(rule: EscalationRule, since: datetime, at: datetime) -> Found:
    """Yield the announced warnings and breaches, with the ticket's state at that instant and the
    segment's priority.
    """
    announced = Announcement.objects.filter(
        at__gte=since, at__lte=at, percent__gte=rule.percent or 1
    ).select_related("clock__ticket__organization", "segment")
    if rule.metric:
        announced = announced.filter(clock__metric=rule.metric)
    rows = list(announced.order_by("at", "pk")[:MOST])
    states = _states_of({row.clock.ticket_id for row in rows})
    earlier = Earlier(row.clock.ticket for row in rows)
    for row in rows:
        ticket = row.clock.ticket
        occurrence = Occurrence(
            f"clock:{row.clock_id}:{row.segment_id}:{row.percent}",
            Trigger.CLOCK,
            metric=row.clock.metric,
            percent=row.percent,
        )
        state = _state_at(states.get(ticket.pk, []), row.at)
        values = earlier.at(ticket, row.at)
        known = _about(ticket, values, state=state, priority=row.segment.priority)
        yield Touched(ticket, row.at, occurrence), known


def _states_of(ticket_ids: set[int]) -> dict[int, list[tuple[datetime, str]]]:
    by_ticket: dict[int, list[tuple[datetime, str]]] = {}
    stays = entries_into_states().filter(ticket_id__in=list(ticket_ids))
    stays = stays.order_by("ticket_id", "started_at", "pk")
    for ticket_id, started_at, state in stays.values_list("ticket_id", "started_at", "state"):
        by_ticket.setdefault(ticket_id, []).append((started_at, state))
    return by_ticket


def _state_at(stays: list[tuple[datetime, str]], at: datetime) -> str:
    place = bisect_right([started_at for started_at, _state in stays], at)
    return stays[place - 1][1] if place else ""


def _states(rule: EscalationRule, since: datetime, at: datetime) -> Found:
    stays = entries_into_states().filter(
        started_at__gte=since, started_at__lte=at, state__in=rule.states
    )
    rows = list(stays.select_related("ticket__organization").order_by("started_at", "pk")[:MOST])
    earlier = Earlier(stay.ticket for stay in rows)
    for stay in rows:
        occurrence = Occurrence("", Trigger.STATE, state=stay.state)
        values = earlier.at(stay.ticket, stay.started_at)
        yield (
            Touched(stay.ticket, stay.started_at, occurrence),
            _about(stay.ticket, values, state=stay.state),
        )


def _silences(rule: EscalationRule, since: datetime, at: datetime) -> Found:
    """Yield each silence longer than the rule's minutes of business hours: the time between two
    messages to the customer or changes of state.
    """
    asked: QuerySet[Ticket] = Ticket.objects.filter(received_at__lte=at).filter(
        ~Q(state__in=sorted(FINAL))
        | Q(updated_at__gte=since)  # an ended ticket without a change since then had no silence
    )
    tickets = list(asked.select_related("organization").order_by("-pk")[:MOST])
    ids = {ticket.pk for ticket in tickets}
    states = _states_of(ids)
    earlier = Earlier(tickets)
    words: dict[int, list[datetime]] = {}
    spoken = Message.objects.filter(ticket_id__in=list(ids), is_from_staff=True).exclude(
        kind=MessageKind.NOTE
    )
    for ticket_id, created_at in spoken.order_by("created_at").values_list(
        F("ticket_id"), F("created_at")
    ):
        words.setdefault(ticket_id, []).append(created_at)
    minutes = timedelta(minutes=rule.silence_minutes or 1)
    for ticket in tickets:
        version = business_calendar_on(ticket.organization, at)
        if version is None:
            continue
        changes = states.get(ticket.pk, [])
        moments = sorted(
            {*words.get(ticket.pk, []), *(started_at for started_at, _state in changes)}
        )
        for start, end in zip(moments, [*moments[1:], at], strict=True):
            state = _state_at(changes, start)
            if end < since or state in FINAL:
                continue
            try:
                broken = work_calendar(version).add(start, minutes)
            except CalendarError:
                continue
            if since <= broken < end:
                occurrence = Occurrence(
                    "", Trigger.SILENCE, rule_id=rule.pk or 0, minutes=rule.silence_minutes or 0
                )
                known = _about(ticket, earlier.at(ticket, broken), state=state)
                yield Touched(ticket, broken, occurrence), known
