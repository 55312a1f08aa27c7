from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from foundation.accounts.models import DESK_ZONE, User
from foundation.core.zones import validate_time_zone

LONGEST_KEPT = timedelta(days=1)


class Shift(models.Model):
    """Weekly hours, in the wall time of a zone, in which its people are on duty.

    ``duty.roster.Roster`` has the rule for people without a shift.
    """

    name = models.CharField(_("name"), max_length=80, unique=True)
    time_zone = models.CharField(
        _("time zone"), max_length=60, default=DESK_ZONE, validators=[validate_time_zone]
    )
    hours = models.JSONField()  # {"0": [["07:00", "15:00"]]}, Monday is 0
    people = models.ManyToManyField(
        User,
        related_name="+",
        blank=True,
        verbose_name=_("people"),
        help_text=_(
            "Who stands in no shift is on duty around the clock, unless others of their group "
            "stand in one: then they are off duty."
        ),
    )
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("shift")
        verbose_name_plural = _("shifts")
        ordering = ("name", "pk")

    def __str__(self) -> str:
        return self.name


class Absence(models.Model):
    """A person of the staff is away in ``[starts_at, ends_at)``; the substitute answers for them
    meanwhile.
    """

    person = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="+", verbose_name=_("person")
    )
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    substitute = models.ForeignKey(
        User,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("substitute"),
    )
    reason = models.CharField(_("reason"), max_length=120, blank=True)
    keeps_tickets = models.BooleanField(
        _("keeps their tickets"),
        default=False,
        help_text=_(
            "For an absence of a day at most. Otherwise the tickets go to the substitute when it "
            "begins, or back to the desk or the group."
        ),
    )

    class Meta:
        verbose_name = _("absence")
        verbose_name_plural = _("absences")
        ordering = ("-starts_at", "pk")
        constraints = (
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")),
                name="absence_ends_after_start",
            ),
            models.CheckConstraint(
                condition=models.Q(substitute__isnull=True)
                | ~models.Q(substitute=models.F("person")),
                name="absence_substitute_is_another",
            ),
        )
        indexes = (models.Index(fields=("ends_at",), name="absence_by_end"),)

    def __str__(self) -> str:
        return f"{self.person} {self.starts_at:%Y-%m-%d}"

    def clean(self) -> None:
        super().clean()
        if self.starts_at and self.ends_at and self.ends_at <= self.starts_at:
            raise ValidationError(
                {"ends_at": _("The absence ends before it begins. Change one of the two.")}
            )
        length = self.ends_at - self.starts_at if self.starts_at and self.ends_at else None
        if self.keeps_tickets and length is not None and length > LONGEST_KEPT:
            raise ValidationError(
                {"keeps_tickets": _("Tickets are kept for a day at most. Leave it empty.")}
            )
        for name in ("person", "substitute"):
            somebody = getattr(self, name) if getattr(self, f"{name}_id") else None
            if somebody is not None and not (somebody.is_active and somebody.is_staff):
                raise ValidationError({name: _("Name somebody of the staff who is active.")})
        if self.substitute_id and self.substitute_id == self.person_id:
            raise ValidationError(
                {
                    "substitute": _(
                        "Nobody is their own substitute. Choose another person, or nobody."
                    )
                }
            )
        if self.person_id and self.starts_at and self.ends_at:
            others = Absence.objects.filter(
                person_id=self.person_id, starts_at__lt=self.ends_at, ends_at__gt=self.starts_at
            )
            if others.exclude(pk=self.pk).exists():
                raise ValidationError(
                    {"starts_at": _("Another absence of this person overlaps. Change that one.")}
                )

    def is_to_hand_over(self, at: datetime) -> bool:
        """Tell whether the person's tickets have to go to somebody else now."""
        return self.holds_at(at) and not self.keeps_tickets

    def holds_at(self, at: datetime) -> bool:
        return self.starts_at <= at < self.ends_at
