"""Why a ticket ends without a solution (SPEC 3.8)."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class EndCause(TextChoices):
    """``DUPLICATE`` names the other ticket, ``REQUESTED`` who asked and how."""

    DUPLICATE = "duplicate", _("Duplicate of another ticket")
    REQUESTED = "requested", _("The customer asked for it")
    INCOMPLETE = "incomplete", _("The minimum information is missing")
    NO_ANSWER = "no_answer", _("The customer did not answer")
    OUT_OF_SCOPE = "out_of_scope", _("Outside the contracted services")
    NOT_ENTITLED = "not_entitled", _("Not from a valid user")
    JUNK = "junk", _("Junk or automatic mail")
    WRONG_CUSTOMER = "elsewhere", _("Registered for the wrong company")
    OTHER = "other", _("Another cause")


CALLED_OFF = (EndCause.REQUESTED, EndCause.DUPLICATE)
CLOSED_OFF = (*CALLED_OFF, EndCause.NO_ANSWER)  # after work began
REFUSED = (
    EndCause.INCOMPLETE,
    EndCause.NO_ANSWER,
    EndCause.OUT_OF_SCOPE,
    EndCause.NOT_ENTITLED,
    EndCause.JUNK,
    EndCause.WRONG_CUSTOMER,
    EndCause.OTHER,
)
# What each cause needs beside its name, of ``TransitionDetails``.
CAUSE_NEEDS: dict[EndCause, tuple[str, ...]] = {
    EndCause.DUPLICATE: ("duplicate_of",),
    EndCause.REQUESTED: ("asked_by", "asked_channel"),
}
