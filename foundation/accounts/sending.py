"""Forms that were sent, so that one opened form acts once."""

from datetime import datetime, timedelta

from foundation.accounts.models import SentForm

KEPT = timedelta(days=2)


def claim_form(*, person_id: int, token: str, at: datetime) -> SentForm:
    """Note that a person sends an opened form, in the transaction of its act. Raises
    ``IntegrityError`` when it was sent before; waits for a sending that is at work.
    """
    sent: SentForm = SentForm.objects.create(person_id=person_id, token=token, sent_at=at)
    return sent


def note_result(sent: SentForm, location: str) -> None:
    """Keep the address of the result, for whoever sends the form again."""
    sent.location = location[:500]
    sent.save(update_fields=["location"])


def result_of(*, person_id: int, token: str) -> str | None:
    """Return the address of the result of a form; None when it was not sent."""
    rows = SentForm.objects.filter(person_id=person_id, token=token)
    return rows.values_list("location", flat=True).first()


def forget_sent_forms(at: datetime) -> int:
    """Delete the forms sent more than ``KEPT`` before ``at``; return how many."""
    return SentForm.objects.filter(sent_at__lt=at - KEPT).delete()[0]
