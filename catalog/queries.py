"""Queries for the catalogue and for the contracts in force on a day. They need an open tenant
scope.
"""

from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext_lazy as _

from catalog.models import (
    Category,
    Contract,
    ContractService,
    ContractVersion,
    MatrixVersion,
    RequestTemplate,
    Service,
)
from foundation.accounts.models import Organization
from foundation.configuration.models import KEPT
from foundation.core.classification import DEFAULT_MATRIX, Matrix, SupportType
from foundation.core.errors import Invalid, NotFound


@dataclass(frozen=True)
class CatalogCategory:
    category: Category
    templates: list[RequestTemplate]


class UnknownService(Invalid):
    code = "unknown_service"


@dataclass(frozen=True)
class ContractTerms:
    """A contract with the ids of its services and its matrices, the newest first. Cached per
    process and shared: never modify it.
    """

    contract: Contract
    service_ids: frozenset[int]
    matrices: tuple[MatrixVersion, ...]


def contract_on(
    organization: Organization, day: date, *, service_id: int | None = None
) -> Contract | None:
    """Return the contract in force on a local day of the organization; None when there is none.

    With ``service_id``, only contracts that cover the service count. Of several, the one with the
    latest ``starts_on`` is returned; of two that start on the same day, the one entered last.
    """
    for terms in _contracts(organization.pk, organization.terms_stamp):
        if terms.contract.is_in_force_on(day) and (
            service_id is None or service_id in terms.service_ids
        ):
            return terms.contract
    return None


def contracts_in_force(organization: Organization, day: date) -> list[Contract]:
    """Return every contract in force on a local day of the organization, the latest ``starts_on``
    first.
    """
    return [
        terms.contract
        for terms in _contracts(organization.pk, organization.terms_stamp)
        if terms.contract.is_in_force_on(day)
    ]


@dataclass(frozen=True)
class Overlap:
    """Another contract in force on some of the same days, for some of the same services. On these
    days ``wins`` is the one that ``contract_on`` takes. ``begin_together``: both start on the same
    day, so that it is the one entered last.
    """

    other: Contract
    services: list[Service]
    wins: Contract
    begin_together: bool


def overlaps_of(contract: Contract) -> list[Overlap]:
    """Return the contracts of the same organization that overlap this one, as it is stored."""
    terms = _contracts(contract.organization_id, contract.organization.terms_stamp)
    own = next((each for each in terms if each.contract.pk == contract.pk), None)
    if own is None:
        return []
    ranks = {each.contract.pk: place for place, each in enumerate(terms)}
    found = []
    for each in terms:
        shared = own.service_ids & each.service_ids
        if each.contract.pk != contract.pk and shared and _share_days(own.contract, each.contract):
            found.append(
                Overlap(
                    each.contract,
                    list(Service.objects.filter(pk__in=shared).order_by("position", "pk")),
                    min(own.contract, each.contract, key=lambda one: ranks[one.pk]),
                    own.contract.starts_on == each.contract.starts_on,
                )
            )
    return found


def _share_days(one: Contract, other: Contract) -> bool:
    return (one.ends_on is None or other.starts_on <= one.ends_on) and (
        other.ends_on is None or one.starts_on <= other.ends_on
    )


def support_types_of(organization: Organization, contract_id: int | None) -> list[SupportType]:
    """Return the support types of a contract's services, sorted by code.

    Returns every type when the id is None or is no contract of the organization.
    """
    terms = next(
        (
            each
            for each in _contracts(organization.pk, organization.terms_stamp)
            if each.contract.pk == contract_id
        ),
        None,
    )
    if terms is None:
        return list(SupportType)
    kept = (
        Service.objects.filter(pk__in=list(terms.service_ids))
        .order_by()
        .values_list("support_type", flat=True)
        .distinct()
    )
    return sorted(SupportType(code) for code in kept)


def services_of(organization: Organization, contract_ids: list[int]) -> list[Service]:
    """Return the services that these contracts of the organization cover, in the
    catalogue's order.
    """
    terms = _contracts(organization.pk, organization.terms_stamp)
    kept = {
        service_id
        for each in terms
        if each.contract.pk in contract_ids
        for service_id in each.service_ids
    }
    return list(Service.objects.filter(pk__in=kept).order_by("position", "pk"))


def covers(organization: Organization, contract_id: int, day: date, *, service_id: int) -> bool:
    """Tell whether a contract of the organization is in force on that day and covers
    the service.
    """
    return any(
        terms.contract.pk == contract_id
        and terms.contract.is_in_force_on(day)
        and service_id in terms.service_ids
        for terms in _contracts(organization.pk, organization.terms_stamp)
    )


