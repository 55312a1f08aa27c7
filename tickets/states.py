"""The life cycle of a ticket as one declarative table (SPEC 3.8). Portal, desk and API obey it;
nothing else changes a state.
"""

from dataclasses import dataclass
from enum import Enum

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


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
# Where a desk still has something to do or to wait for: what the queues show.
ACTIVE = OPEN_STATES | {State.SOLVED}


class Bucket(TextChoices):
    """In which account the time of a state is reported (SPEC 3.8)."""

    REGISTERED = "registered", _("Registered")
    IN_PROGRESS = "in_progress", _("In progress")
    WAITING = "waiting", _("Waiting for the customer")
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
    """Whose ball it is (SPEC 17.9): who can move the ticket while it is in a state."""

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


def turn_of(state: str) -> str:
    """Return whose ball it is in a state: a ``Holder``, or "" when the ticket has ended."""
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
    """Who may take a transition: the desk, the level that holds the ticket, its requester, or the
    system itself.
    """

    DESK = "desk"
    HOLDER = "holder"
    REQUESTER = "requester"
    SYSTEM = "system"


class Effect(Enum):
    """What a transition does besides changing the state; services ask for these, never for its
    name.
    """

    ASSIGNS_ACTOR = "assigns_actor"  # a ticket without an assignee is assigned to who takes it
    ASSIGNS_OWNER = "assigns_owner"  # the team lets go of the ticket
    KEEPS_OWNER = "keeps_owner"  # taken for the customer: the agent does not become the owner
    ACCEPTS_SOLUTION = "accepts_solution"
    DECLINES_SOLUTION = "declines_solution"
    SENDS_REASON = "sends_reason"  # the letter to the requester gives the reason
    REASON_IS_MESSAGE = "reason_is_message"  # the reason stands in the conversation
    FOLLOWS_A_REPLY = "follows_a_reply"  # the reply notifies the desk, the step does not
    ENDS_WITH_REOPENING = "ends_with_reopening"  # only until ``reopen_ends_at``


@dataclass(frozen=True)
class Transition:
    """``needs`` names the details that must come with it (fields of ``TransitionDetails``)."""

    name: str
    label: str | Promise
    sources: frozenset[State]
    target: State
    who: frozenset[Who]
    needs: tuple[str, ...] = ()
    closure_code: ClosureCode | None = None
    effects: frozenset[Effect] = frozenset()


_UNSTARTED = frozenset({State.NEW, State.OPEN, State.ASSIGNED})
_WORKED = frozenset({State.OPEN, State.ASSIGNED, State.IN_PROGRESS, *PENDING})
_DESK = frozenset({Who.DESK})
_STAFF = frozenset({Who.DESK, Who.HOLDER})

# Taken without a step of their own name too, so that code names these four.
SOLVE = Transition("solve", _("Solve"), _WORKED, State.SOLVED, _STAFF, ("solution_type", "message"))
CLOSE_UNANSWERED = Transition(
    "close_unanswered",
    _("Close without validation"),
    frozenset({State.SOLVED}),
    State.CLOSED,
    frozenset({Who.SYSTEM}),
    (),
    ClosureCode.NO_VALIDATION,
)
# What a reply on a solved ticket does that says it still fails.
DECLINE = Transition(
    "decline",
    _("It still fails"),
    frozenset({State.SOLVED}),
    State.IN_PROGRESS,
    frozenset({Who.REQUESTER, Who.DESK}),
    ("reason",),
    effects=frozenset({Effect.KEEPS_OWNER, Effect.DECLINES_SOLUTION, Effect.REASON_IS_MESSAGE}),
)
# A substantive answer of the customer puts a ticket that waits for it back in progress.
ANSWERED = Transition(
    "answered",
    _("Answered by the user"),
    frozenset({State.PENDING_USER}),
    State.IN_PROGRESS,
    frozenset({Who.SYSTEM}),
    effects=frozenset({Effect.FOLLOWS_A_REPLY}),
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
        _STAFF,
        ("reason",),
        effects=frozenset({Effect.ASSIGNS_OWNER}),
    ),
    Transition(
        "start",
        _("Start work"),
        frozenset({*_UNSTARTED, *PENDING}),
        State.IN_PROGRESS,
        _STAFF,
        effects=frozenset({Effect.ASSIGNS_ACTOR}),
    ),
    Transition(
        "assign",
        _("Send to a higher level"),
        frozenset({*_WORKED, State.NEW}) - {State.ASSIGNED},
        State.ASSIGNED,
        _STAFF,
        ("team", "reason"),
    ),
    Transition(
        "pend_user",
        _("Wait for the user"),
        _WORKED - {State.PENDING_USER},
        State.PENDING_USER,
        _STAFF,
        ("message",),
    ),
    Transition(
        "pend_supplier",
        _("Wait for a supplier"),
        _WORKED - {State.PENDING_SUPPLIER},
        State.PENDING_SUPPLIER,
        _STAFF,
        ("supplier", "supplier_case", "promised_on"),
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
    ),
    Transition(
        "cancel",
        _("Cancel the ticket"),
        _UNSTARTED,
        State.CANCELLED,
        frozenset({Who.DESK, Who.REQUESTER}),
        ("reason",),
        effects=frozenset({Effect.KEEPS_OWNER, Effect.SENDS_REASON}),
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
    ),
    Transition(
        "approve",
        _("Accept the solution"),
        frozenset({State.SOLVED}),
        State.CLOSED,
        frozenset({Who.REQUESTER, Who.DESK}),
        (),
        ClosureCode.APPROVED,
        frozenset({Effect.KEEPS_OWNER, Effect.ACCEPTS_SOLUTION}),
    ),
    DECLINE,
    CLOSE_UNANSWERED,
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
)

TRANSITIONS: dict[str, Transition] = {transition.name: transition for transition in _TABLE}


def transitions_from(state: str) -> list[Transition]:
    """Return the transitions that leave a state, in the order of the table."""
    return [transition for transition in _TABLE if state in transition.sources]
