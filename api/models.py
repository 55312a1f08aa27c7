from django.db import models


class IdempotencyKey(models.Model):
    """A response stored for 24 hours under an ``Idempotency-Key``; the same request sent again gets
    it.

    Written in the transaction of the work: both are committed, or neither. ``owner`` is ``token
    <id>`` or ``user <id>``; another owner never gets the response.
    """

    owner = models.CharField(max_length=40)
    key = models.CharField(max_length=100)
    body_sha256 = models.CharField(max_length=64)
    response_status = models.PositiveSmallIntegerField()
    response_body = models.JSONField()
    etag = models.CharField(max_length=40, blank=True)
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("owner", "key"), name="idempotency_key_unique"),
        )

    def __str__(self) -> str:
        return self.key
