"""The metrics of clocks."""

from django.db.models import TextChoices
from django.utils.translation import pgettext_lazy


class Metric(TextChoices):
    """The promise that a clock measures. Metrics in ``AT_ARRIVAL`` start with the ticket;
    ``start_promise`` starts the others later.
    """

    REACTION = "reaction", pgettext_lazy("clock", "Reaction")
    ATTENTION = "attention", pgettext_lazy("clock", "Attention")
    RESOLUTION = "resolution", pgettext_lazy("clock", "Resolution")
    # the customer's period: no warnings, no breach, not in reports
    VALIDATION = (
        "validation",
        pgettext_lazy("clock", "Validation"),
    )
    DELIVERY = "delivery", pgettext_lazy("clock", "Audit delivery")
    RCA = "rca", pgettext_lazy("clock", "Root cause analysis")
    RESTORATION = "restoration", pgettext_lazy("clock", "Restoration")


AT_ARRIVAL = (Metric.REACTION, Metric.ATTENTION, Metric.RESOLUTION)
