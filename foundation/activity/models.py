from typing import Any, ClassVar, NoReturn

from django.db import models

from foundation.core.tenancy import TenantManager, TenantModel, TenantQuerySet


class RecordIsAppendOnly(TypeError):
    """Raised by an attempt to update or delete a row of the record."""


class RecordQuerySet(TenantQuerySet[Any]):
    def update(self, **kwargs: Any) -> NoReturn:
        raise RecordIsAppendOnly(
            "The record only grows: add a new record that corrects the old one."
        )

    def delete(self) -> NoReturn:
        raise RecordIsAppendOnly("The record only grows: nothing deletes from it.")


class RecordManager(TenantManager.from_queryset(RecordQuerySet)):  # type: ignore[misc]
    pass


class Record(TenantModel):
    """A row of the record: verb, object, actor, channel and instant. Append-only.

    The payload has ids, enum codes and ISO instants only. Names and texts are personal data and
    stay in rows that can be erased. Organization, actor and object are plain ids, not foreign keys:
    a row survives the deletion of the rows it refers to.
    """

    can_belong_to_nobody = True  # null for people, support groups and the catalogue

    organization_id = models.BigIntegerField(null=True)
    at = models.DateTimeField()
    verb = models.CharField(max_length=60)
    object_type = models.CharField(max_length=40)
    object_id = models.BigIntegerField()
    person_id = models.BigIntegerField(null=True)
    system = models.CharField(max_length=60, blank=True)
    channel = models.CharField(max_length=20)
    on_behalf_of = models.BigIntegerField(null=True)
    payload = models.JSONField(default=dict)

    objects: ClassVar[RecordManager] = RecordManager()

    class Meta(TenantModel.Meta):
        ordering = ("pk",)
        indexes = (
            models.Index(fields=("object_type", "object_id", "id"), name="record_by_object"),
        )

    def __str__(self) -> str:
        return f"{self.verb} {self.object_type} {self.object_id}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is not None:
            raise RecordIsAppendOnly("A record is written once.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise RecordIsAppendOnly("The record only grows: nothing deletes from it.")
