from datetime import date

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from foundation.calendars.arithmetic import CalendarError, WorkCalendar
from foundation.calendars.defaults import CalendarRole
from foundation.calendars.wording import words_of
from foundation.configuration.models import TermsRow
from foundation.core.zones import validate_time_zone


class Calendar(TermsRow):
    """A named work calendar of an organization. ``CalendarVersion`` has its hours."""

    name = models.CharField(_("name"), max_length=80)
    role = models.CharField(_("used for"), max_length=12, choices=CalendarRole)

    class Meta(TermsRow.Meta):
        verbose_name = _("calendar")
        verbose_name_plural = _("calendars")
        ordering = ("organization_id", "role", "pk")
        constraints = (
            models.UniqueConstraint(fields=("organization", "name"), name="calendar_unique_name"),
        )

    def __str__(self) -> str:
        return self.name


class CalendarVersion(TermsRow):
    """A version of a calendar, in force from ``effective_from``: zone, weekly windows, holidays.

    Only ``redated_at`` is written after publication.
    """

    calendar = models.ForeignKey(Calendar, on_delete=models.PROTECT, related_name="+")
    number = models.PositiveIntegerField()
    time_zone = models.CharField(_("time zone"), max_length=60, validators=[validate_time_zone])
    hours = models.JSONField()  # {"0": [["09:00", "19:00"]]}, Monday is 0
    holidays = models.JSONField(default=dict, blank=True)  # {"2026-01-01": "Año Nuevo"}
    tzdata_version = models.CharField(max_length=20)
    effective_from = models.DateTimeField()
    published_at = models.DateTimeField()  # clocks that stopped before this ignore the version
    # when the due dates of all open clocks had been recomputed with it; null until then
    redated_at = models.DateTimeField(null=True, blank=True)

    class Meta(TermsRow.Meta):
        ordering = ("calendar_id", "number")
        constraints = (
            models.UniqueConstraint(fields=("calendar", "number"), name="calendar_version_unique"),
        )
        indexes = (
            models.Index(
                fields=("published_at",),
                name="calendar_version_to_redate",
                condition=models.Q(redated_at__isnull=True),
            ),
        )

    def __str__(self) -> str:
        return f"{self.calendar} v{self.number}"

    def build(self) -> WorkCalendar:
        """Return the arithmetic of this version; raises ``CalendarError`` when the data is not a
        calendar.
        """
        return WorkCalendar(
            timezone=self.time_zone,
            hours={
                int(day): [(start, end) for start, end in windows]
                for day, windows in self.hours.items()
            },
            holidays=[date.fromisoformat(day) for day in self.holidays],
        )

    def clean(self) -> None:
        super().clean()
        try:
            if (
                any(date.fromisoformat(day).isoformat() != day for day in self.holidays)
                or not set(self.hours) <= WEEKDAYS
            ):
                raise ValueError("dates and weekdays are written in one way")
            self.build()
            if not all(isinstance(name, str) for name in self.holidays.values()):
                raise TypeError("holidays have names")
        except CalendarError as error:
            raise ValidationError(words_of(error)) from error
        except (AttributeError, TypeError, ValueError) as error:
            words = _(
                "Write hours as {“0”: [[“09:00”, “19:00”]]}, Monday is 0, and holidays as "
                "{“2026-12-25”: “Navidad”}."
            )
            raise ValidationError(words) from error


WEEKDAYS = {str(day) for day in range(7)}  # the keys allowed in ``hours``
