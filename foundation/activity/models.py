from typing import Any, ClassVar, NoReturn

from django.db import models

from foundation.core.tenancy import TenantManager, TenantModel, TenantQuerySet


class RecordIsAppendOnly(TypeError):
    """Someone tried to change or delete a row of the record."""


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
    """One line of what happened: who, when, to what, through which channel. Append-only.

    The payload holds ids, enum codes and ISO instants, never names or texts: those live in rows
    that can be erased. Organization, actor and object are values, not keys, so that the record
    outlives what it speaks of.
    """

    can_belong_to_nobody = True  # what happened to the installation: its people, groups, catalogue

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
