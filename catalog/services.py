"""Publish versions of contracts and of their priority matrices (SPEC 17.3)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from catalog import verbs
from catalog.models import Contract, ContractService, ContractVersion, MatrixVersion, matrix_cells
from foundation.accounts.locks import lock_organization
from foundation.activity.services import Fact, record
from foundation.configuration.validity import check_effective
from foundation.core.actor import Actor
from foundation.core.classification import (
    DEFAULT_MATRIX,
    Impact,
    Priority,
    Urgency,
)

_TERMS = (
    "reference",
    "starts_on",
    "ends_on",
    "validation_days",
    "validation_in_business_days",
    "audit_validation_days",
    "visit_notice_days",
    "acknowledgement_is_reaction",
    "reopen_days",
    "answer_days",
    "answer_reminders",
    "no_answer_end",
    "time_asked",
    "time_step",
    "masks_mail",
    "drp_contracted",
    "currency",
    "report_language",
)


@transaction.atomic
def publish_matrix(
    *,
    contract: Contract,
    cells: Mapping[tuple[Urgency, Impact], Priority],
    effective_from: datetime,
    by: Actor,
    at: datetime,
    reason: str = "",
) -> MatrixVersion:
    """Add a version to a contract's priority matrix. Missing cells are taken from
    ``DEFAULT_MATRIX`` (SPEC 3.7).

    The version applies to tickets that arrive from ``effective_from`` on. Raises ``Invalid`` when
    ``effective_from`` is before ``at`` or not after that of the last version.
    """
    lock_organization(contract.organization_id)
    last = MatrixVersion.objects.filter(contract=contract).order_by("-number").first()
    check_effective(
        effective_from=effective_from, last=last.effective_from if last else None, at=at
    )
    version: MatrixVersion = MatrixVersion.objects.create(
        organization_id=contract.organization_id,
        contract=contract,
        number=last.number + 1 if last else 1,
        effective_from=effective_from,
        published_at=at,
        cells=matrix_cells({**DEFAULT_MATRIX, **cells}),
        reason=reason.strip(),
    )
    _record(contract, verbs.MATRIX_PUBLISHED, version.pk, by, at)
    return version


@transaction.atomic
def publish_contract(
    *, contract: Contract, reason: str, by: Actor, at: datetime
) -> ContractVersion | None:
    """Store the contract's current terms as a new version. Returns None, and writes nothing, when
    they equal the newest version's.
    """
    lock_organization(contract.organization_id)  # concurrent calls get different numbers
    terms = _terms_of(contract)
    last = ContractVersion.objects.filter(contract=contract).order_by("-number").first()
    if last is not None and last.terms == terms:
        return None
    version: ContractVersion = ContractVersion.objects.create(
        organization_id=contract.organization_id,
        contract=contract,
        number=(
            ContractVersion.objects.filter(contract=contract).aggregate(last=Max("number"))["last"]
            or 0
        )
        + 1,
        published_at=at,
        terms=terms,
        reason=reason.strip(),
    )
    _record(contract, verbs.CONTRACT_PUBLISHED, version.pk, by, at)
    return version


def _terms_of(contract: Contract) -> dict[str, Any]:
    values: dict[str, Any] = {name: getattr(contract, name) for name in _TERMS}
    values |= {
        name: day.isoformat() if (day := values[name]) else None
        for name in ("starts_on", "ends_on")
    }
    covered = ContractService.objects.filter(contract=contract).order_by("service_id")
    values["services"] = list(covered.values_list("service_id", flat=True))
    values["report_recipients"] = sorted(contract.report_recipients.values_list("pk", flat=True))
    return values


def _record(contract: Contract, verb: str, version_id: int, by: Actor, at: datetime) -> None:
    fact = Fact(
        verb=verb,
        object_type="catalog.contract",
        object_id=contract.pk,
        payload={"version": version_id},
    )
    record(organization_id=contract.organization_id, facts=[fact], by=by, at=at)
