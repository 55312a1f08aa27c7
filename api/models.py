from django.db import models


class IdempotencyKey(models.Model):
    """An answer kept for 24 hours under a token's ``Idempotency-Key``: the same request sent again
    gets it again.

    Written in the transaction of the work itself, so that either both exist or neither does.
    ``owner`` is the token, or the session's person, as text; it never serves another one.
    """

    owner = models.CharField(max_length=40)
    key = models.CharField(max_length=100)
    body_sha256 = models.CharField(max_length=64)
    response_status = models.PositiveSmallIntegerField()
    response_body = models.JSONField()
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("owner", "key"), name="idempotency_key_unique"),
        )

    def __str__(self) -> str:
        return self.key
