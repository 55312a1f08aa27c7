"""What clocks measure."""

from django.db.models import TextChoices
from django.utils.translation import pgettext_lazy


class Metric(TextChoices):
    """What a clock measures. Those ``AT_ARRIVAL`` start with the ticket, the others when what they
    measure begins.
    """

    REACTION = "reaction", pgettext_lazy("clock", "Reaction")
    ATTENTION = "attention", pgettext_lazy("clock", "Attention")
    RESOLUTION = "resolution", pgettext_lazy("clock", "Resolution")
    # the customer's: nobody is warned, no report counts it
    VALIDATION = (
        "validation",
        pgettext_lazy("clock", "Validation"),
    )
    DELIVERY = "delivery", pgettext_lazy("clock", "Audit delivery")
    RCA = "rca", pgettext_lazy("clock", "Root cause analysis")
    RESTORATION = "restoration", pgettext_lazy("clock", "Restoration")


AT_ARRIVAL = (Metric.REACTION, Metric.ATTENTION, Metric.RESOLUTION)
