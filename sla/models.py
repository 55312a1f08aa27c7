"""Models of this app, re-exported from one module per subject."""

from sla.clocks.models import (
    Announcement,
    Clock,
    ClockSegment,
    ClockState,
    SegmentCause,
)
from sla.policies.models import PolicyTarget, PolicyVersion

__all__ = [
    "Announcement",
    "Clock",
    "ClockSegment",
    "ClockState",
    "PolicyTarget",
    "PolicyVersion",
    "SegmentCause",
]
