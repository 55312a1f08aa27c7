"""The rows of the index. The database's own index over their words is made by the migration."""

from django.db import models

from foundation.core.tenancy import TenantModel


class Audience(models.IntegerChoices):
    """Who is found what in a row. An object without internal texts has one row, for both."""

    CUSTOMERS = 1
    STAFF = 2
    BOTH = 3


class Entry(TenantModel):
    """The words of an object, named by type and id, as an audience may read them."""

    organization_id = models.BigIntegerField()
    object_type = models.CharField(max_length=20)
    object_id = models.BigIntegerField()
    audience = models.PositiveSmallIntegerField(choices=Audience)
    words = models.TextField()  # in their order, with a blank between two and | between two texts
    stems = models.TextField()

    class Meta(TenantModel.Meta):
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(
                fields=("object_type", "object_id", "audience"), name="search_entry_unique"
            ),
        )

    def __str__(self) -> str:
        return f"{self.object_type} {self.object_id}"
