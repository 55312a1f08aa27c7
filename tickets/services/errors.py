"""Errors of the ticket services. Their messages are shown to users."""

from django.utils.translation import gettext as _

from foundation.core.errors import DomainError, Invalid, NotAllowed
from tickets.models import Recurrence, Ticket
from tickets.queries import TimelineEntry
from tickets.states import Transition


class MayNotRaise(NotAllowed):
    code = "may_not_raise"


class ActionNotAllowed(NotAllowed):
    code = "may_not_do"


class TransitionNotAllowed(NotAllowed):
    """The state, or the person's role, does not allow this transition. The message and ``possible``
    list the ones that are.
    """

    code = "transition_not_allowed"

    def __init__(self, ticket: Ticket, wanted: str, possible: list[Transition]) -> None:
        labels = ", ".join(str(transition.label) for transition in possible) or _("none for you")
        super().__init__(
            _(
                "Ticket %(number)s is “%(state)s”: “%(wanted)s” is not possible now. Possible: "
                "%(possible)s."
            )
            % {
                "number": ticket.number,
                "state": ticket.state_label,
                "wanted": wanted,
                "possible": labels,
            }
        )
        self.possible = [transition.name for transition in possible]


class DetailsMissing(Invalid):
    """A required detail is missing or not valid. ``fields`` names each one."""

    code = "details_missing"


class StaleTicket(DomainError):
    """The ticket changed after this person read it. Nothing was written; ``changes`` lists what
    changed.
    """

    code = "stale"

    def __init__(self, ticket: Ticket, changes: list[TimelineEntry]) -> None:
        super().__init__(
            _(
                "Someone changed %(number)s while you were working on it. Nothing was saved: "
                "look at what changed and send it again."
            )
            % {"number": ticket.number}
        )
        self.changes = changes


class StaleRecurrence(DomainError):
    """Somebody saved the recurring ticket after this person read it. Nothing was written."""

    code = "stale"

    def __init__(self, recurrence: Recurrence) -> None:
        words = _("%(person)s changed it meanwhile. Nothing was saved: look at it and save again.")
        super().__init__(words % {"person": recurrence.keeper})
