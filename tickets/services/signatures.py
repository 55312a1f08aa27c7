"""Signatures: written by each person of the desk for themselves."""

from django.db import transaction
from django.utils.translation import gettext as _

from foundation.accounts.queries import acting_person
from foundation.accounts.roles import Capability
from foundation.core.actor import Actor
from foundation.core.errors import Invalid, Text
from foundation.core.texts import is_blank, without_blank_ends
from tickets.masking import secrets_in
from tickets.models import LONGEST_SIGNATURE, Signature
from tickets.services.errors import ActionNotAllowed


@transaction.atomic
def save_signature(*, body_es: str, body_en: str, by: Actor) -> Signature | None:
    """Save the signature of the person behind ``by``; two empty texts take it away, and None comes
    back. Raises ``ActionNotAllowed`` for who attends no tickets, or ``Invalid``: the Spanish one is
    missing, one is too long or has a secret.
    """
    person = acting_person(by)
    if not person.can(Capability.HOLD_TICKETS):
        raise ActionNotAllowed(_("Only who attends tickets has a signature."))
    texts = {"body_es": body_es, "body_en": body_en}
    if all(map(is_blank, texts.values())):
        Signature.objects.filter(person=person).delete()
        return None
    wrong: dict[str, Text] = dict(secrets_in(**texts))
    for name, text in texts.items():
        if len(text) > LONGEST_SIGNATURE:
            wrong[name] = _("At most %(count)d characters.") % {"count": LONGEST_SIGNATURE}
    if is_blank(body_es):
        wrong["body_es"] = _("Write it in Spanish too: most customers read Spanish.")
    if wrong:
        raise Invalid(" ".join(map(str, wrong.values())), fields=wrong)
    kept = {name: without_blank_ends(text) for name, text in texts.items()}
    saved, _is_new = Signature.objects.update_or_create(person=person, defaults=kept)
    return saved
