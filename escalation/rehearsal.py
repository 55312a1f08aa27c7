"""Lists the tickets on which a rule would have acted in the last ``DAYS`` days, by the same
conditions as the live rules. Writes nothing (SPEC 5.3).
"""

from bisect import bisect_right
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Q, QuerySet

from escalation.models import Change, EscalationRule, Trigger
from escalation.rules import About, Among, Occurrence, TicketText, unmet
from escalation.services.base import ESCALATOR
from foundation.calendars.arithmetic import CalendarError
from foundation.calendars.queries import business_calendar_on, work_calendar
from sla.clocks.models import Announcement
from tickets import verbs
from tickets.models import Message, MessageKind, Ticket
from tickets.queries import entries_into_states
from tickets.queries.past import PastFact, PastValues, Values
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
    is_cut = rule.trigger != Trigger.CLOCK and len(_ids_of(rule, since, at)) > MOST
    return Rehearsal(found[:SHOWN], len(found), is_cut or seen >= MOST)


Found = Iterator[tuple[Touched, About]]


def _tickets(rule: EscalationRule, since: datetime, at: datetime) -> QuerySet[Ticket]:
    """Return the tickets on which something of the trigger's kind may have happened, the newest
    first.
    """
    tickets: QuerySet[Ticket] = Ticket.objects.filter(created_at__lte=at).order_by("-pk")
    if rule.trigger == Trigger.RAISED:
        return tickets.filter(created_at__gte=since)
    changed = Q(updated_at__gte=since)
    if rule.trigger == Trigger.SILENCE:  # an ended ticket without a change since then had none
        return tickets.filter(~Q(state__in=sorted(FINAL)) | changed)
    return tickets.filter(changed)


def _ids_of(rule: EscalationRule, since: datetime, at: datetime) -> list[int]:
    return list(_tickets(rule, since, at).values_list("pk", flat=True)[: MOST + 1])


def _rows(rule: EscalationRule, since: datetime, at: datetime) -> list[Ticket]:
    return list(_tickets(rule, since, at).select_related("organization")[:MOST])


def _arrivals(rule: EscalationRule, since: datetime, at: datetime) -> Found:
    tickets = _rows(rule, since, at)
    earlier = PastValues(tickets)
    for ticket in tickets:
        for fact in earlier.facts(ticket):
            if fact.verb == verbs.RAISED and since <= fact.at <= at:
                occurrence = Occurrence("", Trigger.RAISED)
                yield Touched(ticket, fact.at, occurrence), _about(ticket, fact.values)


def _states(rule: EscalationRule, since: datetime, at: datetime) -> Found:
    """Yield the changes of state that the record has, with the values right after each."""
    tickets = _rows(rule, since, at)
    earlier = PastValues(tickets)
    for ticket in tickets:
        for fact in earlier.facts(ticket):
            state = _state_after(fact)
            if state in rule.states and since <= fact.at <= at:
                occurrence = Occurrence("", Trigger.STATE, state=state)
                yield Touched(ticket, fact.at, occurrence), _about(ticket, fact.values)


def _state_after(fact: PastFact) -> str:
    """Return the state into which a ticket came by a fact; "" for another fact."""
    if fact.verb == verbs.RAISED:
        return str(fact.payload["state"])
    return str(fact.payload["to"]) if fact.verb == verbs.STATE_CHANGED else ""


def _changes(rule: EscalationRule, since: datetime, at: datetime) -> Found:
    """Yield what changed about a ticket, as the record has it, with its values after that."""
    tickets = _rows(rule, since, at)
    earlier = PastValues(tickets)
    by_customer = _messages_of_customers({ticket.pk for ticket in tickets}, since)
    for ticket in tickets:
        facts = earlier.facts(ticket)
        for place, fact in enumerate(facts):
            if not since <= fact.at <= at:
                continue
            for change, values in _changes_by(facts, place, by_customer):
                occurrence = Occurrence("", Trigger.CHANGED, change=str(change))
                yield Touched(ticket, fact.at, occurrence), _about(ticket, values)


def _changes_by(
    facts: Sequence[PastFact], place: int, by_customer: Collection[int]
) -> Iterator[tuple[Change, Values]]:
    """Yield the changes that the fact at a place says, with the values when they are judged."""
    fact = facts[place]
    if verbs.is_of_message(fact.verb):
        if fact.payload["message"] in by_customer:
            yield Change.CUSTOMER_WROTE, _after_the_step(facts, place)
        return
    if fact.verb == verbs.CLASSIFIED and not (
        fact.payload["changed"] or fact.payload["from_start"]
    ):
        return  # a confirmation
    if fact.verb in _CHANGES:
        yield _CHANGES[fact.verb], fact.values
    if fact.verb == verbs.STATE_CHANGED and "assignee" in fact.payload:
        yield Change.ASSIGNED, fact.values


def _after_the_step(facts: Sequence[PastFact], place: int) -> Values:
    """Return the values after a message of the customer and the step that it takes, such as the
    answer that resumes the work, or the decline whose reason it is: it is judged after that.
    """
    following = facts[place + 1] if place + 1 < len(facts) else None
    is_step = (
        following is not None
        and following.verb == verbs.STATE_CHANGED
        and following.at == facts[place].at
    )
    return following.values if following is not None and is_step else facts[place].values


def _messages_of_customers(ticket_ids: set[int], since: datetime) -> set[int]:
    found = Message.objects.filter(
        ticket_id__in=list(ticket_ids), is_from_staff=False, created_at__gte=since
    )
    return set(found.order_by().values_list("pk", flat=True))


_CHANGES = {
    verbs.CLASSIFIED: Change.CLASSIFIED,
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
        text=TicketText(ticket.subject, ticket.description),
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
    earlier = PastValues(row.clock.ticket for row in rows)
    for row in rows:
        ticket = row.clock.ticket
        occurrence = Occurrence(
            f"clock:{row.clock_id}:{row.segment_id}:{row.percent}",
            Trigger.CLOCK,
            metric=row.clock.metric,
            percent=row.percent,
        )
        state = _state_at(states.get(ticket.pk, []), row.at)
        values = earlier.at(ticket, row.at, but_for=ESCALATOR.system)
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


def _silences(rule: EscalationRule, since: datetime, at: datetime) -> Found:
    """Yield each silence longer than the rule's minutes of business hours: the time between two
    messages to the customer or changes of state.
    """
    tickets = _rows(rule, since, at)
    ids = {ticket.pk for ticket in tickets}
    states = _states_of(ids)
    earlier = PastValues(tickets)
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
                values = earlier.at(ticket, broken, but_for=ESCALATOR.system)
                known = _about(ticket, values, state=state)
                yield Touched(ticket, broken, occurrence), known
