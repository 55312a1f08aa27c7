"""Forms that were sent, so that one opened form acts once."""

from datetime import datetime, timedelta

from foundation.accounts.models import SentForm

KEPT = timedelta(days=2)
# A browser's Back opens the form anew with the old text in it; nobody means the same twice so soon.
SAME_TEXT = timedelta(minutes=10)


def claim_form(
    *, person_id: int, token: str, digest: str, text_digest: str, at: datetime
) -> SentForm:
    """Note that a person sends an opened form, in the transaction of its act. Raises
    ``IntegrityError`` when it was sent before; waits for a sending that is at work.
    """
    sent: SentForm = SentForm.objects.create(
        person_id=person_id, token=token, digest=digest, text_digest=text_digest, sent_at=at
    )
    return sent


def note_result(sent: SentForm, location: str) -> None:
    """Keep the address of the result, for whoever sends the form again."""
    sent.location = location[:500]
    sent.save(update_fields=["location"])


def earlier_sending(*, person_id: int, token: str) -> SentForm | None:
    """Return the sending of a form with the address of its result; None when it was not sent."""
    return SentForm.objects.filter(person_id=person_id, token=token).order_by("pk").first()


def same_text_sending(
    *, person_id: int, token: str, text_digest: str, at: datetime
) -> SentForm | None:
    """Return the last sending of the same text by the person to the same address within
    ``SAME_TEXT``, from another opening of the form; None when there is none.
    """
    if not text_digest:
        return None
    found = SentForm.objects.filter(
        person_id=person_id, text_digest=text_digest, sent_at__gt=at - SAME_TEXT
    )
    return found.exclude(token=token).order_by("-pk").first()


def forget_sent_forms(at: datetime) -> int:
    """Delete the forms sent more than ``KEPT`` before ``at``; return how many."""
    return SentForm.objects.filter(sent_at__lt=at - KEPT).delete()[0]
