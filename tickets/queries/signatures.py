"""Signatures of the people of the desk."""

from tickets.models import Message, Signature


def signature_of(person_id: int) -> Signature | None:
    return Signature.objects.filter(person=person_id).order_by("pk").first()


def signature_under(message: Message, language: str) -> str:
    """Return what stands under a message of the desk in letters in this language; "" under one of a
    customer or of the system, and of who has no signature.
    """
    if not message.is_from_staff or message.author_id is None:
        return ""
    found = signature_of(message.author_id)
    return found.text_in(language) if found is not None else ""
