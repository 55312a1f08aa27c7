"""Tickets of one organization that a transaction escalates: what they share is read once, and rows
and letters are written in sets.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from escalation import notices, verbs
from escalation.duty import duty_at
from escalation.events import TicketEscalated
from escalation.models import Escalation, EscalationLevel, EscalationRule, RuleLog
from escalation.rules import Occurrence
from escalation.services.base import ESCALATOR
from foundation.activity.services import Fact, record
from foundation.core.actor import Actor
from foundation.core.events import publish
from foundation.duty.roster import Answering
from foundation.notifications.services import Letter, queue_letters
from tickets.models import Ticket


@dataclass(frozen=True)
class NewStep:
    """A step that is not written yet, and whom its letters go to. ``level`` is None when these are
    the supervisors. ``is_last``: no level is above it. ``is_repeated``: the ticket was on this
    level before.
    """

    escalation: Escalation
    level: EscalationLevel | None
    told: Answering
    is_last: bool
    is_repeated: bool


@dataclass(frozen=True)
class _Acting:
    """The rule that acts at this moment, for which occurrence, and the batch that it acts for."""

    batch: "Batch"
    rule: EscalationRule
    occurrence: Occurrence


_acting: ContextVar[_Acting | None] = ContextVar("acting", default=None)


def keep_for_later(ticket_id: int, occurrence: Occurrence) -> bool:
    """Keep an occurrence of a ticket that the act of a rule leads to, until the batch of that rule
    is written; return False when no rule acts at this moment.
    """
    acting = _acting.get()
    if acting is None:
        return False
    chain = (*acting.occurrence.chain, acting.rule.pk)
    caused = replace(
        occurrence,
        key=f"{occurrence.key}:{acting.rule.pk}",
        chain=chain,
        by_rule=acting.rule.name,
    )
    acting.batch.caused.append((ticket_id, caused))
    return True


class Batch:
    """Work on ``tickets``, whose rows the caller has locked and that belong to one organization.

    The services of this package add steps, logs and letters to it; ``flush`` writes them. An
    instance lives for one transaction and one ``at``. Unless it works ``in_sets``, each action of a
    rule is written in a savepoint of its own, so that one that fails takes nothing else with it.
    """

    def __init__(
        self,
        tickets: Sequence[Ticket],
        *,
        by: Actor = ESCALATOR,
        at: datetime,
        in_sets: bool = False,
    ) -> None:
        self.tickets = {ticket.pk: ticket for ticket in tickets}
        self.in_sets = in_sets
        self.organization_id = tickets[0].organization_id
        self.by = by
        self.at = at
        self.duty = duty_at(self.organization_id, at)
        self.new_steps: list[NewStep] = []
        self.new_logs: list[RuleLog] = []
        self.letters: list[Letter] = []
        # Ticket id and occurrence: what the acts of rules lead to, still to be judged.
        self.caused: list[tuple[int, Occurrence]] = []
        self._no_longer_waiting: list[int] = []

    @cached_property
    def steps(self) -> dict[int, list[Escalation]]:
        """Ticket id -> its steps in order, with those that are not written yet."""
        found: dict[int, list[Escalation]] = {pk: [] for pk in self.tickets}
        for step in Escalation.objects.filter(ticket_id__in=list(found)).order_by("pk"):
            found[step.ticket_id].append(step)
        return found

    @cached_property
    def logs(self) -> dict[int, list[RuleLog]]:
        """Ticket id -> its rule logs in order, with those that are not written yet."""
        found: dict[int, list[RuleLog]] = {pk: [] for pk in self.tickets}
        for log in RuleLog.objects.filter(ticket_id__in=list(found)).order_by("pk"):
            found[log.ticket_id].append(log)
        return found

    @contextmanager
    def acting(self, rule: EscalationRule, occurrence: Occurrence) -> Iterator[None]:
        """Keep what the rule's act leads to (``keep_for_later``); nothing of an act that fails."""
        kept = len(self.caused)
        token = _acting.set(_Acting(self, rule, occurrence))
        try:
            yield
        except Exception:
            del self.caused[kept:]
            raise
        finally:
            _acting.reset(token)

    def stop_waiting(self, steps: Sequence[Escalation]) -> None:
        """Clear ``acknowledge_due_at`` of steps, so that the sweep skips them."""
        for step in steps:
            if step.acknowledge_due_at is not None:
                step.acknowledge_due_at = None
                if step.pk is not None:
                    self._no_longer_waiting.append(step.pk)

    def flush(self) -> None:
        """Write everything that was added, in order: steps, record, ``TicketEscalated``, rule logs,
        letters.
        """
        if self._no_longer_waiting:
            waiting = Escalation.objects.filter(pk__in=self._no_longer_waiting)
            waiting.update(acknowledge_due_at=None)
        if self.new_steps:
            self._write_steps()
        if self.new_logs:
            RuleLog.objects.bulk_create(self.new_logs)
        queue_letters(organization_id=self.organization_id, letters=self.letters, at=self.at)
        self._forget()

    def roll_back(self) -> None:
        """Drop what was added and read the steps again: its savepoint was rolled back."""
        self._forget()
        self.__dict__.pop("steps", None)

    def _forget(self) -> None:
        self.new_steps.clear()
        self.new_logs.clear()
        self.letters.clear()
        self._no_longer_waiting.clear()

    def _write_steps(self) -> None:
        steps = Escalation.objects.bulk_create(new.escalation for new in self.new_steps)
        facts = [
            Fact(
                verb=verbs.ESCALATED,
                object_type="ticket",
                object_id=step.ticket_id,
                payload={"escalation": step.pk, "position": step.position, "cause": step.cause},
            )
            for step in steps
        ]
        record(organization_id=self.organization_id, facts=facts, by=self.by, at=self.at)
        for new in self.new_steps:
            publish(
                TicketEscalated(
                    organization_id=self.organization_id,
                    at=self.at,
                    ticket_id=new.escalation.ticket_id,
                    escalation_id=new.escalation.pk,
                )
            )
            self.letters += notices.level_letters(
                ticket=self.tickets[new.escalation.ticket_id],
                escalation=new.escalation,
                level=new.level,
                told=new.told,
                is_last=new.is_last,
                is_repeated=new.is_repeated,
            )
