"""Forms that were sent, so that one opened form acts once."""

from datetime import datetime, timedelta

from django.db import IntegrityError

from foundation.accounts.models import SentForm

KEPT = timedelta(days=2)
# A browser's Back opens the form anew with the old text in it; nobody means the same twice so soon.
SAME_TEXT = timedelta(minutes=10)


class AlreadySent(Exception):
    """The form was sent before, or its text from another opening of it."""


def claim_form(
    *,
    person_id: int,
    token: str,
    digest: str,
    text_digest: str,
    at: datetime,
    is_meant_again: bool = False,
) -> SentForm:
    """Note that a person sends an opened form, in the transaction of its act; waits for a sending
    of the same that is at work. Raises ``AlreadySent`` when it was sent before, and when its text
    was sent within ``SAME_TEXT``, unless it is meant once more; the transaction is lost with it.
    """
    if text_digest:
        earlier = SentForm.objects.filter(person_id=person_id, text_digest=text_digest)
        if not is_meant_again:
            earlier = earlier.filter(sent_at__lte=at - SAME_TEXT)
        earlier.update(text_digest="")
    try:
        sent: SentForm = SentForm.objects.create(
            person_id=person_id, token=token, digest=digest, text_digest=text_digest, sent_at=at
        )
    except IntegrityError as error:
        raise AlreadySent from error
    return sent


def note_result(sent: SentForm, location: str) -> None:
    """Keep the address of the result, for whoever sends the form again."""
    sent.location = location[:500]
    sent.save(update_fields=["location"])


def allow_again(*, person_id: int, token: str) -> None:
    """Let a form and its text be sent anew: what it did was taken back."""
    SentForm.objects.filter(person_id=person_id, token=token).delete()


def earlier_sending(*, person_id: int, token: str) -> SentForm | None:
    """Return the sending of a form with the address of its result; None when it was not sent."""
    return SentForm.objects.filter(person_id=person_id, token=token).order_by("pk").first()


def same_text_sending(*, person_id: int, text_digest: str) -> SentForm | None:
    """Return the sending that made ``claim_form`` refuse the same text; None when it is gone."""
    return SentForm.objects.filter(person_id=person_id, text_digest=text_digest).first()


def forget_sent_forms(at: datetime) -> int:
    """Delete the forms sent more than ``KEPT`` before ``at``; return how many."""
    return SentForm.objects.filter(sent_at__lt=at - KEPT).delete()[0]
