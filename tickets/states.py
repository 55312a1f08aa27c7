"""The life cycle of a ticket as one declarative table (SPEC 3.8). Portal, desk and API change a
state only through a transition of this table.
"""

from dataclasses import dataclass
from enum import Enum

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from tickets.endings import CALLED_OFF, CLOSED_OFF, REFUSED, EndCause


class State(TextChoices):
    NEW = "new", pgettext_lazy("ticket state", "New")
    OPEN = "open", pgettext_lazy("ticket state", "Open")
    ASSIGNED = "assigned", pgettext_lazy("ticket state", "Assigned")
    PENDING_USER = "pending_user", pgettext_lazy("ticket state", "Pending user")
    PENDING_SUPPLIER = "pending_supplier", pgettext_lazy("ticket state", "Pending supplier")
    IN_PROGRESS = "in_progress", pgettext_lazy("ticket state", "In progress")
    SOLVED = "solved", pgettext_lazy("ticket state", "Solved")
    CLOSED = "closed", pgettext_lazy("ticket state", "Closed")
    REJECTED = "rejected", pgettext_lazy("ticket state", "Rejected")
    CANCELLED = "cancelled", pgettext_lazy("ticket state", "Cancelled")


FINAL = frozenset({State.CLOSED, State.REJECTED, State.CANCELLED})
PENDING = frozenset({State.PENDING_USER, State.PENDING_SUPPLIER})
OPEN_STATES = frozenset({State.NEW, State.OPEN, State.ASSIGNED, State.IN_PROGRESS, *PENDING})
# Every state that is not final: the tickets in the queues of the desk.
ACTIVE = OPEN_STATES | {State.SOLVED}


class Bucket(TextChoices):
    """The category in which reports sum the time of a state (SPEC 3.8)."""

    REGISTERED = "registered", _("Registered")
    IN_PROGRESS = "in_progress", _("In progress")
    WAITING = "waiting", _("Waiting")
    THIRD_PARTY = "third_party", _("Third parties")
    CONFORMITY = "conformity", _("Conformity")
    ENDED = "ended", _("Ended")


BUCKETS: dict[State, Bucket] = {
    State.NEW: Bucket.REGISTERED,
    State.OPEN: Bucket.REGISTERED,
    State.ASSIGNED: Bucket.REGISTERED,
    State.IN_PROGRESS: Bucket.IN_PROGRESS,
    State.PENDING_USER: Bucket.WAITING,
    State.PENDING_SUPPLIER: Bucket.THIRD_PARTY,
    State.SOLVED: Bucket.CONFORMITY,
    State.CLOSED: Bucket.ENDED,
    State.REJECTED: Bucket.ENDED,
    State.CANCELLED: Bucket.ENDED,
}


class Holder(TextChoices):
    """The party whose turn it is in a state: the ticket waits for them (SPEC 17.9)."""

    DESK = "desk", _("The desk")
    CUSTOMER = "customer", _("The customer")
    SUPPLIER = "supplier", _("A supplier")


HOLDERS: dict[State, Holder] = {
    State.NEW: Holder.DESK,
    State.OPEN: Holder.DESK,
    State.ASSIGNED: Holder.DESK,
    State.IN_PROGRESS: Holder.DESK,
    State.PENDING_USER: Holder.CUSTOMER,
    State.SOLVED: Holder.CUSTOMER,
    State.PENDING_SUPPLIER: Holder.SUPPLIER,
}

# The states in which a ticket waits for the desk.
DESK_TURN = frozenset(state for state, holder in HOLDERS.items() if holder is Holder.DESK)


def turn_of(state: str) -> str:
    """Return the ``Holder`` whose turn it is in a state; "" for a final state."""
    return HOLDERS.get(State(state), "")


class ClosureCode(TextChoices):
    CANCELLED = "cancelled", _("Cancelled by the user")
    INVALID = "invalid", _("Invalid")
    APPROVED = "approved", _("Approved by the customer")
    NO_VALIDATION = "no_validation", _("No validation by the user")


class SolutionType(TextChoices):
    DEFINITIVE = "definitive", _("Definitive")
    WORKAROUND = "workaround", _("Workaround")


class Who(Enum):
    """The roles that may take a transition: the desk, the level that holds the ticket (the members
    of its group; without a group the desk), the desk while it holds the ticket itself, the
    requester or a coordinator, the system.
    """

    DESK = "desk"
    HOLDER = "holder"
    FIRST_LEVEL = "first_level"
    REQUESTER = "requester"
    SYSTEM = "system"