def matrix_for(
    organization: Organization,
    contract_id: int | None,
    at: datetime,
    *,
    known_at: datetime | None = None,
) -> Matrix:
    """Return the contract's priority matrix in force at an instant, or ``DEFAULT_MATRIX`` (SPEC
    3.7) when it has none.

    ``known_at`` skips the versions that were published after that instant.
    """
    for terms in _contracts(organization.pk, organization.terms_stamp):
        if terms.contract.pk != contract_id:
            continue
        for version in terms.matrices:
            if version.effective_from <= at and (
                known_at is None or version.published_at <= known_at
            ):
                return version.matrix
    return DEFAULT_MATRIX


def contract_as_known(contract_id: int, at: datetime) -> ContractVersion | None:
    """Return the newest version of the contract published at or before an instant; None when there
    is none.
    """
    known = ContractVersion.objects.filter(contract_id=contract_id, published_at__lte=at)
    return known.order_by("-number").first()


@lru_cache(maxsize=KEPT)
def _contracts(organization_id: int, stamp: int) -> list[ContractTerms]:
    """Return the organization's contracts, the latest ``starts_on`` first.

    The stamp is only a cache key: a write to the terms renews it, so the next call reads the rows
    again.
    """
    services: dict[int, set[int]] = {}
    for contract_id, service_id in ContractService.objects.filter(
        organization_id=organization_id
    ).values_list("contract_id", "service_id"):
        services.setdefault(contract_id, set()).add(service_id)
    matrices: dict[int, list[MatrixVersion]] = {}
    for version in MatrixVersion.objects.filter(organization_id=organization_id).order_by(
        "-number"
    ):
        matrices.setdefault(version.contract_id, []).append(version)
    return [
        ContractTerms(
            contract, frozenset(services.get(contract.pk, ())), tuple(matrices.get(contract.pk, ()))
        )
        for contract in Contract.objects.filter(organization_id=organization_id).order_by(
            "-starts_on", "-pk"
        )
    ]


def active_services() -> QuerySet[Service]:
    """Return the services that are offered, in the order of the catalogue."""
    return Service.objects.filter(is_active=True).order_by("position", "pk")


def get_contract_by_reference(organization: Organization, reference: str) -> Contract:
    """Return a contract, in force or not; raise ``NotFound`` when there is none."""
    contracts = Contract.objects.filter(organization=organization, reference=reference)
    contract = contracts.order_by("pk").first()
    if contract is None:
        raise NotFound(_("There is no such contract."))
    return contract


def get_service(slug: str) -> Service:
    """Return an active service by its slug. Raises ``UnknownService`` when there is none."""
    service = Service.objects.filter(slug=slug, is_active=True).order_by("pk").first()
    if service is None:
        raise UnknownService(
            _(
                "There is no service “%(slug)s”. The names of the services are listed in the "
                "catalogue."
            )
            % {"slug": slug},
            fields={"service": _("Unknown service.")},
        )
    return service


def contracted_service_ids(organization_ids: list[int], day: date) -> set[int]:
    """Return the ids of the services that any contract of these organizations covers on
    that day.
    """
    contracts = [
        c.pk
        for c in Contract.objects.filter(organization_id__in=organization_ids, starts_on__lte=day)
        if c.is_in_force_on(day)
    ]
    return set(
        ContractService.objects.filter(contract_id__in=contracts)
        .order_by()
        .values_list("service_id", flat=True)
    )


def catalogue(organization_ids: list[int], day: date) -> list[CatalogCategory]:
    """Return the categories with the active templates of the contracted services, empty categories
    omitted.

    When no contract in force covers any service, every active service counts (SPEC 1.2).
    """
    contracted = contracted_service_ids(organization_ids, day)
    services = Service.objects.filter(is_active=True).order_by("position", "pk")
    if contracted:
        services = services.filter(pk__in=contracted)
    templates = (
        RequestTemplate.objects.filter(is_active=True)
        .order_by("position", "pk")
        .select_related("service")
    )
    categories = Category.objects.order_by("position", "pk").prefetch_related(
        Prefetch(
            "services",
            queryset=services.prefetch_related(Prefetch("templates", queryset=templates)),
        )
    )
    found = [
        CatalogCategory(
            category,
            [
                template
                for service in category.services.all()
                for template in service.templates.all()
            ],
        )
        for category in categories
    ]
    return [entry for entry in found if entry.templates]


def active_templates() -> QuerySet[RequestTemplate]:
    """Return the templates that may be used, each with its service and fields, by service and
    name.
    """
    found = RequestTemplate.objects.filter(is_active=True, service__is_active=True)
    related = found.select_related("service__category").prefetch_related("fields")
    return related.order_by("service__name_es", "name_es", "pk")


def get_template(slug: str) -> RequestTemplate:
    """Return an active template with its service and fields; ``NotFound`` otherwise."""
    template = active_templates().filter(slug=slug).first()
    if template is None:
        raise NotFound(_("There is no such form in the catalogue."))
    return template
