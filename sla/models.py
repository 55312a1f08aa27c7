from datetime import date, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import OrganizationRow
from accounts.terms import TermsRow
from accounts.zones import validate_time_zone
from catalog.models import Contract
from core.classification import Priority, SupportType
from sla.calendars import CalendarError, WorkCalendar
from sla.defaults import WARNING_PERCENTS, CalendarRole, Metric
from tickets.models import Ticket


class Calendar(TermsRow):
    """A named work calendar of a customer; its hours stand in versions that never change."""

    name = models.CharField(_("name"), max_length=80)
    role = models.CharField(_("used for"), max_length=12, choices=CalendarRole)

    class Meta(TermsRow.Meta):
        verbose_name = _("calendar")
        verbose_name_plural = _("calendars")
        ordering = ("organization_id", "role", "pk")
        constraints = (models.UniqueConstraint(fields=("organization", "name"), name="calendar_unique_name"),)

    def __str__(self) -> str:
        return self.name


class CalendarVersion(TermsRow):
    """What a calendar says from an instant on: zone, weekly windows, holidays; immutable once saved."""

    calendar = models.ForeignKey(Calendar, on_delete=models.PROTECT, related_name="+")
    number = models.PositiveIntegerField()
    time_zone = models.CharField(_("time zone"), max_length=60, validators=[validate_time_zone])
    hours = models.JSONField()  # {"0": [["09:00", "19:00"]]}, Monday is 0
    holidays = models.JSONField(default=dict, blank=True)  # {"2026-01-01": "Año Nuevo"}
    tzdata_version = models.CharField(max_length=20)
    effective_from = models.DateTimeField()
    published_at = models.DateTimeField()  # what was stopped before knows nothing of this version
    redated_at = models.DateTimeField(null=True, blank=True)  # when the open clocks had their dates by it

    class Meta(TermsRow.Meta):
        ordering = ("calendar_id", "number")
        constraints = (models.UniqueConstraint(fields=("calendar", "number"), name="calendar_version_unique"),)
        indexes = (models.Index(fields=("published_at",), name="calendar_version_to_redate", condition=models.Q(redated_at__isnull=True)),)

    def __str__(self) -> str:
        return f"{self.calendar} v{self.number}"

    def build(self) -> WorkCalendar:
        """Return the arithmetic of this version; raises ``CalendarError`` when the data is not a calendar."""
        return WorkCalendar(
            timezone=self.time_zone,
            hours={int(day): [(start, end) for start, end in windows] for day, windows in self.hours.items()},
            holidays=[date.fromisoformat(day) for day in self.holidays],
        )

    def clean(self) -> None:
        super().clean()
        try:
            self.build()
        except CalendarError as error:
            raise ValidationError(str(error)) from error


