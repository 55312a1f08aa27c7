"""What a rule of escalation does to a ticket (SPEC 5.3)."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import transaction

from escalation import notices
from escalation.duty import DutyAt, party_of_rule
from escalation.models import Action, Cause, EscalationRule
from escalation.rules import Condition, Occurrence, tag_names
from escalation.services.base import ESCALATOR
from escalation.services.batching import Batch
from escalation.services.climbing import escalate
from foundation.accounts.models import User
from foundation.accounts.queries import team_member_ids
from foundation.core.errors import DomainError, Invalid
from foundation.duty.roster import Answering
from tickets.models import Ticket
from tickets.queries import held_by
from tickets.services import assign_automatically, note_automatically, tag_automatically
from tickets.states import FINAL


class CannotAct(DomainError):
    """A prerequisite of the action is missing; ``code`` is a ``rules.Condition``."""

    def __init__(self, condition: Condition) -> None:
        super().__init__(condition.label)
        self.code = str(condition)


class Done(NamedTuple):
    """What an action did, as text for the log, and the instant from which whoever it names is told;
    None when it tells nobody.
    """

    words: str
    told_at: datetime | None


def act(rule: EscalationRule, batch: Batch, ticket: Ticket, occurrence: Occurrence) -> Done:
    """Perform the rule's action and return its recipients, assignee or level. Raises ``CannotAct``
    when a prerequisite is missing.
    """
    if rule.action in _AT_ONCE:
        with transaction.atomic():
            return Done(_AT_ONCE[Action(rule.action)](rule, batch, ticket), None)
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
            return Done("→", None)
        return Done(f"→ {step.position}", step.notified_at)
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
    return Done(names, answering.at)


def _assign(rule: EscalationRule, batch: Batch, ticket: Ticket) -> str:
    if ticket.state in FINAL:
        raise CannotAct(Condition.ENDED)
    chosen = _assignable(rule, ticket, batch)
    try:
        assign_automatically(ticket=ticket, assignee=chosen, by=ESCALATOR, at=batch.at)
    except Invalid as error:
        raise CannotAct(Condition.NOT_SERVING) from error
    return chosen.full_name


def _tag(rule: EscalationRule, batch: Batch, ticket: Ticket) -> str:
    names = tag_names(rule.adds_tags)
    try:
        tag_automatically(ticket=ticket, names=names, by=ESCALATOR, at=batch.at)
    except Invalid as error:
        raise CannotAct(Condition.TOO_MANY_TAGS) from error
    return ", ".join(names)


def _note(rule: EscalationRule, batch: Batch, ticket: Ticket) -> str:
    note_automatically(ticket=ticket, body=rule.note, by=ESCALATOR, at=batch.at)
    return ""


# The acts that are written at once, and not with their batch. Each returns what it did.
_AT_ONCE: dict[Action, Callable[[EscalationRule, Batch, Ticket], str]] = {
    Action.ASSIGN: _assign,
    Action.TAG: _tag,
    Action.NOTE: _note,
}


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
