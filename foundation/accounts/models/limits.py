from django.db import models


class ActCount(models.Model):
    """How often somebody did one kind of act in one hour of the clock (UTC). ``actor`` is
    ``person <id>``, or the name of a service account.
    """

    actor = models.CharField(max_length=60)
    act = models.CharField(max_length=12)
    hour = models.DateTimeField()
    count = models.PositiveIntegerField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("actor", "act", "hour"), name="act_count_unique"),
        )

    def __str__(self) -> str:
        return f"{self.actor} {self.act} {self.count}"
