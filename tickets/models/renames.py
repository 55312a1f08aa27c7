from django.db import models


class Rename(models.Model):
    """A person or an organization has another name: the search index of their tickets is written
    anew, the oldest first; that of the ticket ``done_up_to`` and of those before it is done.
    """

    class Kind(models.TextChoices):
        PERSON = "person"
        ORGANIZATION = "company"

    kind = models.CharField(max_length=7, choices=Kind)
    object_id = models.BigIntegerField()
    done_up_to = models.BigIntegerField(default=0)
    noted_at = models.DateTimeField()

    class Meta:
        ordering = ("pk",)
        constraints = (models.UniqueConstraint(fields=("kind", "object_id"), name="rename_unique"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.object_id}"
