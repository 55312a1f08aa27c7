"""Base of the terms of an organization, and the stamp that invalidates their caches.

Contracts, matrices, policies and calendars are read by every act on a ticket and change a few times
a year. Every write to one sets ``Organization.terms_stamp`` to a new random number. Each process
caches terms under (organization id, stamp). Requests load the stamp with the organization anyway,
so a write in any process makes the next request miss the cache.
"""

from collections.abc import Iterable
from typing import Any, ClassVar, TypeVar

from django.db import models, transaction

from foundation.accounts.models import Organization, OrganizationRow, new_stamp
from foundation.core.tenancy import TenantManager, TenantQuerySet

M = TypeVar("M", bound=models.Model)
KEPT = 1000  # organizations in each process's cache of terms, about 10 kB each


def renew_terms(organization_ids: Iterable[int]) -> None:
    """Give these organizations a new stamp, so that every process reads their terms again. Runs in
    the transaction of the write, in order of id, so that concurrent writers lock in one order.
    """
    for organization_id in sorted(set(organization_ids)):
        Organization.objects.filter(pk=organization_id).update(terms_stamp=new_stamp())


class TermsQuerySet(TenantQuerySet[M]):
    """Renews the stamp on bulk writes, which do not call the row's own ``save`` or ``delete``."""

    @transaction.atomic
    def bulk_create(self, objs: Iterable[M], *args: Any, **kwargs: Any) -> list[M]:
        rows = super().bulk_create(objs, *args, **kwargs)
        renew_terms(row.organization_id for row in rows)  # type: ignore[attr-defined]
        return rows

    @transaction.atomic
    def update(self, **kwargs: Any) -> int:
        touched = self._organizations()
        written = super().update(**kwargs)
        renew_terms(touched)
        return written

    @transaction.atomic
    def delete(self) -> tuple[int, dict[str, int]]:
        touched = self._organizations()
        deleted = super().delete()
        renew_terms(touched)
        return deleted

    def _organizations(self) -> list[int]:
        return list(self.order_by().values_list("organization_id", flat=True).distinct())


class TermsManager(TenantManager.from_queryset(TermsQuerySet)):  # type: ignore[misc]
    pass


class TermsRow(OrganizationRow):
    """Base of contracts, matrices, policies and calendars."""

    objects: ClassVar[TermsManager] = TermsManager()

    class Meta(OrganizationRow.Meta):
        abstract = True

    @transaction.atomic
    def save(self, *args: Any, **kwargs: Any) -> None:
        super().save(*args, **kwargs)
        renew_terms([self.organization_id])

    @transaction.atomic
    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        deleted = super().delete(*args, **kwargs)
        renew_terms([self.organization_id])
        return deleted
