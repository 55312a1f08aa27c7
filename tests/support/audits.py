"""Builders for audit tests: filled forms, checked files, audits with evidence."""

from collections.abc import Callable
from datetime import date, datetime
from io import BytesIO
from typing import Any

from django.utils import timezone
from openpyxl import Workbook, load_workbook
from PIL import Image

from audits import services
from audits.models import AuditRequest, Conference, Evidence, EvidenceClass
from audits.queries import requestable_services
from audits.reading import FormRefused, WantedAudit, read_form
from audits.services import (
    NewEvidence,
    approve_evidence,
    deliver_evidence,
    prepare_evidence,
    request_audit,
)
from audits.workbook import make_form
from foundation.accounts.models import Membership, User
from foundation.core.classification import Channel
from foundation.documents.checking import CheckedFile, check_upload
from foundation.notifications.models import OutboxMessage
from tests.support.house import (
    DAY,
    HOUR,
    MONDAY_9AM,
    House,
    by,
)

BPO = "bpo"
FIELDS = {
    "C4": "Auditores Reunidos",
    "C5": "Elsa Robles",
    "C6": "elsa@auditores.example",
    "C7": "Auditoría anual de controles",
    "C8": date(2025, 1, 1),
    "C9": "2025-12-31",
    "C10": "Production",
}
ITEMS_OF_TABLE = (("erp", "A"), ("erp", "B"), ("erp", "C"))
ITEMS = (("erp", "Lista de usuarios con acceso"), ("erp", "Política de respaldos"))


def filled(
    house: House,
    *,
    fields: dict[str, Any] | None = None,
    items: Any = ITEMS,
    at: datetime = MONDAY_9AM,
    change: Callable[[Workbook], None] = lambda _book: None,
) -> bytes:
    """Return the north's request form, filled in and then changed, as XLSX."""
    book = load_workbook(BytesIO(make_form(requestable_services(house.north, at), language="en")))
    request = book.worksheets[0]
    listed = book.worksheets[1]
    for cell, value in (FIELDS | (fields or {})).items():
        request[cell] = value
    for row, (slug, text) in enumerate(items, start=2):
        listed[f"B{row}"] = house.services[slug].name_es if slug in house.services else slug
        listed[f"C{row}"] = text
    change(book)
    found = BytesIO()
    book.save(found)
    return found.getvalue()


def upload(content: bytes, name: str) -> CheckedFile:
    return check_upload(name=name, stream=BytesIO(content), size_bytes=len(content))


def picture(color: str = "red") -> CheckedFile:
    found = BytesIO()
    Image.new("RGB", (320, 200), color).save(found, "PNG")
    return upload(found.getvalue(), f"{color}.png")


def text(words: str = "usuario;rol\nana;admin\n") -> CheckedFile:
    return upload(words.encode(), "usuarios.csv")


def membership(house: House, role: str = "requester") -> Membership:
    return Membership.objects.select_related("user", "organization").get(
        user=house.people[role], organization=house.north
    )


def ask(house: House, *, at: datetime = MONDAY_9AM, **more: Any) -> AuditRequest:
    form = upload(
        filled(
            house, at=at, **{name: more.pop(name) for name in ("fields", "items") if name in more}
        ),
        "solicitud.xlsx",
    )
    return request_audit(
        membership=membership(house),
        form=form,
        by=by(house.requester, Channel.PORTAL),
        at=at,
        **more,
    )


def prepare(
    house: House,
    audit: AuditRequest,
    number: int = 1,
    *,
    user: User | None = None,
    at: datetime = MONDAY_9AM,
    **more: Any,
) -> Evidence:
    values: dict[str, Any] = {
        "classification": EvidenceClass.INTERNAL,
        "file": text(),
    } | more
    evidence = prepare_evidence(
        audit=audit,
        wanted=NewEvidence(number=number, **values),
        by=by(user or house.agent),
        at=at,
    )
    return convert(evidence, at=at)


def convert(evidence: Evidence, *, at: datetime | None = None) -> Evidence:
    """Convert submitted evidence as the worker does, and return it read again."""
    services.convert_evidence(evidence_id=evidence.pk, at=at or timezone.now())
    return Evidence.objects.select_related("item__audit", "deliverable").get(pk=evidence.pk)


