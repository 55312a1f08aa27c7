"""The marks of a stay in a state, and what reports and clocks see of it (SPEC 3.8)."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from tickets.states import BUCKETS, Bucket, State


class StayMark(TextChoices):
    """What a ticket waits for while its state stays as it is (SPEC 3.8): its time is reported as
    waiting, and pauses a clock only where a policy says so.
    """

    OWN_SCHEDULE = "own_schedule", _("Our own schedule")
    SPARE_PARTS = "spare_parts", _("Spare parts")
    ACCESSORIES = "accessories", _("Accessories")


MARKED = "marked"  # the state that a clock sees of a marked stay


def clock_state(state: str, mark: str) -> str:
    """Return the state of a stay as a clock sees it: a policy says which of them pause."""
    return MARKED if mark else state


# The states in which a stay can be marked.
MARKABLE = frozenset({State.OPEN, State.ASSIGNED, State.IN_PROGRESS})


def bucket_of(state: str, mark: str = "") -> Bucket:
    """Return the bucket of a stay in a state, marked or not."""
    return Bucket.WAITING if mark else BUCKETS[State(state)]