class Effect(Enum):
    """Side effects of a transition. Services test for an effect, never for the transition's
    name.
    """

    ASSIGNS_ACTOR = "assigns_actor"  # a null assignee becomes the actor
    ASSIGNS_OWNER = "assigns_owner"  # clears the team; the owner is assigned unless absent
    KEEPS_OWNER = "keeps_owner"  # a null owner stays null: the agent acts for the customer
    ACCEPTS_SOLUTION = "accepts_solution"
    DECLINES_SOLUTION = "declines_solution"
    SENDS_REASON = "sends_reason"  # the letter to the requester gives the reason
    REASON_IS_MESSAGE = "reason_is_message"  # the reason is written as a message
    FOLLOWS_A_REPLY = "follows_a_reply"  # the reply notifies the desk, the step does not
    GOES_WITH_REPLY = "goes_with_reply"  # a reply may be its message: both are one act
    MERGES = "merges"  # the ticket goes on in another one; a letter of its own says so
    ENDS_WITH_REOPENING = "ends_with_reopening"  # only until ``reopen_ends_at``


@dataclass(frozen=True)
class Transition:
    """One row of the table. ``needs`` names the fields of ``TransitionDetails`` that it
    requires, ``needs_on_behalf`` those that it also requires of the staff. A chosen cause requires
    ``CAUSE_NEEDS`` too.
    """

    name: str
    label: str | Promise
    sources: frozenset[State]
    target: State
    who: frozenset[Who]
    needs: tuple[str, ...] = ()
    closure_code: ClosureCode | None = None
    effects: frozenset[Effect] = frozenset()
    needs_on_behalf: tuple[str, ...] = ()
    causes: tuple[EndCause, ...] = ()  # from which the staff chooses one

    @property
    def staff_needs(self) -> tuple[str, ...]:
        """The fields that a member of the staff must give."""
        return (*self.needs, *self.needs_on_behalf)

    @property
    def is_of_the_desk(self) -> bool:
        """Whether somebody of the desk may take it."""
        return bool(self.who & {Who.DESK, Who.HOLDER, Who.FIRST_LEVEL})

    @property
    def is_solution(self) -> bool:
        return self.target is State.SOLVED

    @property
    def ends_unsolved(self) -> bool:
        """Whether the ticket ends without a solution; the desk shows such a step as dangerous."""
        return self.target in {State.REJECTED, State.CANCELLED} or self.closure_code in {
            ClosureCode.CANCELLED,
            ClosureCode.INVALID,
        }


_UNSTARTED = frozenset({State.NEW, State.OPEN, State.ASSIGNED})
_WORKED = frozenset({State.OPEN, State.ASSIGNED, State.IN_PROGRESS, *PENDING})
_DESK = frozenset({Who.DESK})
_HOLDER = frozenset({Who.HOLDER})

# Constants: services and views refer to these transitions directly.
START = Transition(
    "start",
    _("Start work"),
    frozenset({*_UNSTARTED, *PENDING}),
    State.IN_PROGRESS,
    _HOLDER,
    effects=frozenset({Effect.ASSIGNS_ACTOR}),
)
SOLVE = Transition(
    "solve",
    _("Solve"),
    _WORKED,
    State.SOLVED,
    _HOLDER,
    ("solution_type", "message"),
    effects=frozenset({Effect.GOES_WITH_REPLY}),
)
CLOSE_UNANSWERED = Transition(
    "close_unanswered",
    _("Close without validation"),
    frozenset({State.SOLVED}),
    State.CLOSED,
    frozenset({Who.SYSTEM}),
    (),
    ClosureCode.NO_VALIDATION,
)
# Taken when the customer answers none of the reminders; the contract chooses the code.
CLOSE_WITHOUT_ANSWER = {
    code: Transition(
        f"close_without_answer_{code}",
        _("Close without an answer"),
        frozenset({State.PENDING_USER}),
        State.CLOSED,
        frozenset({Who.SYSTEM}),
        (),
        code,
    )
    for code in (ClosureCode.CANCELLED, ClosureCode.INVALID)
}
# Also taken by a reply on a solved ticket that says it still fails.
DECLINE = Transition(
    "decline",
    _("It still fails"),
    frozenset({State.SOLVED}),
    State.IN_PROGRESS,
    frozenset({Who.REQUESTER, Who.DESK}),
    ("reason",),
    effects=frozenset({Effect.KEEPS_OWNER, Effect.DECLINES_SOLUTION, Effect.REASON_IS_MESSAGE}),
)
# Taken by a reply of the customer on a pending-user ticket.
ANSWERED = Transition(
    "answered",
    _("Answered by the user"),
    frozenset({State.PENDING_USER}),
    State.IN_PROGRESS,
    frozenset({Who.SYSTEM}),
    effects=frozenset({Effect.FOLLOWS_A_REPLY}),
)