def approve(
    house: House,
    audit: AuditRequest,
    evidence: Evidence,
    *,
    user: User | None = None,
    at: datetime = MONDAY_9AM,
) -> Evidence:
    person = user or house.staff["bpo"]
    return approve_evidence(audit=audit, evidence_id=evidence.pk, by=by(person), at=at)


def deliver(
    house: House,
    audit: AuditRequest,
    evidence: Evidence,
    *,
    user: User | None = None,
    at: datetime = MONDAY_9AM,
) -> Evidence:
    person = user or house.staff["bpo"]
    return deliver_evidence(audit=audit, evidence_id=evidence.pk, by=by(person), at=at)


def leave(
    house: House, audit: AuditRequest, number: int = 1, *, at: datetime = MONDAY_9AM, **more: Any
) -> Evidence:
    """Prepare, approve and deliver evidence for an item."""
    evidence = prepare(house, audit, number, at=at, **more)
    approve(house, audit, evidence, at=at)
    return deliver(house, audit, evidence, at=at)


class Undone(Exception):
    """Raised to roll back the transaction of an act that was only tried."""


def again(audit: AuditRequest) -> AuditRequest:
    return AuditRequest.objects.get(pk=audit.pk)


def told(template: str) -> list[str]:
    return sorted(
        OutboxMessage.objects.filter(template=template).values_list("to_email", flat=True)
    )


def delivered(house: House, at: datetime = MONDAY_9AM + DAY) -> AuditRequest:
    audit = ask(house)
    leave(house, audit, 1, at=at)
    bpo = house.staff[BPO]
    services.set_aside(
        audit=audit, number=2, reason="There is no such policy.", by=by(bpo), at=at + HOUR
    )
    return again(audit)


def confer(house: House, audit: AuditRequest, starts_at: datetime = MONDAY_9AM + DAY) -> Conference:
    """Schedule a conference of the audit, for the day after if nothing else is given."""
    return services.schedule_conference(
        audit=audit,
        starts_at=starts_at,
        minutes=60,
        place="Sala 1",
        attendees=["x@y.example"],
        by=by(house.agent),
        at=MONDAY_9AM,
    )


# SPEC 9.4-9.8 written by hand, independent of the code under test: act -> (staff who may do it,
# states of the audit in which they may).
EVERYONE_WHO_PREPARES = {
    "agent",
    "agent2",
    "consultant",
    "desk_supervisor",
    "desk_manager",
    "audit_area",
    "bpo",
}
COORDINATES = {"agent", "agent2", "desk_supervisor", "desk_manager", "audit_area", "bpo"}
TABLE: dict[str, tuple[set[str], set[str]]] = {
    "evaluate": ({"audit_area"}, {"evaluating"}),
    "plan_item": (COORDINATES, {"evaluating", "open"}),
    "prepare": (EVERYONE_WHO_PREPARES, {"open"}),
    "approve": ({"bpo"}, {"open"}),
    "refuse": ({"bpo"}, {"open"}),
    "deliver": ({"bpo"}, {"open"}),
    "set_aside": ({"bpo"}, {"open"}),
    "waive": ({"bpo"}, {"open"}),
    "complete": ({"bpo"}, {"open"}),
    "send_delay_notice": (COORDINATES, {"evaluating", "open"}),
    "schedule": (COORDINATES, {"evaluating", "open"}),
    "move_conference": (COORDINATES, {"evaluating", "open"}),
    "cancel_conference": (COORDINATES, {"evaluating", "open", "stopped", "delivered"}),
    "answer_visit": (COORDINATES, {"evaluating", "open", "delivered"}),
    "stop": (EVERYONE_WHO_PREPARES, {"evaluating", "open"}),
    "resume": ({"audit_area"}, {"stopped"}),
    "release": ({"bpo"}, {"evaluating", "open"}),
}


def read(house: House, cells: dict[str, Any] | None = None, **more: Any) -> WantedAudit:
    return read_form(
        BytesIO(filled(house, fields=cells, **more)),
        requestable_services(house.north, MONDAY_9AM),
        at=MONDAY_9AM,
    )


def refusals(house: House, cells: dict[str, Any] | None = None, **more: Any) -> dict[str, str]:
    """Return the message of each refused cell, by the name of the cell."""
    try:
        read(house, cells, **more)
    except FormRefused as error:
        return {where.partition("!")[2]: str(text) for where, text in error.fields.items()}
    return {}
