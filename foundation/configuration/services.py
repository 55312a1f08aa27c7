"""The one way to put a change of configuration on the record."""

from datetime import datetime

from django.db import models, transaction

from foundation.accounts.models import (
    Organization,
    User,
)
from foundation.accounts.services import announce_organization
from foundation.activity.services import Fact, record
from foundation.configuration import verbs
from foundation.configuration.events import ConfigurationChanged
from foundation.core.actor import Actor
from foundation.core.events import publish


@transaction.atomic
def record_configuration_change(
    *, instance: models.Model, changed_fields: list[str], created: bool, by: Actor, at: datetime
) -> None:
    """Record the change of a configuration object and publish ``ConfigurationChanged``. Runs in the
    transaction that saved it.

    A new organization is also announced with ``OrganizationCreated``.
    """
    object_type = instance._meta.label_lower
    organization_id = (
        instance.pk
        if isinstance(instance, Organization)
        else getattr(instance, "organization_id", None)
    )
    verb = verbs.CREATED if created else verbs.CHANGED
    fact = Fact(
        verb=verb,
        object_type=object_type,
        object_id=instance.pk,
        payload={"fields": changed_fields},
    )
    if isinstance(instance, User):
        fact.payload["staff_roles"] = instance.staff_roles  # keep the roles after the change
    record(organization_id=organization_id, facts=[fact], by=by, at=at)
    if created and isinstance(instance, Organization):
        announce_organization(organization=instance, by=by, at=at)
    publish(
        ConfigurationChanged(
            organization_id=organization_id,
            at=at,
            object_type=object_type,
            object_id=instance.pk,
            fields=() if created else tuple(changed_fields),
        )
    )
