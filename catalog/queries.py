"""The catalogue as a customer sees it, and which contract holds on a day. Run inside a tenant
scope.
"""

from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

from django.db.models import Prefetch
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
    """A contract with the services it covers and its matrices, the newest first. Kept by the
    process: nobody changes it.
    """

    contract: Contract
    service_ids: frozenset[int]
    matrices: tuple[MatrixVersion, ...]


def contract_on(
    organization: Organization, day: date, *, service_id: int | None = None
) -> Contract | None:
    """Return the contract in force on that day (local to the organization), one that covers the
    service if there is.

    When several hold, the one that started last wins.
    """
    for terms in _contracts(organization.pk, organization.terms_stamp):
        if terms.contract.is_in_force_on(day) and (
            service_id is None or service_id in terms.service_ids
        ):
            return terms.contract
    return None


def contracts_in_force(organization: Organization, day: date) -> list[Contract]:
    """Return every contract in force on that day (local to the organization), the one that started
    last first.
    """
    return [
        terms.contract
        for terms in _contracts(organization.pk, organization.terms_stamp)
        if terms.contract.is_in_force_on(day)
    ]


def support_types_of(organization: Organization, contract_id: int | None) -> list[SupportType]:
    """Return the support types of the services that a contract covers; without one, every type."""
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
    """Return the priority matrix of a contract that is in force at an instant; without one, the
    default of SPEC 3.7.

    ``known_at`` asks what was known then: it leaves out what was published later.
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
    """Return what the contract said as it was known at an instant; None when it was not
    known yet.
    """
    known = ContractVersion.objects.filter(contract_id=contract_id, published_at__lte=at)
    return known.order_by("-number").first()


@lru_cache(maxsize=KEPT)
def _contracts(organization_id: int, stamp: int) -> list[ContractTerms]:
    """Return the contracts of an organization as they stand under this stamp, the one that started
    last first.
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


def get_service(slug: str) -> Service:
    """Return an active service by its short name; ``UnknownService`` lists nothing but says how to
    find the names.
    """
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
    """Return the categories with the templates of contracted services; without any contract, all of
    them (SPEC 1.2).
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


def get_template(slug: str) -> RequestTemplate:
    """Return an active template with its service and fields; ``NotFound`` otherwise."""
    template = (
        RequestTemplate.objects.filter(slug=slug, is_active=True, service__is_active=True)
        .select_related("service__category")
        .prefetch_related("fields")
        .order_by("pk")
        .first()
    )
    if template is None:
        raise NotFound(_("There is no such form in the catalogue."))
    return template
