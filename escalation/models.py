from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from catalog.models import Contract, in_language
from foundation.accounts.models import Organization, OrganizationRow, Team
from foundation.accounts.roles import Capability
from foundation.calendars.models import Calendar
from sla.models import MAX_MINUTES, PROMISED
from tickets.models import Ticket
from tickets.states import FINAL

MAX_ACKNOWLEDGE_MINUTES = 30 * 24 * 60  # a month of open hours


class MatrixKind(models.TextChoices):
    HIERARCHICAL = "hierarchical", _("Escalation matrix")
    TECHNICAL = "technical", _("List for technical failures")
    COMPLAINTS = "complaints", _("Complaints and suggestions")


class EscalationMatrix(OrganizationRow):
    """Who answers, level by level, from an instant on: of a contract, or of the whole organization.
    Never changed once in force.

    Tickets climb the hierarchical one (SPEC 5.2); the list for technical failures (5.4) and that of
    complaints (5.5) are shown and handed out.
    """

    contract = models.ForeignKey(
        Contract,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("contract"),
        help_text=_("Empty: for the tickets of every contract that has none of its own."),
    )
    kind = models.CharField(
        _("kind"), max_length=15, choices=MatrixKind, default=MatrixKind.HIERARCHICAL
    )
    number = models.PositiveIntegerField(_("version"))
    effective_from = models.DateTimeField(_("in force from"))
    published_at = models.DateTimeField()

    class Meta(OrganizationRow.Meta):
        verbose_name = _("escalation matrix")
        verbose_name_plural = _("escalation matrices")
        ordering = ("organization_id", "kind", "contract_id", "number")
        constraints = (
            models.UniqueConstraint(
                fields=("contract", "kind", "number"), name="escalation_matrix_of_contract"
            ),
            models.UniqueConstraint(
                fields=("organization", "kind", "number"),
                condition=models.Q(contract__isnull=True),
                name="escalation_matrix_of_organization",
            ),
        )

    def __str__(self) -> str:
        return f"{self.contract or self.organization} v{self.number}"

    def clean(self) -> None:
        super().clean()
        if (
            self.contract is not None
            and self.organization_id
            and self.contract.organization_id != self.organization_id
        ):
            raise ValidationError({"contract": _("Choose one of the same organization.")})


class EscalationLevel(OrganizationRow):
    """A step of an escalation matrix (SPEC 5.2): what it is for, who is told, how to reach them,
    when they answer.
    """

    matrix = models.ForeignKey(EscalationMatrix, on_delete=models.CASCADE, related_name="+")
    position = models.PositiveSmallIntegerField(_("level"), validators=[MinValueValidator(1)])
    name_es = models.CharField(_("name in Spanish"), max_length=80)
    name_en = models.CharField(_("name in English"), max_length=80, blank=True)
    purpose_es = models.CharField(_("what it is for, in Spanish"), max_length=200, blank=True)
    purpose_en = models.CharField(_("what it is for, in English"), max_length=200, blank=True)
    contact = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("person"),
        help_text=_(
            "Leave empty for a contact without a login: they acknowledge by the link in the mail."
        ),
    )
    substitute = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("substitute"),
        help_text=_("Who is told while the person is off duty and has named nobody."),
    )
    team = models.ForeignKey(
        Team,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("group"),
        help_text=_("Instead of a person: everybody of it who is on duty is told."),
    )
    contact_name = models.CharField(_("contact"), max_length=120)
    email = models.EmailField(_("e-mail"))
    phone = models.CharField(_("telephone"), max_length=60, blank=True)
    hours = models.CharField(
        _("hours"), max_length=120, blank=True, help_text=_("In words, as customers read them.")
    )
    calendar = models.ForeignKey(
        Calendar,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("calendar"),
        help_text=_("In which the time to acknowledge runs. Empty: around the clock."),
    )
    acknowledge_minutes = models.PositiveIntegerField(
        _("minutes to acknowledge"),
        default=30,
        validators=[MinValueValidator(1), MaxValueValidator(MAX_ACKNOWLEDGE_MINUTES)],
    )

    class Meta(OrganizationRow.Meta):
        verbose_name = _("escalation level")
        verbose_name_plural = _("escalation levels")
        ordering = ("matrix_id", "position", "pk")
        constraints = (
            models.UniqueConstraint(fields=("matrix", "position"), name="escalation_level_unique"),
        )

    def __str__(self) -> str:
        return f"{self.position}. {self.name}"

    @property
    def name(self) -> str:
        return in_language(self, "name")

    @property
    def purpose(self) -> str:
        return in_language(self, "purpose")


