"""The hours of an organization that has set none (SPEC 4.5)."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class CalendarRole(TextChoices):
    CONTINUOUS = "continuous", _("Around the clock, without holidays")
    BUSINESS = "business", _("Business hours")
    EXTENDED = "extended", _("Extended hours")


CONTINUOUS_HOURS = {str(day): [["00:00", "24:00"]] for day in range(7)}


BUSINESS_HOURS = {str(day): [["09:00", "19:00"]] for day in range(5)}
