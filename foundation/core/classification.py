"""Classification words shared by every app (SPEC 2.1, 3.1-3.7). The stored codes are stable; the
labels are translated.
"""

from django.db.models import IntegerChoices, TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Kind(TextChoices):
    INCIDENT = "incident", _("Incident")
    REQUEST = "request", _("Service request")


class SupportType(TextChoices):
    FUNCTIONAL = "functional", _("Functional")
    TECHNICAL = "technical", _("Technical")
    TECHNOLOGICAL = "technological", _("Technological")


class _Level(TextChoices):
    """A level whose label is its term, a colon and its meaning."""

    @property
    def term(self) -> str:
        """The label without the meaning, for headings of tables."""
        return str(self.label).partition(":")[0]


class Impact(_Level):
    EXTENSIVE = "extensive", _("Extensive: the whole company")
    SIGNIFICANT = "significant", _("Significant: a business unit")
    MODERATE = "moderate", _("Moderate: a department")
    MINOR = "minor", _("Minor: one person")


class Urgency(_Level):
    CRITICAL = "critical", _("Critical: cannot work")
    HIGH = "high", _("High: work is degraded")
    MEDIUM = "medium", _("Medium: degraded, not critical")
    LOW = "low", _("Low: can work")


class Priority(IntegerChoices):
    """Ordered: a smaller number is more urgent, so that the database can sort by it."""

    CRITICAL = 1, pgettext_lazy("priority", "Critical")
    HIGH = 2, pgettext_lazy("priority", "High")
    MEDIUM = 3, pgettext_lazy("priority", "Medium")
    LOW = 4, pgettext_lazy("priority", "Low")

    @property
    def code(self) -> str:
        """The word that the API shows and accepts: ``critical`` … ``low``."""
        return self.name.lower()


class Channel(TextChoices):
    """The channel through which an act arrives (SPEC 3.4); ``desk`` and ``system`` are internal."""

    PORTAL = "portal", _("Portal")
    EMAIL = "email", _("E-mail")
    PHONE = "phone", _("Phone")
    CHAT = "chat", _("Chat")
    WHATSAPP = "whatsapp", _("WhatsApp")
    API = "api", _("API")
    MONITORING = "monitoring", _("Monitoring")
    DESK = "desk", _("Desk")
    SYSTEM = "system", _("System")


# An agent registers what the customer said through them.
ASSISTED_CHANNELS = (Channel.PHONE, Channel.EMAIL, Channel.CHAT, Channel.WHATSAPP)
# The person is present while the agent writes.
PRESENT_CHANNELS = frozenset({Channel.PHONE, Channel.CHAT, Channel.WHATSAPP})


class Environment(TextChoices):
    PRODUCTION = "production", _("Production")
    TEST = "test", _("Test")
    DEVELOPMENT = "development", _("Development")
    TRAINING = "training", _("Training")


Matrix = dict[tuple[Urgency, Impact], Priority]

_ROWS = {
    Urgency.CRITICAL: (Priority.CRITICAL, Priority.CRITICAL, Priority.HIGH, Priority.HIGH),
    Urgency.HIGH: (Priority.CRITICAL, Priority.HIGH, Priority.HIGH, Priority.MEDIUM),
    Urgency.MEDIUM: (Priority.HIGH, Priority.HIGH, Priority.MEDIUM, Priority.MEDIUM),
    Urgency.LOW: (Priority.MEDIUM, Priority.MEDIUM, Priority.LOW, Priority.LOW),
}

# Urgency rows, impact columns extensive, significant, moderate, minor (SPEC 3.7).
DEFAULT_MATRIX: Matrix = {
    (urgency, impact): priority
    for urgency, row in _ROWS.items()
    for impact, priority in zip(Impact, row, strict=True)
}