class Cause(models.TextChoices):
    BREACH = "breach", _("A target was missed")
    REQUEST = "request", _("Asked for by the customer")
    DECLINED = "declined", _("The solution was declined")
    RULE = "rule", _("A rule of the desk")
    UNACKNOWLEDGED = "unacknowledged", _("Nobody acknowledged the level below")
    DEESCALATED = "deescalated", _("Taken back by the desk")


class Escalation(OrganizationRow):
    """One step of a ticket up its ladder. ``cause_key`` names the fact behind it: the same fact
    never climbs twice.
    """

    ticket = models.ForeignKey(Ticket, on_delete=models.PROTECT, related_name="+")
    level = models.ForeignKey(
        EscalationLevel, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    position = models.PositiveSmallIntegerField()
    cause = models.CharField(max_length=15, choices=Cause)
    cause_key = models.CharField(max_length=80)
    reason = models.TextField(blank=True)
    created_at = models.DateTimeField()
    told_at = models.DateTimeField(
        null=True
    )  # when the level is told: at once, or when somebody of it comes on duty
    told = models.JSONField(default=list)  # the names of those who are
    acknowledge_due_at = models.DateTimeField(null=True)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    acknowledged_name = models.CharField(max_length=120, blank=True)

    class Meta(OrganizationRow.Meta):
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(
                fields=("ticket", "cause_key"), name="escalation_once_per_cause"
            ),
        )
        indexes = (
            models.Index(
                fields=("acknowledge_due_at",),
                name="escalation_unacknowledged",
                condition=models.Q(acknowledge_due_at__isnull=False),
            ),
            models.Index(fields=("ticket", "id"), name="escalation_by_ticket"),
        )

    def __str__(self) -> str:
        return f"{self.ticket_id} → {self.position}"

    @property
    def acknowledger(self) -> str:
        """Who took it on: a person of the desk, or the contact of the level who followed the signed
        link.
        """
        return (
            str(self.acknowledged_by)
            if self.acknowledged_by is not None
            else self.acknowledged_name
        )


class Trigger(models.TextChoices):
    CLOCK = "clock", _("A clock reaches a percentage")
    STATE = "state", _("The ticket comes into a state")
    SILENCE = "silence", _("The customer hears nothing")


class Action(models.TextChoices):
    TELL = "tell", _("Tell a person or group")
    TELL_TAM = "tell_tam", _("Tell the customer's account manager")
    ASSIGN = "assign", _("Assign")
    RAISE = "raise", _("Raise one level of the matrix")


