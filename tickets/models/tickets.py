from datetime import UTC, datetime

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from catalog.models import Contract, RequestTemplate, Service
from foundation.accounts.models import (
    Department,
    Organization,
    OrganizationRow,
    Site,
    Team,
)
from foundation.core.classification import (
    Channel,
    Environment,
    Impact,
    Kind,
    Priority,
    SupportType,
    Urgency,
)
from foundation.core.sensitive import has_secrets
from tickets.endings import EndCause
from tickets.states import ACTIVE, FINAL, PENDING, ClosureCode, SolutionType, State, turn_of
from tickets.stays import StayMark

LAST = datetime(9999, 1, 1, tzinfo=UTC)  # ``queue_at`` without a due instant: sorts last


class Ticket(OrganizationRow):
    """A customer's incident or request. Its number is the prefix and the primary key: unique, never
    reused, with gaps.

    ``impact``, ``urgency`` and ``priority`` are current; the ``proposed_`` columns keep the
    customer's choice. ``next_due_at`` is null while no live clock has a due instant. Only ``sla``
    changes it and ``at_risk_at``. A foreign key has ``db_index=False`` if an index in ``Meta``
    starts with it or no query filters by it: each index slows every update of the dates.
    """

    organization = models.ForeignKey(
        Organization,
        on_delete=models.PROTECT,
        db_index=False,
        related_name="+",
        verbose_name=_("organization"),
    )
    # Subject, description and answers are without secrets, as ``tickets.masking`` says.
    subject = models.CharField(_("subject"), max_length=200)
    description = models.TextField(_("description"))
    sensitive = models.CharField(max_length=40, blank=True)  # kinds of data, with commas between
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    service = models.ForeignKey(
        Service, on_delete=models.PROTECT, related_name="+", verbose_name=_("service")
    )
    template = models.ForeignKey(
        RequestTemplate, on_delete=models.SET_NULL, null=True, db_index=False, related_name="+"
    )
    # [{"label_es", "label_en", "value"}], with the labels of that day
    answers = models.JSONField(default=list)
    support_type = models.CharField(_("support type"), max_length=20, choices=SupportType)
    environment = models.CharField(
        _("environment"), max_length=20, choices=Environment, default=Environment.PRODUCTION
    )
    proposed_impact = models.CharField(max_length=20, choices=Impact)
    proposed_urgency = models.CharField(max_length=20, choices=Urgency)
    impact = models.CharField(_("impact"), max_length=20, choices=Impact)
    urgency = models.CharField(_("urgency"), max_length=20, choices=Urgency)
    priority = models.PositiveSmallIntegerField(_("priority"), choices=Priority)
    classified_at = models.DateTimeField(null=True)
    state = models.CharField(_("state"), max_length=20, choices=State, default=State.NEW)
    channel = models.CharField(_("channel"), max_length=20, choices=Channel)
    requester = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        db_index=False,
        related_name="+",
        verbose_name=_("requester"),
    )
    site = models.ForeignKey(
        Site,
        on_delete=models.SET_NULL,
        null=True,
        db_index=False,
        related_name="+",
        verbose_name=_("site"),
    )
    department = models.ForeignKey(
        Department,
        on_delete=models.SET_NULL,
        null=True,
        db_index=False,
        related_name="+",
        verbose_name=_("department"),
    )
    contract = models.ForeignKey(
        Contract,
        on_delete=models.PROTECT,
        null=True,
        db_index=False,
        related_name="+",
        verbose_name=_("contract"),
    )
    # The ended ticket that this one follows up (SPEC 3.11).
    continues = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        db_index=False,
        related_name="+",
        verbose_name=_("continues"),
    )
    # The ticket in which the matter goes on; the merge can be undone (SPEC 17.12).
    merged_into = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        db_index=False,
        related_name="+",
        verbose_name=_("merged into"),
    )
    is_out_of_contract = models.BooleanField(_("out of contract"), default=False)
    # The last time that this changed after the arrival. Before it the record says which it was.
    coverage_changed_at = models.DateTimeField(null=True)
    # The matrix and policy in force at this instant bind the ticket: its arrival or its change of
    # contract.
    terms_at = models.DateTimeField()
    # Desk agent who follows up the ticket. Sending it to another level changes assignee and team,
    # not the owner (SPEC 3.8).
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        db_index=False,
        related_name="+",
        verbose_name=_("desk owner"),
    )
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        db_index=False,
        related_name="+",
        verbose_name=_("assignee"),
    )
    team = models.ForeignKey(
        Team,
        on_delete=models.PROTECT,
        null=True,
        db_index=False,
        related_name="+",
        verbose_name=_("group"),
    )
    # Relevant: the availability of a service is affected. Major: for most of the organization
    # (SPEC 6.1).
    is_relevant = models.BooleanField(_("relevant incident"), default=False)
    is_major = models.BooleanField(_("major incident"), default=False)
    received_at = models.DateTimeField(_("arrived"))
    # when the person called or wrote, as the agent noted it: no clock reads it
    contacted_at = models.DateTimeField(_("time of contact"), null=True)
    created_at = models.DateTimeField(_("registered"))
    updated_at = models.DateTimeField(_("last activity"))
    solved_at = models.DateTimeField(_("solved"), null=True)
    closed_at = models.DateTimeField(_("closed"), null=True)
    solution_type = models.CharField(
        _("solution type"), max_length=12, choices=SolutionType, blank=True
    )
    closure_code = models.CharField(
        _("closure code"), max_length=15, choices=ClosureCode, blank=True
    )
    # why it ended without a solution; only of rejected, cancelled and closed tickets
    end_cause = models.CharField(_("cause"), max_length=12, choices=EndCause, blank=True)
    # what it waits for in its present state: of its open interval
    stay_mark = models.CharField(_("waits for"), max_length=12, choices=StayMark, blank=True)
    validation_due_at = models.DateTimeField(_("closes by itself"), null=True)
    validation_reminder_at = models.DateTimeField(null=True)
    # While it is pending user: when the customer is reminded or the ticket closes, and how many
    # reminders were sent.
    answer_due_at = models.DateTimeField(null=True)
    reminders_sent = models.PositiveSmallIntegerField(default=0)
    # the last reminder said that the ticket closes without an answer; without that it does not
    is_closing_announced = models.BooleanField(default=False)
    # the instant at which its reopening window ends
    reopen_ends_at = models.DateTimeField(null=True)
    next_due_at = models.DateTimeField(_("due"), null=True)
    at_risk_at = models.DateTimeField(null=True)
    # next_due_at, or LAST: an index cannot put nulls last on every database
    queue_at = models.DateTimeField(default=LAST)
    # Incremented by every guarded write; a write with an older value raises ``StaleTicket``
    # (DECISIONS 14).
    version = models.PositiveIntegerField(default=1)

    class Meta(OrganizationRow.Meta):
        verbose_name = _("ticket")
        verbose_name_plural = _("tickets")
        ordering = ("-pk",)
        indexes = (
            # The desk's order (DECISIONS 13), over active tickets only.
            # What comes after the id lets the groups be counted in the index alone.
            models.Index(
                fields=(
                    *("-is_relevant", "-is_major", "queue_at", "id"),
                    *("organization", "state", "assignee", "team"),
                ),
                name="ticket_queue",
                condition=models.Q(state__in=sorted(ACTIVE)),
            ),
            # The ended tickets of the desk, the last one first.
            models.Index(
                fields=("-updated_at", "-id"),
                name="ticket_ended",
                condition=models.Q(state__in=sorted(FINAL)),
            ),
            # The desk's order by priority.
            models.Index(
                fields=("priority", "queue_at", "id"),
                name="ticket_by_priority",
                condition=models.Q(state__in=sorted(ACTIVE)),
            ),
            # Those that wait for somebody else, of which the desk counts each group.
            models.Index(
                fields=("state", "queue_at"),
                name="ticket_waits",
                condition=models.Q(state__in=sorted({*PENDING, State.SOLVED})),
            ),
            # What changed since a page of the desk was read.
            models.Index(
                fields=("-updated_at", "-id"),
                name="ticket_activity",
                condition=models.Q(state__in=sorted(ACTIVE)),
            ),
            # Few wait for something or ended without a solution: their filters read no others.
            models.Index(
                fields=("stay_mark", "queue_at", "id"),
                name="ticket_by_mark",
                condition=models.Q(stay_mark__gt=""),
            ),
            models.Index(
                fields=("end_cause", "-updated_at", "-id"),
                name="ticket_by_cause",
                condition=models.Q(end_cause__gt=""),
            ),
            models.Index(
                fields=("at_risk_at",),
                name="ticket_at_risk",
                condition=models.Q(at_risk_at__isnull=False),
            ),
            models.Index(
                fields=("next_due_at",),
                name="ticket_due",
                condition=models.Q(next_due_at__isnull=False),
            ),
            models.Index(fields=("organization", "-id"), name="ticket_by_organization"),
            models.Index(fields=("requester", "-id"), name="ticket_by_requester"),
            # What each person holds is counted in the index alone.
            models.Index(
                fields=("assignee", "organization", "next_due_at"),
                name="ticket_held",
                condition=models.Q(state__in=sorted(ACTIVE)),
            ),
            models.Index(
                fields=("assignee", "-id"),
                name="ticket_by_assignee",
                condition=models.Q(assignee__isnull=False),
            ),
            models.Index(fields=("organization", "received_at"), name="ticket_by_arrival"),
            models.Index(fields=("organization", "created_at"), name="ticket_by_registration"),
            models.Index(
                fields=("validation_due_at",),
                name="ticket_validation",
                condition=models.Q(validation_due_at__isnull=False),
            ),
            models.Index(
                fields=("answer_due_at",),
                name="ticket_by_answer",
                condition=models.Q(answer_due_at__isnull=False),
            ),
            # Partial indexes skip NULLs: these columns are mostly empty and change often.
            models.Index(
                fields=("organization", "coverage_changed_at"),
                name="ticket_by_coverage",
                condition=models.Q(coverage_changed_at__isnull=False),
            ),
            *(
                models.Index(
                    fields=(name,),
                    name=f"ticket_by_{name}",
                    condition=models.Q(**{f"{name}__isnull": False}),
                )
                for name in ("site", "department", "continues", "merged_into", "owner", "team")
            ),
        )
        constraints = (
            models.CheckConstraint(
                condition=models.Q(state="closed", closure_code__gt="")
                | (~models.Q(state="closed") & models.Q(closure_code="")),
                name="ticket_closed_has_code",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="solved")
                | (models.Q(solved_at__isnull=False) & models.Q(solution_type__gt="")),
                name="ticket_solved_has_solution",
            ),
            models.CheckConstraint(
                condition=models.Q(end_cause="") | models.Q(state__in=sorted(FINAL)),
                name="ticket_cause_of_its_end",
            ),
        )

    @property
    def is_masked(self) -> bool:
        return has_secrets(self.sensitive)

    def __str__(self) -> str:
        return f"{self.number} {self.subject}"

    @property
    def number(self) -> str:
        return format_number(self.pk)

    @property
    def continues_number(self) -> str:
        return format_number(self.continues_id) if self.continues_id else ""

    @property
    def survivor_number(self) -> str:
        return format_number(self.merged_into_id) if self.merged_into_id else ""

    @property
    def binding_contract(self) -> Contract | None:
        """Return the contract whose terms bind the ticket; None when it is out of contract and runs
        on the service guide's default alone (SPEC 1.2). ``contract`` may still name one then.
        """
        contract: Contract | None = None if self.is_out_of_contract else self.contract
        return contract

    @property
    def binding_contract_id(self) -> int | None:
        contract_id: int | None = None if self.is_out_of_contract else self.contract_id
        return contract_id

    @property
    def closes_without_answer_at(self) -> datetime | None:
        """When the ticket closes by itself if its customer does not answer; None while a reminder
        comes first, or when it does not.
        """
        due_at: datetime | None = self.answer_due_at
        return due_at if self.is_closing_announced and self._may_close_without_answer() else None

    def _may_close_without_answer(self) -> bool:
        contract = self.binding_contract
        return contract is not None and contract.closes_after(self.reminders_sent)

    @property
    def state_label(self) -> str:
        return str(State(self.state).label)

    @property
    def priority_code(self) -> str:
        return Priority(self.priority).code

    @property
    def turn(self) -> str:
        """Return the ``Holder`` whose turn it is; "" when the ticket has ended."""
        return turn_of(self.state)

    @property
    def is_active(self) -> bool:
        return self.state in ACTIVE


def format_number(pk: int) -> str:
    return f"{settings.MESA_TICKET_PREFIX}-{pk:06d}"
