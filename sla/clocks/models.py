from datetime import timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _

from foundation.accounts.models import OrganizationRow
from foundation.calendars.models import Calendar
from foundation.core.classification import Priority
from sla.metrics import Metric
from sla.targets import Target, TargetUnit, stored_target, target_of
from tickets.models import Ticket


class ClockState(models.TextChoices):
    RUNNING = "running", _("Running")
    PAUSED = "paused", _("Paused")
    STOPPED = "stopped", _("Stopped")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class Clock(OrganizationRow):
    """A promise being measured. The row is a cache: a pure function of the ticket's facts and the
    versions in force.

    ``due_at`` and ``at_risk_at`` are null while a pause leaves them unknown. A live clock is at
    risk from ``at_risk_at`` to ``due_at``. ``next_event_at`` is the next warning or breach: the
    sweep filters by it alone. The verdict of a stopped clock is stored and final:
    ``stopped_at``, ``used``, ``is_met``.
    """

    # no index of its own: ``clock_unique`` begins with it
    ticket = models.ForeignKey(Ticket, on_delete=models.PROTECT, db_index=False, related_name="+")
    metric = models.CharField(max_length=12, choices=Metric)
    state = models.CharField(max_length=10, choices=ClockState, default=ClockState.RUNNING)
    # ids of the bound policy versions, strongest first; []: the default policy alone
    policy_ids = models.JSONField(default=list)
    # the calendar of the last segment: lists show whether it is open
    calendar = models.ForeignKey(Calendar, on_delete=models.PROTECT, related_name="+")
    priority = models.PositiveSmallIntegerField(choices=Priority)
    target = models.DurationField()  # of a term: its number of days
    target_unit = models.CharField(max_length=15, choices=TargetUnit, default=TargetUnit.TIME)
    started_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    at_risk_at = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(null=True)
    used = models.DurationField(null=True)
    is_met = models.BooleanField(null=True)
    breached_at = models.DateTimeField(null=True)
    announced_percent = models.PositiveSmallIntegerField(default=0)
    next_event_at = models.DateTimeField(null=True)
    # The last time that its measure was opened again: another target, a resumption, a breach taken
    # back, or a start after that of its ticket. Before it the row says nothing; the record does.
    remeasured_at = models.DateTimeField(null=True)

    class Meta(OrganizationRow.Meta):
        ordering = ("ticket_id", "pk")
        constraints = (
            models.UniqueConstraint(fields=("ticket", "metric"), name="clock_unique"),
            models.CheckConstraint(
                condition=models.Q(target__gte=timedelta(minutes=1)), name="clock_target_positive"
            ),
        )
        indexes = (
            models.Index(
                fields=("next_event_at",),
                name="clock_next_event",
                condition=models.Q(next_event_at__isnull=False),
            ),
            # the verdicts that fell in a month
            models.Index(fields=("organization", "due_at"), name="clock_by_due"),
            models.Index(fields=("organization", "stopped_at"), name="clock_by_stop"),
            models.Index(
                fields=("organization", "remeasured_at"),
                name="clock_by_remeasure",
                condition=models.Q(remeasured_at__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"{self.metric} {self.ticket_id}"

    @property
    def is_live(self) -> bool:
        return self.state in {ClockState.RUNNING, ClockState.PAUSED}

    @property
    def full_target(self) -> Target:
        """The target with its unit: service time, or a term in days."""
        return target_of(self.target, self.target_unit)

    @full_target.setter
    def full_target(self, target: Target) -> None:
        self.target, self.target_unit = stored_target(target)


class SegmentCause(models.TextChoices):
    START = "start", _("the ticket arrived")
    BEGIN = "begin", _("the promise was made")
    CLASSIFICATION = "classification", _("the classification changed")
    CONTRACT = "contract", _("the contract changed")


class ClockSegment(OrganizationRow):
    """A stretch of a clock under one target and one calendar. The next segment ends it; the last
    one is open.

    The version of the calendar is not stored: it follows from the instants of the versions.
    ``breached_at`` of an earlier segment is the breach of a target that a later change replaced; it
    stays.
    """

    clock = models.ForeignKey(
        Clock, on_delete=models.CASCADE, db_index=False, related_name="segments"
    )
    number = models.PositiveSmallIntegerField()
    cause = models.CharField(max_length=15, choices=SegmentCause, default=SegmentCause.START)
    policy_ids = models.JSONField(default=list)  # policy version ids: they decide its pauses
    calendar = models.ForeignKey(Calendar, on_delete=models.PROTECT, related_name="+")
    priority = models.PositiveSmallIntegerField(choices=Priority)
    target = models.DurationField()
    target_unit = models.CharField(max_length=15, choices=TargetUnit, default=TargetUnit.TIME)
    starts_at = models.DateTimeField()
    breached_at = models.DateTimeField(null=True)

    class Meta(OrganizationRow.Meta):
        ordering = ("clock_id", "number")
        constraints = (models.UniqueConstraint(fields=("clock", "number"), name="segment_unique"),)

    def __str__(self) -> str:
        return f"{self.clock_id}/{self.number}"

    @property
    def full_target(self) -> Target:
        return target_of(self.target, self.target_unit)


class Announcement(OrganizationRow):
    """A warning or breach that was announced: at most one per segment (target) and percent."""

    clock = models.ForeignKey(Clock, on_delete=models.CASCADE, related_name="+")
    segment = models.ForeignKey(ClockSegment, on_delete=models.CASCADE, related_name="+")
    percent = models.PositiveSmallIntegerField()
    at = models.DateTimeField()

    class Meta(OrganizationRow.Meta):
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(fields=("segment", "percent"), name="announcement_once"),
        )

    def __str__(self) -> str:
        return f"{self.clock_id} {self.percent} %"
