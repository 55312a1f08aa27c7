"""Recurring tickets: what is raised by itself at the times of a rule, and what came of it."""

from django.conf import settings
from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from catalog.models import RequestTemplate, Service
from foundation.accounts.models import Membership, OrganizationRow
from foundation.core.classification import Impact, Kind, Urgency
from tickets.models.tickets import Ticket
from tickets.recurrence import LONGEST_RULE, ClosedDays, Rule, parse_rule

LONGEST_NAME = 80  # characters


class Recurrence(OrganizationRow):
    """A ticket that is raised by itself: the data of the ticket, and when. ``rule`` is an RRULE
    (``tickets.recurrence``) that begins on ``starts_on``; days and ``at_time`` are local in the
    organization's zone. ``tags`` are separated by commas, ``tasks`` stand one a line.

    ``done_until`` is the last local day that was dealt with; ``next_at`` the instant of the next
    ticket, None while it is paused and after the last one. Both are written by the services alone.
    """

    name = models.CharField(_("name"), max_length=LONGEST_NAME)
    membership = models.ForeignKey(
        Membership, on_delete=models.PROTECT, related_name="+", verbose_name=_("requester")
    )
    subject = models.CharField(_("subject"), max_length=200)
    description = models.TextField(_("description"))
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    service = models.ForeignKey(
        Service, on_delete=models.PROTECT, related_name="+", verbose_name=_("service")
    )
    template = models.ForeignKey(
        RequestTemplate,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("template"),
    )
    answers = models.JSONField(default=list)  # as those of a ticket
    impact = models.CharField(_("impact"), max_length=20, choices=Impact)
    urgency = models.CharField(_("urgency"), max_length=20, choices=Urgency)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("assignee"),
    )
    tags = models.CharField(_("tags"), max_length=400, blank=True)
    tasks = models.TextField(_("tasks, one a line"), blank=True)
    rule = models.CharField(_("rule"), max_length=LONGEST_RULE)
    starts_on = models.DateField(_("first day"))
    at_time = models.TimeField(_("time of day"))
    closed_days = models.CharField(
        _("on a day off"), max_length=5, choices=ClosedDays, default=ClosedDays.RAISE
    )
    is_paused = models.BooleanField(_("paused"), default=False)
    done_until = models.DateField(null=True)
    rule_day = models.DateField(null=True)  # the last day of the rule that was dealt with
    next_at = models.DateTimeField(_("next ticket"), null=True)
    # who saved it last: they are told when a ticket cannot be raised
    keeper = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("by")
    )
    created_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)

    class Meta(OrganizationRow.Meta):
        verbose_name = _("recurring ticket")
        verbose_name_plural = _("recurring tickets")
        ordering = ("-pk",)
        constraints = (
            models.UniqueConstraint(fields=("organization", "name"), name="recurrence_unique"),
            models.CheckConstraint(
                condition=models.Q(is_paused=False) | models.Q(next_at__isnull=True),
                name="recurrence_paused_has_no_next",
            ),
        )
        indexes = (
            models.Index(
                fields=("next_at",),
                name="recurrence_next",
                condition=models.Q(next_at__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def parsed_rule(self) -> Rule:
        return parse_rule(self.rule)

    @property
    def tag_names(self) -> list[str]:
        return [name.strip() for name in self.tags.split(",") if name.strip()]

    @property
    def task_titles(self) -> list[str]:
        return [line.strip() for line in self.tasks.splitlines() if line.strip()]

    @property
    def is_over(self) -> bool:
        """Whether the rule gives no more days."""
        return not self.is_paused and self.next_at is None


LONGEST_DETAIL = 500


class NotRaised(models.TextChoices):
    """Why no ticket was raised at one of the times."""

    REQUESTER = "requester", _("The requester may not raise tickets any more")
    SERVICE = "service", _("The service is not offered any more")
    LATE = "late", _("Mesa was not running then, and for too long afterwards")
    REFUSED = "refused", _("The ticket was refused")
    FAILED = "failed", _("Mesa failed; the log of the workers says why")


class RecurrenceDay(OrganizationRow):
    """A day on which a recurring ticket was due, and the one ticket that was raised for it, or why
    there is none. ``due_at`` is the instant that was planned. ``detail`` is what a refusal said, in
    the language of the workers.
    """

    recurrence = models.ForeignKey(
        Recurrence, on_delete=models.CASCADE, db_index=False, related_name="+"
    )
    day = models.DateField()
    due_at = models.DateTimeField()
    ticket = models.OneToOneField(Ticket, on_delete=models.PROTECT, null=True, related_name="+")
    problem = models.CharField(max_length=10, choices=NotRaised, blank=True)
    detail = models.CharField(max_length=LONGEST_DETAIL, blank=True)

    class Meta(OrganizationRow.Meta):
        ordering = ("-day", "-pk")
        constraints = (
            # each day once, whatever happens
            models.UniqueConstraint(fields=("recurrence", "day"), name="recurrence_day_unique"),
            models.CheckConstraint(
                condition=models.Q(ticket__isnull=False, problem="")
                | models.Q(ticket__isnull=True, problem__gt=""),
                name="recurrence_day_has_outcome",
            ),
        )

    def __str__(self) -> str:
        return f"{self.recurrence_id} {self.day}"

    @property
    def problem_label(self) -> str | Promise:
        return NotRaised(self.problem).label if self.problem else ""
