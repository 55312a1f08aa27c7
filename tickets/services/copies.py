"""Copies of a message: who else gets it by e-mail, seen by everybody (Cc) or not (Bcc)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from email.utils import parseaddr

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from foundation.accounts.queries import user_by_email
from foundation.core.errors import Invalid, Text
from tickets.models import Ticket
from tickets.permissions import may_follow

MOST_COPIES = 10  # of a message
LONGEST_ADDRESS = 254
_ODD = re.compile(r"[\"\\]|=\?")
_TYPED = re.compile(r"(?:[^<>]*<\s*)?([^<>\s]+)(?:\s*>)?")


@dataclass(frozen=True)
class Copies:
    """Addresses as they were typed: ``ana@example.com``, or ``Ana <ana@example.com>``."""

    cc: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()


NO_COPIES = Copies()


def typed_copies(cc: str, bcc: str) -> Copies:
    """Return the copies that two fields name, the addresses separated by commas, semicolons or line
    ends.
    """
    return Copies(_separated(cc), _separated(bcc))


def checked_copies(ticket: Ticket, copies: Copies) -> Copies:
    """Return the addresses alone, in small letters and each once; without the requester's, who gets
    the message anyway. Raises ``Invalid``, with the fields ``cc`` and ``bcc``: what is no address,
    too many, and people who may not read about this customer, such as somebody of another one.
    """
    wrong: dict[str, Text] = {}
    seen = {ticket.requester.email.lower()}
    found: dict[str, tuple[str, ...]] = {}
    for name, typed in (("cc", copies.cc), ("bcc", copies.bcc)):
        addresses = [each for each in map(_address, typed) if each]
        if words := _what_is_wrong(ticket, typed, addresses):
            wrong[name] = words
        fresh = [each for each in dict.fromkeys(addresses) if each not in seen]
        seen.update(fresh)
        found[name] = tuple(fresh)
    if len(found["cc"]) + len(found["bcc"]) > MOST_COPIES:
        wrong.setdefault("cc", _("At most %(count)d copies.") % {"count": MOST_COPIES})
    if wrong:
        raise Invalid(" ".join(map(str, wrong.values())), fields=wrong)
    return Copies(found["cc"], found["bcc"])


def _separated(text: str) -> tuple[str, ...]:
    parts = text.replace(";", ",").replace("\n", ",").replace("\r", ",").split(",")
    return tuple(part.strip() for part in parts if part.strip())


def _address(typed: str) -> str:
    """Return the address of ``Ana <ana@example.com>``, or of the address alone; "" for neither."""
    match = _TYPED.fullmatch(typed)
    address = match[1].lower() if match else ""
    try:
        validate_email(address)
    except ValidationError:
        return ""
    # One mailbox has one spelling here: a quoted name, an encoded word or letters that not every
    # server takes could be those of an account that is written in another way.
    is_plain = address.isascii() and not _ODD.search(address)
    return address if is_plain and len(address) <= LONGEST_ADDRESS else ""


def _own_address() -> str:
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1].lower()


def _what_is_wrong(ticket: Ticket, typed: Iterable[str], addresses: Iterable[str]) -> Text:
    odd = [each for each in typed if not _address(each)]
    if odd:
        return _("“%(text)s” is no e-mail address.") % {"text": odd[0][:100]}
    for address in addresses:
        person = user_by_email(address)
        if address == _own_address():
            words = _("%(address)s is the address that Mesa writes from.")
            return words % {"address": address}
        if person is not None and not may_follow(person, ticket):
            words = _("%(address)s may not read about %(organization)s.")
            return words % {"address": address, "organization": ticket.organization}
    return ""
