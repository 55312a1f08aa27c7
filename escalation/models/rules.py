from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from catalog.models import Service
from foundation.accounts.models import Organization, OrganizationRow, Team
from foundation.accounts.roles import Capability
from sla.policies.models import MAX_MINUTES, PROMISED
from tickets.models import Ticket
from tickets.states import FINAL


class Trigger(models.TextChoices):
    CLOCK = "clock", _("A clock reaches a percentage")
    STATE = "state", _("The ticket comes into a state")
    SILENCE = "silence", _("The customer hears nothing")
    RAISED = "raised", _("A ticket is raised")
    CHANGED = "changed", _("Something about the ticket changes")


class Change(models.TextChoices):
    """What may change about a ticket but for its state, which has a trigger of its own."""

    CLASSIFIED = "classified", _("Its classification")
    CONTRACT = "contract", _("Its contract")
    ASSIGNED = "assigned", _("Who it is assigned to")
    TAGGED = "tagged", _("It gets a tag")
    CUSTOMER_WROTE = "customer_wrote", _("The customer writes")


class Action(models.TextChoices):
    TELL = "tell", _("Tell a person or group")
    TELL_ACCOUNT_MANAGER = "tell_tam", _("Tell the customer's account manager")
    TELL_LEVEL = "tell_level", _("Tell a level of the matrix")
    ASSIGN = "assign", _("Assign")
    RAISE = "raise", _("Raise one level of the matrix")
    TAG = "tag", _("Put tags on the ticket")
    NOTE = "note", _("Write an internal note")


# What an act changes: a rule does not wait for what it does itself.
CHANGES_BY = {Action.ASSIGN: Change.ASSIGNED, Action.TAG: Change.TAGGED}
LONGEST_WORDS = 200  # characters of the words, and of the tags, of a rule
LONGEST_NOTE = 2000