# Taken by a merge. Work that has begun ends with a closure code, other tickets are cancelled as the
# duplicate that they are (SPEC 3.8, 3.10).
MERGE = Transition(
    "merge",
    _("Merge"),
    _UNSTARTED,
    State.CANCELLED,
    frozenset({Who.SYSTEM}),
    effects=frozenset({Effect.KEEPS_OWNER, Effect.MERGES}),
)
MERGE_STARTED = Transition(
    "merge_started",
    _("Merge"),
    _WORKED - _UNSTARTED,
    State.CLOSED,
    frozenset({Who.SYSTEM}),
    (),
    ClosureCode.CANCELLED,
    frozenset({Effect.KEEPS_OWNER, Effect.MERGES}),
)

_TABLE = (
    Transition(
        "register", pgettext_lazy("step", "Open"), frozenset({State.NEW}), State.OPEN, _DESK
    ),
    Transition(
        "return_to_desk",
        _("Return to the desk"),
        frozenset({State.ASSIGNED}),
        State.OPEN,
        _DESK,
        ("reason",),
        effects=frozenset({Effect.ASSIGNS_OWNER}),
    ),
    START,
    Transition(
        "assign",
        _("Send to a higher level"),
        frozenset({*_WORKED, State.NEW}) - {State.ASSIGNED},
        State.ASSIGNED,
        _DESK,
        ("team", "reason", "tried"),
    ),
    Transition(
        "pend_user",
        _("Wait for the user"),
        _WORKED - {State.PENDING_USER},
        State.PENDING_USER,
        _HOLDER,
        ("message",),
        effects=frozenset({Effect.GOES_WITH_REPLY}),
    ),
    Transition(
        "pend_supplier",
        _("Wait for a supplier"),
        _WORKED - {State.PENDING_SUPPLIER},
        State.PENDING_SUPPLIER,
        _HOLDER,
        ("supplier", "supplier_case", "promised_on"),
        effects=frozenset({Effect.GOES_WITH_REPLY}),
    ),
    SOLVE,
    Transition(
        "reject",
        _("Reject"),
        _UNSTARTED,
        State.REJECTED,
        _DESK,
        ("reason",),
        effects=frozenset({Effect.SENDS_REASON}),
        needs_on_behalf=("cause",),
        causes=REFUSED,
    ),
    Transition(
        "cancel",
        _("Cancel the ticket"),
        _UNSTARTED,
        State.CANCELLED,
        frozenset({Who.DESK, Who.REQUESTER}),
        ("reason",),
        effects=frozenset({Effect.KEEPS_OWNER, Effect.SENDS_REASON}),
        needs_on_behalf=("cause",),
        causes=CALLED_OFF,
    ),
    Transition(
        "close_cancelled",
        _("Close: cancelled by the user"),
        _WORKED,
        State.CLOSED,
        _DESK,
        ("reason",),
        ClosureCode.CANCELLED,
        frozenset({Effect.SENDS_REASON}),
        ("cause",),
        CLOSED_OFF,
    ),
    Transition(
        "close_invalid",
        _("Close: invalid"),
        _WORKED,
        State.CLOSED,
        _DESK,
        ("reason",),
        ClosureCode.INVALID,
        frozenset({Effect.SENDS_REASON}),
        ("cause",),
        REFUSED,
    ),
    Transition(
        "approve",
        _("Accept the solution"),
        frozenset({State.SOLVED}),
        State.CLOSED,
        frozenset({Who.REQUESTER, Who.FIRST_LEVEL}),
        (),
        ClosureCode.APPROVED,
        frozenset({Effect.KEEPS_OWNER, Effect.ACCEPTS_SOLUTION}),
        ("accepted_by", "accepted_channel"),
    ),
    DECLINE,
    CLOSE_UNANSWERED,
    *CLOSE_WITHOUT_ANSWER.values(),
    Transition(
        "reopen",
        _("Reopen"),
        frozenset({State.CLOSED}),
        State.IN_PROGRESS,
        frozenset({Who.REQUESTER, Who.DESK}),
        ("reason",),
        effects=frozenset(
            {Effect.KEEPS_OWNER, Effect.REASON_IS_MESSAGE, Effect.ENDS_WITH_REOPENING}
        ),
    ),
    ANSWERED,
    MERGE,
    MERGE_STARTED,
)

TRANSITIONS: dict[str, Transition] = {transition.name: transition for transition in _TABLE}


WITH_REPLY = tuple(each for each in _TABLE if Effect.GOES_WITH_REPLY in each.effects)


def transitions_from(state: str) -> list[Transition]:
    """Return the transitions that leave a state, in the order of the table."""
    return [transition for transition in _TABLE if state in transition.sources]
