from dataclasses import dataclass, field
from datetime import datetime

from foundation.core.events import Event


@dataclass(frozen=True, kw_only=True)
class TicketEvent(Event):
    ticket_id: int


@dataclass(frozen=True, kw_only=True)
class TicketEventWithRow(TicketEvent):
    """``ticket`` is the row that the publisher has just written and holds locked. Handlers that
    change it use this instance: what they write is known to the publisher, whose next step would
    otherwise find another version.
    """

    ticket: object = field(repr=False, compare=False)


@dataclass(frozen=True, kw_only=True)
class TicketRaised(TicketEventWithRow):
    """A ticket was created. A handler of ``sla`` starts its clocks.

    ``person_id`` registered it and attached its files: the requester or a member of the staff.
    """

    is_out_of_contract: bool
    person_id: int | None


@dataclass(frozen=True, kw_only=True)
class TicketClassified(TicketEventWithRow):
    """Impact, urgency, kind, service or environment changed. Open clocks continue with the new
    target.

    ``person_id`` made the change: ``sla`` checks whether they may remove a breach. ``from_start``
    restarts the open clocks at the arrival: the classification was wrong from then on.
    ``is_rebound``: the new service put the ticket under another contract, or in or out of its own;
    ``leaves_contract``: out of it.
    """

    person_id: int | None
    from_start: bool
    is_rebound: bool
    leaves_contract: bool


@dataclass(frozen=True, kw_only=True)
class TicketContractChanged(TicketEventWithRow):
    """The ticket moved to another contract. ``from_start`` restarts its open clocks at the arrival;
    otherwise the time used is kept. ``leaves_contract``: the new one does not cover its service,
    the old one did.
    """

    from_start: bool
    leaves_contract: bool


@dataclass(frozen=True, kw_only=True)
class TicketStateChanged(TicketEventWithRow):
    from_state: str
    to_state: str
    transition: str


@dataclass(frozen=True, kw_only=True)
class TicketStayMarked(TicketEvent):
    """The work on the ticket waits for something, or goes on: then ``mark`` is empty. The state is
    the same as before.
    """

    mark: str


@dataclass(frozen=True, kw_only=True)
class CustomerInformed(TicketEvent):
    """The staff (``person_id``, None for the system) wrote the customer a message: a reply, an
    attention statement or a solution. Without ``has_reader`` nobody was told of it: it keeps no
    promise.
    """

    message_id: int
    kind: str
    person_id: int | None
    has_reader: bool


@dataclass(frozen=True, kw_only=True)
class NumberGiven(TicketEvent):
    """The desk gave the number to the requester, who was present at the registration."""


@dataclass(frozen=True, kw_only=True)
class CustomerReplied(TicketEventWithRow):
    """The customer replied. ``person_id`` may belong to a member of the staff who is also a member
    of the organization.
    """

    message_id: int
    person_id: int | None


@dataclass(frozen=True, kw_only=True)
class AnswerTermEnded(TicketEvent):
    """The time to answer ended without an answer, and another begins: the customer was reminded
    or, without access, cannot answer. A handler of ``sla`` sets its end.
    """


@dataclass(frozen=True, kw_only=True)
class TicketAssigned(TicketEventWithRow):
    assignee_id: int | None
    team_id: int | None


@dataclass(frozen=True, kw_only=True)
class RequesterChanged(TicketEventWithRow):
    """Another person of the same customer is the requester. A handler of the same transaction may
    refuse it.
    """

    old_requester_id: int


@dataclass(frozen=True, kw_only=True)
class TicketTagged(TicketEventWithRow):
    """The ticket got tags that it did not have."""

    tag_ids: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class TicketMerged(TicketEvent):
    """The ticket ended because its matter goes on in another one. A handler of the same transaction
    may refuse it.
    """

    survivor_id: int


@dataclass(frozen=True, kw_only=True)
class TicketUnmerged(TicketEvent):
    """A merge was undone: the ticket is in the state that it had, as if it had never ended.
    ``merged_at`` is when it ended.
    """

    merged_at: datetime


@dataclass(frozen=True, kw_only=True)
class SolutionDeclined(TicketEvent):
    """The solution was declined: ``escalation`` escalates the ticket for review (SPEC 3.11)."""