class EscalationRule(models.Model):
    """An action that a clock, a state, a silence, the arrival of a ticket or a change of it
    triggers automatically (SPEC 5.3). A new rule is inactive.

    An empty condition matches every ticket; without states, a silence rule matches
    ``tickets.states.DESK_TURN``. Codes are those of ``foundation.core.classification``,
    ``sla`` and ``tickets``; ``words``, ``tags`` and ``adds_tags`` are lists with commas.
    """

    name = models.CharField(_("name"), max_length=120, unique=True)
    is_active = models.BooleanField(
        _("active"),
        default=False,
        help_text=_("Try it on the last 30 days first, then switch it on: it acts from then on."),
    )
    position = models.PositiveSmallIntegerField(_("order"), default=1)
    trigger = models.CharField(_("when"), max_length=10, choices=Trigger)
    metric = models.CharField(
        _("clock"),
        max_length=12,
        choices=PROMISED,
        blank=True,
        help_text=_(
            "Of a clock's percentage. Empty: any clock. Nothing starts root cause analysis and "
            "restoration yet."
        ),
    )
    percent = models.PositiveSmallIntegerField(
        _("percentage"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text=_(
            "Of the time used; 100 is the missed target. It acts at the first warning of the "
            "policy that reaches it."
        ),
    )
    silence_minutes = models.PositiveIntegerField(
        _("minutes without a word"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(MAX_MINUTES)],
        help_text=_(
            "Of the organization's business hours, since the customer was last written to or the "
            "state changed."
        ),
    )
    changes = models.JSONField(_("what changes"), default=list, blank=True)
    states = models.JSONField(_("states"), default=list, blank=True)
    priorities = models.JSONField(_("priorities"), default=list, blank=True)
    support_types = models.JSONField(_("support types"), default=list, blank=True)
    kinds = models.JSONField(_("kinds"), default=list, blank=True)
    channels = models.JSONField(_("channels"), default=list, blank=True)
    words = models.CharField(
        _("words"),
        max_length=LONGEST_WORDS,
        blank=True,
        help_text=_("One is in subject or description, in any form: printer, toner."),
    )
    tags = models.CharField(
        _("tags"),
        max_length=LONGEST_WORDS,
        blank=True,
        help_text=_("The ticket has one of them. With commas."),
    )
    services = models.ManyToManyField(
        Service,
        related_name="+",
        blank=True,
        verbose_name=_("services"),
        help_text=_("Leave empty for every service."),
    )
    organizations = models.ManyToManyField(
        Organization,
        related_name="+",
        blank=True,
        verbose_name=_("customers"),
        help_text=_("Leave empty for every customer."),
    )
    action = models.CharField(_("what to do"), max_length=10, choices=Action)
    # when the silence watches were created; None: pending
    planned_at = models.DateTimeField(null=True, editable=False)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("person"),
    )
    team = models.ForeignKey(
        Team,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("group"),
        help_text=_("Its members on duty are notified; a ticket goes to the one with the fewest."),
    )

    level = models.PositiveSmallIntegerField(
        pgettext_lazy("escalation", "level"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(20)],
        help_text=_("Of the ticket's escalation matrix, which the rule does not move."),
    )
    adds_tags = models.CharField(
        _("tags to put on it"), max_length=LONGEST_WORDS, blank=True, help_text=_("With commas.")
    )
    note = models.TextField(
        _("internal note"),
        max_length=LONGEST_NOTE,
        blank=True,
        help_text=_("The customer never reads it."),
    )

    class Meta:
        verbose_name = _("escalation rule")
        verbose_name_plural = _("escalation rules")
        ordering = ("position", "pk")

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Raise ``ValidationError`` for a rule that could never act, with the fields to correct."""
        super().clean()
        wrong = {**self._wrong_occurrence(), **self._wrong_action(), **self._wrong_person()}
        if wrong:
            raise ValidationError(wrong)

    def _wrong_occurrence(self) -> dict[str, str | Promise]:
        wrong: dict[str, str | Promise] = {}
        if self.trigger == Trigger.CLOCK and self.percent is None:
            wrong["percent"] = _("Enter the percentage of the clock.")
        if self.trigger == Trigger.STATE and not self.states:
            wrong["states"] = _("Choose at least one state.")
        if self.trigger == Trigger.SILENCE and self.silence_minutes is None:
            wrong["silence_minutes"] = _("Say after how many minutes.")
        if self.trigger == Trigger.SILENCE and self.states and set(self.states) <= FINAL:
            wrong["states"] = _(
                "A ticket that has ended is not waited for: choose a state in which it is open."
            )
        if self.trigger == Trigger.CHANGED and not self.changes:
            wrong["changes"] = _("Choose at least one change.")
        own = CHANGES_BY.get(Action(self.action)) if self.action else None
        if self.trigger == Trigger.CHANGED and own is not None and own in self.changes:
            words = _("The rule itself does this: take out “%(change)s”, or choose another act.")
            wrong["changes"] = words % {"change": own.label}
        return wrong

    def _wrong_action(self) -> dict[str, str | Promise]:
        wrong: dict[str, str | Promise] = {}
        if (self.action == Action.TELL_LEVEL) != (self.level is not None):
            wrong["level"] = (
                _("Say which level, such as 2.")
                if self.level is None
                else _("Only a rule that tells a level of the matrix names one.")
            )
        if self.action == Action.TAG and not self.adds_tags.strip(" ,"):
            wrong["adds_tags"] = _("Write the tags to put on the ticket.")
        if self.action == Action.NOTE and not self.note.strip():
            wrong["note"] = _("Write the note.")
        if (
            self.action in {Action.ASSIGN, Action.RAISE}
            and self.states
            and set(self.states) <= FINAL
        ):
            wrong["states"] = _("A ticket that has ended is neither given to anybody nor raised.")
        return wrong

    def _wrong_person(self) -> dict[str, str | Promise]:
        wrong: dict[str, str | Promise] = {}
        names_exactly_one = (self.person is None) != (self.team is None)
        if self.action in {Action.TELL, Action.ASSIGN} and not names_exactly_one:
            wrong["person"] = _("Name a person or a group, one of the two.")
        elif self.person is not None and not (self.person.is_active and self.person.is_staff):
            wrong["person"] = _("Name somebody of the staff who is active.")
        elif (
            self.action == Action.ASSIGN
            and self.person is not None
            and not self.person.can(Capability.HOLD_TICKETS)
        ):
            wrong["person"] = _(
                "This person holds no tickets: name an agent, a consultant or a supervisor."
            )
        return wrong


class RuleLog(OrganizationRow):
    """The results, with reasons, of the active rules of the occurrence's trigger. One row per
    occurrence.

    ``results`` lists, in the rules' order, ``{"rule", "name", "outcome", "why", "did",
    "told_at"}``: ``outcome`` is an ``escalation.rules.Outcome``, ``why`` the codes of unmet
    conditions, ``did`` the recipients, the assignee or the level, ``told_at`` the instant to which
    their letters wait (their shift), None when they went at once.
    """

    ticket = models.ForeignKey(Ticket, on_delete=models.PROTECT, related_name="+")
    key = models.CharField(max_length=80)
    trigger = models.CharField(max_length=10, choices=Trigger)
    # {"metric", "percent"}, {"state"}, {"minutes"}, {"change"}, or nothing for a ticket raised
    occurrence = models.JSONField()
    at = models.DateTimeField()
    results = models.JSONField()

    class Meta(OrganizationRow.Meta):
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(fields=("ticket", "key"), name="rule_log_once_per_occurrence"),
        )

    def __str__(self) -> str:
        return f"{self.ticket_id} {self.key}"


class SilenceWatch(OrganizationRow):
    """The instant ``run_after`` at which a rule applies, unless a message to the customer or a
    change of state after ``since`` restarts the watch.
    """

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="+")
    rule = models.ForeignKey(EscalationRule, on_delete=models.CASCADE, related_name="+")
    since = models.DateTimeField()
    run_after = models.DateTimeField()

    class Meta(OrganizationRow.Meta):
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(fields=("ticket", "rule"), name="silence_watch_unique"),
        )
        indexes = (models.Index(fields=("run_after",), name="silence_watch_due"),)

    def __str__(self) -> str:
        return f"{self.ticket_id} {self.run_after}"