class PolicyVersion(TermsRow):
    """A contract's own service levels from an instant on. What it does not say, the default policy says."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="+", verbose_name=_("contract"))
    number = models.PositiveIntegerField(_("version"))
    effective_from = models.DateTimeField(_("in force from"))
    business_calendar = models.ForeignKey(
        Calendar,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("business calendar"),
        help_text=_("Empty: the organization's business hours."),
    )
    extended_calendar = models.ForeignKey(
        Calendar,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("extended calendar"),
        help_text=_("Contracted extension: nights, Saturdays, Sundays. It widens the reaction calendar."),
    )
    extension_includes_second_level = models.BooleanField(
        _("the extension includes second level"), default=False, help_text=_("Then it widens attention too.")
    )
    pauses_while_pending_user = models.BooleanField(_("attention pauses while pending user"), default=True)
    pauses_while_pending_supplier = models.BooleanField(_("attention pauses while pending supplier"), default=True)
    warning_percents = models.JSONField(
        _("warnings at percent"), default=list, blank=True, help_text=_("For example [50, 75, 90]; empty: those.")
    )

    class Meta(TermsRow.Meta):
        verbose_name = _("service level policy")
        verbose_name_plural = _("service level policies")
        ordering = ("contract_id", "number")
        constraints = (models.UniqueConstraint(fields=("contract", "number"), name="policy_version_unique"),)

    def __str__(self) -> str:
        return f"{self.contract} v{self.number}"

    def clean(self) -> None:
        super().clean()
        if any(not isinstance(percent, int) or not 0 < percent < 100 for percent in self.warning_percents):
            raise ValidationError({"warning_percents": _("Write whole numbers from 1 to 99, such as [50, 75, 90].")})
        for name in ("business_calendar", "extended_calendar"):
            chosen = getattr(self, name)
            if chosen is not None and self.contract_id and chosen.organization_id != self.contract.organization_id:
                raise ValidationError({name: _("Choose a calendar of the contract's organization.")})

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.organization_id is None:
            self.organization_id = self.contract.organization_id
        super().save(*args, **kwargs)

    @property
    def percents(self) -> tuple[int, ...]:
        return tuple(sorted(self.warning_percents)) or WARNING_PERCENTS


class PolicyTarget(TermsRow):
    policy = models.ForeignKey(PolicyVersion, on_delete=models.CASCADE, related_name="targets")
    metric = models.CharField(_("clock"), max_length=12, choices=Metric)
    priority = models.PositiveSmallIntegerField(_("priority"), choices=Priority)
    support_type = models.CharField(_("support type"), max_length=20, choices=SupportType, blank=True, help_text=_("Empty: every type."))
    minutes = models.PositiveIntegerField(_("minutes"), validators=[MinValueValidator(1)])

    class Meta(TermsRow.Meta):
        verbose_name = _("target")
        verbose_name_plural = _("targets")
        ordering = ("metric", "priority", "support_type", "pk")
        constraints = (
            models.UniqueConstraint(fields=("policy", "metric", "priority", "support_type"), name="policy_target_unique"),
            models.CheckConstraint(condition=models.Q(minutes__gte=1), name="policy_target_positive"),
        )

    def __str__(self) -> str:
        return f"{self.get_metric_display()} {self.get_priority_display()}: {self.minutes} min"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.organization_id is None:
            self.organization_id = self.policy.organization_id
        super().save(*args, **kwargs)


class ClockState(models.TextChoices):
    RUNNING = "running", _("Running")
    PAUSED = "paused", _("Paused")
    STOPPED = "stopped", _("Stopped")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class Clock(OrganizationRow):
    """A promise being measured: a cache of a pure function of the ticket's events and the versions in force.

    ``due_at`` is None while it is unknown (paused with time to go). ``next_event_at`` is the next warning or breach: the
    only thing the sweep looks at. A stopped clock's verdict is a stored fact: ``stopped_at``, ``used``, ``is_met``.
    """

    ticket = models.ForeignKey(Ticket, on_delete=models.PROTECT, related_name="+")
    metric = models.CharField(max_length=12, choices=Metric)
    state = models.CharField(max_length=10, choices=ClockState, default=ClockState.RUNNING)
    policy = models.ForeignKey(PolicyVersion, on_delete=models.PROTECT, null=True, related_name="+")  # None: the default policy
    calendar = models.ForeignKey(Calendar, on_delete=models.PROTECT, related_name="+")  # of its last segment: lists show whether it is open
    priority = models.PositiveSmallIntegerField(choices=Priority)
    target = models.DurationField()
    started_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(null=True)
    used = models.DurationField(null=True)
    is_met = models.BooleanField(null=True)
    breached_at = models.DateTimeField(null=True)
    announced_percent = models.PositiveSmallIntegerField(default=0)
    next_event_at = models.DateTimeField(null=True)

    class Meta(OrganizationRow.Meta):
        ordering = ("ticket_id", "pk")
        constraints = (
            models.UniqueConstraint(fields=("ticket", "metric"), name="clock_unique"),
            models.CheckConstraint(condition=models.Q(target__gte=timedelta(minutes=1)), name="clock_target_positive"),
        )
        indexes = (models.Index(fields=("next_event_at",), name="clock_next_event", condition=models.Q(next_event_at__isnull=False)),)

    def __str__(self) -> str:
        return f"{self.metric} {self.ticket_id}"

    @property
    def is_live(self) -> bool:
        return self.state in {ClockState.RUNNING, ClockState.PAUSED}


class SegmentCause(models.TextChoices):
    START = "start", _("the ticket arrived")
    CLASSIFICATION = "classification", _("the classification changed")
    CONTRACT = "contract", _("the contract changed")


class ClockSegment(OrganizationRow):
    """A stretch of a clock under one target and one calendar; the next one ends it, the last one is open.

    Which version of the calendar held when is not stored: it follows from the versions' instants. ``breached_at`` of an
    earlier segment is a breach of a target that a reclassification replaced: it stays.
    """

    clock = models.ForeignKey(Clock, on_delete=models.CASCADE, related_name="segments")
    number = models.PositiveSmallIntegerField()
    cause = models.CharField(max_length=15, choices=SegmentCause, default=SegmentCause.START)
    policy = models.ForeignKey(PolicyVersion, on_delete=models.PROTECT, null=True, related_name="+")  # what pauses it; None: the default
    calendar = models.ForeignKey(Calendar, on_delete=models.PROTECT, related_name="+")
    priority = models.PositiveSmallIntegerField(choices=Priority)
    target = models.DurationField()
    starts_at = models.DateTimeField()
    breached_at = models.DateTimeField(null=True)

    class Meta(OrganizationRow.Meta):
        ordering = ("clock_id", "number")
        constraints = (models.UniqueConstraint(fields=("clock", "number"), name="segment_unique"),)

    def __str__(self) -> str:
        return f"{self.clock_id}/{self.number}"


class Announcement(OrganizationRow):
    """A warning or a breach that was told: exactly once per clock, target (segment) and percent."""

    clock = models.ForeignKey(Clock, on_delete=models.CASCADE, related_name="+")
    segment = models.ForeignKey(ClockSegment, on_delete=models.CASCADE, related_name="+")
    percent = models.PositiveSmallIntegerField()
    at = models.DateTimeField()

    class Meta(OrganizationRow.Meta):
        ordering = ("pk",)
        constraints = (models.UniqueConstraint(fields=("segment", "percent"), name="announcement_once"),)

    def __str__(self) -> str:
        return f"{self.clock_id} {self.percent} %"