class EscalationRule(models.Model):
    """What the desk does by itself when a clock, a state or silence calls for it (SPEC 5.3). A new
    one is off.

    A condition that is left empty holds for every ticket. Codes are those of
    ``core.classification``, ``sla`` and ``tickets``.
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
        help_text=_("Of a clock's percentage. Empty: any clock."),
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
    states = models.JSONField(_("states"), default=list, blank=True)
    priorities = models.JSONField(_("priorities"), default=list, blank=True)
    support_types = models.JSONField(_("support types"), default=list, blank=True)
    organizations = models.ManyToManyField(
        Organization,
        related_name="+",
        blank=True,
        verbose_name=_("customers"),
        help_text=_("Leave empty for every customer."),
    )
    action = models.CharField(_("what to do"), max_length=10, choices=Action)
    planned_at = models.DateTimeField(
        null=True, editable=False
    )  # when the silence of the active tickets was put under watch
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
        help_text=_("Who of it is on duty is told; a ticket is given to the one with the fewest."),
    )

    class Meta:
        verbose_name = _("escalation rule")
        verbose_name_plural = _("escalation rules")
        ordering = ("position", "pk")

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Refuse what could never act, and say what is missing."""
        super().clean()
        wrong: dict[str, str | Promise] = {}
        if self.trigger == Trigger.CLOCK and self.percent is None:
            wrong["percent"] = _("Say at which percentage of the clock.")
        if self.trigger == Trigger.STATE and not self.states:
            wrong["states"] = _("Choose at least one state.")
        if self.trigger == Trigger.SILENCE and self.silence_minutes is None:
            wrong["silence_minutes"] = _("Say after how many minutes.")
        if self.trigger == Trigger.SILENCE and self.states and set(self.states) <= FINAL:
            wrong["states"] = _(
                "A ticket that has ended is not waited for: choose a state in which it is open."
            )
        if self.action in {Action.TELL, Action.ASSIGN} and (self.person is None) == (
            self.team is None
        ):
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
        if (
            self.action in {Action.ASSIGN, Action.RAISE}
            and self.states
            and set(self.states) <= FINAL
        ):
            wrong["states"] = _("A ticket that has ended is neither given to anybody nor raised.")
        if wrong:
            raise ValidationError(wrong)


class RuleLog(OrganizationRow):
    """What every active rule made of one fact of a ticket: which ran, which did not, and why. Once
    per fact.

    ``results`` holds, in the rules' order, ``{"rule", "name", "outcome", "why", "did"}``:
    ``outcome`` is a ``rules.Outcome``, ``why`` the codes of the conditions that were not met,
    ``did`` whom it reached.
    """

    ticket = models.ForeignKey(Ticket, on_delete=models.PROTECT, related_name="+")
    key = models.CharField(max_length=80)
    trigger = models.CharField(max_length=10, choices=Trigger)
    fact = models.JSONField()  # {"metric", "percent"} or {"state"} or {"minutes"}
    at = models.DateTimeField()
    results = models.JSONField()

    class Meta(OrganizationRow.Meta):
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(fields=("ticket", "key"), name="rule_log_once_per_fact"),
        )

    def __str__(self) -> str:
        return f"{self.ticket_id} {self.key}"


class SilenceWatch(OrganizationRow):
    """When a rule looks whether the customer of a ticket has heard nothing since ``since``."""

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


class Coverage(OrganizationRow):
    """The holes that were last found in who is told of a customer's tickets in the week to come,
    and so told once.

    ``holes`` is a list of ``[week hour, priority, percent]``; week hour 0 is Monday 00:00 in the
    organization's zone.
    """

    contract = models.ForeignKey(Contract, on_delete=models.CASCADE, null=True, related_name="+")
    holes = models.JSONField(default=list)
    asked_at = models.DateTimeField(null=True)  # a change asks for a new look; None: nothing waits
    computed_at = models.DateTimeField(null=True)

    class Meta(OrganizationRow.Meta):
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(
                fields=("organization", "contract"), name="coverage_of_contract"
            ),
            models.UniqueConstraint(
                fields=("organization",),
                condition=models.Q(contract__isnull=True),
                name="coverage_of_organization",
            ),
        )
        indexes = (
            models.Index(
                fields=("asked_at",),
                name="coverage_asked",
                condition=models.Q(asked_at__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"{self.contract or self.organization}"


class Drill(OrganizationRow):
    """A marked test: who answers for the levels of a matrix at that hour was sent a notice that
    says so.
    """

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, null=True, related_name="+")
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    started_at = models.DateTimeField()
    told = models.JSONField()  # [{"role", "name", "email", "at"}], ``at`` an ISO instant

    class Meta(OrganizationRow.Meta):
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"{self.organization} {self.started_at}"
