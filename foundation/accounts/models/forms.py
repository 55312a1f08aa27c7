from django.db import models


class SentForm(models.Model):
    """A form that was opened once and sent. Written in the transaction of its act: the same form
    sent again finds ``location``, the page of its result, instead of acting twice. ``digest`` is
    the SHA-256 of what was typed and attached: the form may come back with another text.
    ``text_digest`` is that of its text at its address: the same text may come from another opening
    of the form, and a person has one row of it; "" without text, and once it may be sent anew.
    """

    person_id = models.BigIntegerField()
    token = models.CharField(max_length=32)
    digest = models.CharField(max_length=64)
    text_digest = models.CharField(max_length=64, blank=True)
    location = models.CharField(max_length=500, blank=True)
    sent_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("person_id", "token"), name="sent_form_unique"),
            models.UniqueConstraint(
                fields=("person_id", "text_digest"),
                condition=~models.Q(text_digest=""),
                name="sent_text_unique",
            ),
        )

    def __str__(self) -> str:
        return f"{self.person_id} {self.token}"
