"""Data of a ticket page in portal and desk; each part is queried on first use and cached."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.http import HttpRequest

from audits.models import AuditRequest
from audits.queries import audit_of_ticket
from escalation.models import Escalation
from escalation.queries import escalations_of
from foundation.accounts.models import User
from sla.clocks.models import Clock
from sla.clocks.queries import LoadedClock, clocks_of, load_clocks, shown_to
from tickets import queries
from tickets.models import StateInterval, Ticket, Visit
from tickets.queries import ConversationPage, Held
from tickets.services import possible_transitions
from tickets.states import Transition
from web.requests import is_id


def message_before(request: HttpRequest) -> int | None:
    """Return the ``?before=`` of a ticket page, the id of a message; None without a usable one."""
    digits = request.GET.get("before", "")
    return int(digits) if is_id(digits) else None


@dataclass
class TicketPage:
    ticket: Ticket
    reader: User
    at: datetime
    before: int | None = None  # the id of a message: the conversation ends before it

    @property
    def zone(self) -> str:
        return self.ticket.organization.time_zone

    @cached_property
    def intervals(self) -> list[StateInterval]:
        return queries.intervals(self.ticket.pk)

    @property
    def interval(self) -> StateInterval | None:
        """Return the open interval, that of the present state; None when there is none."""
        return next((each for each in self.intervals if each.ended_at is None), None)

    @cached_property
    def possible_steps(self) -> list[Transition]:
        """The steps of the life cycle that the reader may take now."""
        return possible_transitions(ticket=self.ticket, user=self.reader, at=self.at)

    @cached_property
    def clock_rows(self) -> list[Clock]:
        """The clocks without what explains them."""
        return shown_to(self.reader, clocks_of([self.ticket.pk])[self.ticket.pk])

    @cached_property
    def clocks(self) -> list[LoadedClock]:
        found = load_clocks(self.ticket, self.intervals)
        return [item for item in found if shown_to(self.reader, [item.clock])]

    @property
    def turns(self) -> list[Held]:
        return queries.time_held(self.intervals, self.at)

    @cached_property
    def conversation(self) -> ConversationPage:
        if not self.reader.is_staff:
            return queries.conversation(self.ticket, with_notes=False, before=self.before)
        return queries.conversation(
            self.ticket, with_notes=True, absorbed=self.absorbed, before=self.before
        )

    @cached_property
    def visit(self) -> Visit | None:
        """The reader's last visit; None for a customer."""
        return queries.visit_of(self.ticket, self.reader) if self.reader.is_staff else None

    @property
    def first_unseen(self) -> int | None:
        """The id of the first message of somebody else after the reader's last visit."""
        if self.visit is None:
            return None
        seen_at = self.visit.seen_at
        unseen = (
            item.message.pk
            for item in self.conversation
            if item.message.created_at > seen_at and item.message.author_id != self.reader.pk
        )
        return next(unseen, None)

    @property
    def last_message_id(self) -> int:
        """The id of the newest message that the reader may read; 0 without one."""
        shown = self.conversation
        if not shown.is_last:
            return queries.last_message_id(self.ticket)
        return shown.items[-1].message.pk if shown.items else 0

    @cached_property
    def escalations(self) -> list[Escalation]:
        return list(escalations_of(self.ticket))

    @cached_property
    def audit(self) -> AuditRequest | None:
        return audit_of_ticket(self.ticket.pk)

    @cached_property
    def absorbed(self) -> list[Ticket]:
        """The tickets that were merged into this one."""
        return queries.absorbed_by(self.ticket)

    @cached_property
    def followers(self) -> list[Ticket]:
        return queries.followers_of(self.reader, self.ticket)
