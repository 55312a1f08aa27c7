from dataclasses import dataclass, field

from foundation.core.events import Event


@dataclass(frozen=True, kw_only=True)
class TicketEvent(Event):
    ticket_id: int


@dataclass(frozen=True, kw_only=True)
class TicketRaised(TicketEvent):
    """A ticket arrived; its clocks start with it.

    ``ticket`` is the new row itself, whole and just written: handlers of the same transaction need
    not read it again.
    """

    is_out_of_contract: bool
    ticket: object = field(repr=False, compare=False)


@dataclass(frozen=True, kw_only=True)
class TicketClassified(TicketEvent):
    """Impact, urgency, kind or support type changed; clocks run on with the new target."""

    person_id: int | None


@dataclass(frozen=True, kw_only=True)
class TicketContractChanged(TicketEvent):
    """Another contract holds; clocks run on under its policy, or are measured by it
    from the start.
    """

    from_start: bool


@dataclass(frozen=True, kw_only=True)
class TicketStateChanged(TicketEvent):
    from_state: str
    to_state: str
    transition: str


@dataclass(frozen=True, kw_only=True)
class CustomerTold(TicketEvent):
    """A message by a person of the desk reached the customer: a reply, an attention statement or a
    solution.
    """

    message_id: int
    kind: str


@dataclass(frozen=True, kw_only=True)
class CustomerReplied(TicketEvent):
    message_id: int


@dataclass(frozen=True, kw_only=True)
class TicketAssigned(TicketEvent):
    assignee_id: int | None
    team_id: int | None


@dataclass(frozen=True, kw_only=True)
class SolutionDeclined(TicketEvent):
    """The customer says it still fails: escalated for review (SPEC 3.11)."""
