"""The kinds of sensitive data, and where one was found."""

from dataclasses import dataclass

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

MASK = "••••••"


class Sensitive(TextChoices):
    """What was found; the order is that of the words on a page."""

    PASSWORD = "password", _("a password")
    CARD = "card", _("a card number")
    IDENTITY = "identity", _("an identity number")
    IP = "ip", _("an IP address")
    MAC = "mac", _("a MAC address")


SECRET = frozenset({Sensitive.PASSWORD, Sensitive.CARD, Sensitive.IDENTITY})
EVERY = frozenset(Sensitive)


@dataclass(frozen=True)
class Finding:
    """A value in a text, from ``start`` to before ``end``. ``is_sure``: its form or the word before
    it leaves no doubt.
    """

    kind: Sensitive
    start: int
    end: int
    is_sure: bool = True
