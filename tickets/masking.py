"""Which sensitive data of a ticket's texts is masked where (SPEC 3.15).

Passwords and numbers of cards and of people are masked in the ticket itself: ``Message.body`` and
``Ticket.subject``, ``description`` and ``answers`` are masked copies, and ``OriginalText`` has what
was written. Addresses of machines are what the work is about: they stay in the ticket, and are
masked in what leaves by a channel or under a contract that says so.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from foundation.core.classification import Channel
from foundation.core.sensitive import SECRET, Sensitive, find, kinds_in, masked
from tickets.models import Ticket

MAX_SUBJECT = 200
_MASKING_CHANNELS = frozenset({Channel.WHATSAPP, Channel.CHAT})


def without_secrets(text: str) -> str:
    """Return the copy of a text that the ticket shows."""
    return masked(text, SECRET)


@dataclass(frozen=True)
class TicketTexts:
    """What a person writes in a ticket itself; ``answers`` as ``Ticket.answers``."""

    subject: str
    description: str
    answers: list[dict[str, Any]]

    @property
    def kinds(self) -> str:
        """The kinds of sensitive data, as ``Ticket.sensitive`` keeps them."""
        return kinds_of([self.subject, self.description, *map(_labelled, self.answers)])

    def without_secrets(self) -> "TicketTexts":
        """Return the copy that the ticket shows."""
        return TicketTexts(
            without_secrets(self.subject)[:MAX_SUBJECT],
            without_secrets(self.description),
            [answer | {"value": _shown_value(answer)} for answer in self.answers],
        )


def _labelled(answer: dict[str, Any]) -> str:
    return "\n".join(f"{label}: {answer.get('value', '')}" for label in _labels(answer))


def _labels(answer: dict[str, Any]) -> list[str]:
    return [answer.get("label_es", ""), answer.get("label_en", "")]


def _shown_value(answer: dict[str, Any]) -> Any:
    """Return the value of an answer without secrets. The label of a field tells, too, that its
    answer is a password.
    """
    value = answer.get("value", "")
    if not isinstance(value, str):
        return value
    for label in _labels(answer):
        named = f"{label}: "
        shown = without_secrets(named + value)
        if shown != named + value and shown.startswith(named):
            return shown.removeprefix(named)
    return without_secrets(value)


def kinds_of(texts: Iterable[str]) -> str:
    """Return the kinds that the texts have, as ``Message.sensitive`` keeps them."""
    found = {kind for text in texts for kind in kinds_in(text)}
    return ",".join(kind for kind in Sensitive if kind in found)


def sure_secrets_of(text: str) -> str:
    """Return the kinds of secrets that are surely in a text, with commas between; "" without
    one.
    """
    found = {each.kind for each in find(text, SECRET) if each.is_sure}
    return ",".join(kind for kind in Sensitive if kind in found)


def kind_words(kinds: str) -> str:
    """Return the labels of kinds, which have commas between, as a sentence lists them."""
    labels = [str(Sensitive(kind).label) for kind in kinds.split(",") if kind in Sensitive.values]
    return get_text_list(labels, _("and"))


def secrets_in(**texts: str) -> dict[str, str]:
    """Return field -> why it is refused, for the texts that surely have a secret and are shown as
    they are: only a ticket and its messages keep what was written beside a masked copy.
    """
    words = _(
        "This has what looks like %(what)s. Write it in a message of the ticket, where it is "
        "masked, and leave it out here."
    )
    kinds = {name: sure_secrets_of(text) for name, text in texts.items()}
    return {name: words % {"what": kind_words(found)} for name, found in kinds.items() if found}


def leaves_masked(channel: Channel, ticket: Ticket) -> bool:
    """Tell whether texts of the ticket leave through the channel with all sensitive data masked: by
    WhatsApp and chat always; by e-mail when its contract says so, or when it has none.
    """
    if channel in _MASKING_CHANNELS:
        return True
    return channel == Channel.EMAIL and (
        ticket.binding_contract is None or ticket.binding_contract.masks_mail
    )
