"""The catalogue as a customer sees it, and which contract holds on a day. Run inside a tenant scope."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Exists, OuterRef, Prefetch, Q
from django.utils.translation import gettext_lazy as _

from catalog.models import Category, Contract, ContractService, MatrixCell, RequestTemplate, Service, matrix_of
from core.classification import Matrix
from core.errors import Invalid, NotFound


@dataclass(frozen=True)
class CatalogCategory:
    category: Category
    templates: list[RequestTemplate]


class UnknownService(Invalid):
    code = "unknown_service"


def contract_on(organization_id: int, day: date, *, service_id: int | None = None) -> Contract | None:
    """Return the contract in force on that day (local to the organization), one that covers the service if there is.

    When several hold, the one that started last wins.
    """
    contracts = Contract.objects.filter(Q(ends_on=None) | Q(ends_on__gte=day), organization_id=organization_id, starts_on__lte=day)
    if service_id is not None:
        contracts = contracts.filter(Exists(ContractService.objects.filter(contract=OuterRef("pk"), service_id=service_id)))
    return contracts.order_by("-starts_on", "-pk").first()


def matrix_for(contract: Contract | None) -> Matrix:
    """Return the priority matrix of a contract; without one, the default of SPEC 3.7."""
    if contract is None:
        return matrix_of([])
    return matrix_of(list(MatrixCell.objects.filter(contract=contract).order_by("pk")))


def get_service(slug: str) -> Service:
    """Return an active service by its short name; ``UnknownService`` lists nothing but says how to find the names."""
    service = Service.objects.filter(slug=slug, is_active=True).order_by("pk").first()
    if service is None:
        raise UnknownService(
            _("There is no service “%(slug)s”. The names of the services are listed in the catalogue.") % {"slug": slug},
            fields={"service": _("Unknown service.")},
        )
    return service


def contracted_service_ids(organization_ids: list[int], day: date) -> set[int]:
    """Return the ids of the services that any contract of these organizations covers on that day."""
    contracts = [c.pk for c in Contract.objects.filter(organization_id__in=organization_ids, starts_on__lte=day) if c.is_in_force_on(day)]
    return set(ContractService.objects.filter(contract_id__in=contracts).order_by().values_list("service_id", flat=True))


def catalogue(organization_ids: list[int], day: date) -> list[CatalogCategory]:
    """Return the categories with the templates of contracted services; without any contract, all of them (SPEC 1.2)."""
    contracted = contracted_service_ids(organization_ids, day)
    services = Service.objects.filter(is_active=True).order_by("position", "pk")
    if contracted:
        services = services.filter(pk__in=contracted)
    templates = RequestTemplate.objects.filter(is_active=True).order_by("position", "pk").select_related("service")
    categories = Category.objects.order_by("position", "pk").prefetch_related(
        Prefetch("services", queryset=services.prefetch_related(Prefetch("templates", queryset=templates)))
    )
    found = [
        CatalogCategory(category, [template for service in category.services.all() for template in service.templates.all()])
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
