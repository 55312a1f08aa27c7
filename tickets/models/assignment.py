"""What automatic assignment goes by, and what it chose (SPEC 3.12)."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from catalog.models import Service
from foundation.accounts.models import LANGUAGES, OrganizationRow, Team
from foundation.accounts.roles import Capability
from tickets.models.tickets import Ticket

MOST_HELD = 500  # the highest limit of load


class AgentProfile(models.Model):
    """The skills of a person who attends tickets, and how many they work on at a time.

    Empty services or languages mean every one of them. Without a profile a person has every skill
    and the limit of the group; those who supervise then get tickets by hand alone.
    """

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="+",
        verbose_name=_("person"),
    )
    is_automatic = models.BooleanField(
        _("gets tickets automatically"),
        default=True,
        help_text=_("Of the groups with automatic assignment. Otherwise by hand alone."),
    )
    load_limit = models.PositiveSmallIntegerField(
        _("load limit"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_HELD)],
        help_text=_(
            "Tickets that wait for the desk, not those that wait for a customer or a supplier. "
            "Empty: the limit of the group. Who assigns by hand can go beyond it."
        ),
    )
    services = models.ManyToManyField(
        Service,
        related_name="+",
        blank=True,
        verbose_name=_("services"),
        help_text=_("Those that the person attends. None chosen: every service."),
    )
    languages = models.JSONField(_("languages"), default=list, blank=True)

    class Meta:
        verbose_name = _("agent profile")
        verbose_name_plural = _("agent profiles")
        ordering = ("person__full_name", "pk")

    def __str__(self) -> str:
        return str(self.person)

    @property
    def language_names(self) -> list[str]:
        return [str(name) for code, name in LANGUAGES if code in self.languages]

    def clean(self) -> None:
        super().clean()
        if self.person_id and not (
            self.person.is_active and self.person.can(Capability.HOLD_TICKETS)
        ):
            raise ValidationError({"person": _("Name somebody who attends tickets.")})
        if unknown := sorted(set(self.languages) - {code for code, _name in LANGUAGES}):
            words = _("There is no language “%(code)s”.")
            raise ValidationError({"languages": words % {"code": unknown[0]}})


class GroupAssignment(models.Model):
    """Whether the tickets of a support group are assigned automatically, and the limit of its
    members without one of their own.
    """

    team = models.OneToOneField(
        Team, on_delete=models.CASCADE, related_name="+", verbose_name=_("group")
    )
    is_active = models.BooleanField(
        _("active"),
        default=False,
        help_text=_(
            "Tickets without an assignee go to the members: those that were sent to the group, and "
            "for a group of level 1 those of its customers that arrive at the desk."
        ),
    )
    load_limit = models.PositiveSmallIntegerField(
        _("load limit"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_HELD)],
        help_text=_("Of the members without a limit of their own. Empty: no limit."),
    )

    class Meta:
        verbose_name = _("automatic assignment of a group")
        verbose_name_plural = _("automatic assignment")
        ordering = ("team__level", "team__name", "pk")

    def __str__(self) -> str:
        return str(self.team)


class AssignmentChoice(OrganizationRow):
    """Whom automatic assignment chose for a ticket at an instant, and why not the others. Without a
    person nobody could take it.

    ``verdicts`` are those of ``tickets.choosing``, in its order.
    """

    ticket = models.ForeignKey(Ticket, on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        db_index=False,
        related_name="+",
    )
    is_asked_for = models.BooleanField(default=False)  # by the person, as their next ticket
    at = models.DateTimeField()
    verdicts = models.JSONField()

    class Meta(OrganizationRow.Meta):
        ordering = ("-pk",)
        indexes = (
            models.Index(
                fields=("person", "-at"),
                name="choice_last_of_person",
                condition=models.Q(person__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"{self.ticket_id} {self.person_id}"
