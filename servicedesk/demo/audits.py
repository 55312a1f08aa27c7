"""Two external audits of the demonstration: one delivered and closed, one in the middle of its
seven days.
"""

from datetime import date, datetime, timedelta
from io import BytesIO

from PIL import Image, ImageDraw

from audits.models import AuditRequest, Evidence, EvidenceClass, VisitPlace
from audits.queries import requestable_services
from audits.services import (
    AuditPlan,
    NewEvidence,
    NewVisit,
    approve_evidence,
    convert_evidence,
    deliver_evidence,
    plan_audit,
    plan_item,
    prepare_evidence,
    request_audit,
    schedule_conference,
    set_aside,
)
from audits.workbook import make_form
from catalog.models import Contract
from foundation.accounts.models import Membership, Organization, User
from foundation.calendars.arithmetic import WorkCalendar
from foundation.core.actor import Actor
from foundation.core.classification import Channel
from foundation.documents.checking import CheckedFile, check_upload
from foundation.documents.tables import filled_form
from servicedesk.demo.house import House
from tickets.models import Ticket
from tickets.services import assign_ticket, send_attention_statement, transition_ticket

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
ITEMS = (
    "Lista de usuarios con acceso y su rol, al cierre del periodo.",
    "Captura de la configuración de contraseñas.",
    "Política de respaldos y su última prueba de restauración.",
)


def build_audits(house: House, now: datetime) -> None:
    """Request both audits and replay their steps, all of them before ``now``."""
    desk = WorkCalendar(
        timezone="America/Mexico_City", hours={day: [("09:00", "19:00")] for day in range(5)}
    )
    past = desk.next_opening(now - 45 * DAY) + HOUR
    closed = _ask(house, "andes", past, visit=None)
    _deliver(house, closed, _list_of(1), past + DAY)
    _deliver(house, closed, _settings_of(2), past + DAY + HOUR)
    bpo = house.staff["bpo"]
    set_aside(
        audit=closed,
        number=3,
        reason="La política se entregó en la auditoría anterior.",
        by=_by(bpo),
        at=past + 2 * DAY,
    )
    requester = closed.ticket.requester
    transition_ticket(
        ticket=Ticket.objects.get(pk=closed.ticket_id),
        name="approve",
        by=Actor(person_id=requester.pk),
        at=past + 3 * DAY,
    )

    start = desk.next_opening(now - 4 * DAY) + HOUR
    running = _ask(
        house,
        "norte",
        start,
        visit=NewVisit(
            VisitPlace.DATA_CENTRE, (now + 9 * DAY).date(), "Elsa Robles, Auditores Reunidos"
        ),
    )
    _deliver(house, running, _list_of(1), start + 2 * HOUR)
    _prepare(house, running, _settings_of(2), start + 3 * HOUR)
    agent = house.staff["agent"]
    plan_item(
        audit=running,
        number=3,
        preparer=house.staff["consultant"],
        prepare_by=(now + 5 * DAY).date(),
        by=_by(house.staff["audit"]),
        at=start + 3 * HOUR,
    )
    _plan(house, now)
    schedule_conference(
        audit=running,
        starts_at=desk.next_opening(now + DAY) + 2 * HOUR,
        minutes=45,
        place="https://reunion.mesa.example/auditoria",
        attendees=["elsa@auditores.example", running.ticket.requester.email, bpo.email],
        by=_by(agent),
        at=start + 4 * HOUR,
    )


def _plan(house: House, now: datetime) -> None:
    """Plan the audit that the third customer has not asked for yet."""
    contract = Contract.objects.select_related("organization").get(
        organization=house.customers["sur"]
    )
    plan_audit(
        plan=AuditPlan(
            contract=contract,
            expected_on=(now + 20 * DAY).date(),
            auditor_company="Auditores Reunidos",
            notes="El año pasado pidieron accesos y respaldos.",
        ),
        by=_by(house.staff["audit"]),
        at=now - DAY,
    )


def _ask(house: House, slug: str, at: datetime, *, visit: NewVisit | None) -> AuditRequest:
    organization: Organization = house.customers[slug]
    requester = next(
        user
        for user in house.members[slug]
        if Membership.objects.get(user=user).has_role("requester", "coordinator")
    )
    membership = Membership.objects.select_related("user", "organization").get(user=requester)
    services = requestable_services(organization, at)
    filled = filled_form(
        make_form(services, language="es"),
        [
            {
                "C4": "Auditores Reunidos",
                "C5": "Elsa Robles",
                "C6": "elsa@auditores.example",
                "C7": "Auditoría anual de controles de TI.",
                "C8": date(at.year - 1, 1, 1),
                "C9": date(at.year - 1, 12, 31),
                "C10": "Producción",
            },
            {
                cell: value
                for row, text in enumerate(ITEMS, start=2)
                for cell, value in ((f"B{row}", services[0].name_es), (f"C{row}", text))
            },
        ],
    )
    form = _file(filled, "solicitud-de-auditoria.xlsx")
    audit = request_audit(
        membership=membership,
        form=form,
        visit=visit,
        by=Actor(person_id=requester.pk, channel=Channel.PORTAL),
        at=at,
    )
    _attend(house, audit, at)
    return audit


def _attend(house: House, audit: AuditRequest, at: datetime) -> None:
    """Assign and start the ticket, and send its attention statement, as for any other ticket."""
    agent = house.staff["agent"]
    says = "Reunimos la evidencia de la lista; la recibirá en este ticket, punto por punto."
    take = at + timedelta(minutes=15)
    answered_at = at + timedelta(minutes=25)
    ticket = Ticket.objects.get(pk=audit.ticket_id)
    assign_ticket(ticket=ticket, assignee=agent, by=_by(agent), at=take)
    transition_ticket(ticket=Ticket.objects.get(pk=ticket.pk), name="start", by=_by(agent), at=take)
    ticket = Ticket.objects.get(pk=ticket.pk)
    send_attention_statement(
        ticket=ticket, body=says, estimated_at=at + 9 * DAY, by=_by(agent), at=answered_at
    )


def _prepare(house: House, audit: AuditRequest, wanted: NewEvidence, at: datetime) -> Evidence:
    preparer = house.staff["agent3"]
    evidence = prepare_evidence(audit=audit, wanted=wanted, by=_by(preparer), at=at)
    convert_evidence(evidence_id=evidence.pk, at=at)
    return evidence


def _deliver(house: House, audit: AuditRequest, wanted: NewEvidence, at: datetime) -> None:
    evidence = _prepare(house, audit, wanted, at)
    for verb, name in ((approve_evidence, "bpo2"), (deliver_evidence, "bpo")):
        person = house.staff[name]
        verb(audit=audit, evidence_id=evidence.pk, by=_by(person), at=at + HOUR)


def _by(person: User) -> Actor:
    return Actor(person_id=person.pk, channel=Channel.DESK)


def _list_of(number: int) -> NewEvidence:
    rows = (
        "usuario;rol;alta\n"
        "ana.paredes;operación;2024-03-01\n"
        "luis.cano;consulta;2024-06-12\n"
        "marta.ibarra;administración;2023-11-20\n"
    )
    file = _file(rows.encode(), "usuarios-con-acceso.csv")
    return NewEvidence(number=number, classification=EvidenceClass.INTERNAL, file=file)


def _settings_of(number: int) -> NewEvidence:
    whole = _picture(hidden=False)
    partial = _picture(hidden=True)
    return NewEvidence(
        number=number,
        classification=EvidenceClass.CONFIDENTIAL,
        file=whole,
        redacted=partial,
    )


def _picture(*, hidden: bool) -> CheckedFile:
    """Return an invented screenshot as PNG; ``hidden`` blacks out its confidential lines."""
    image = Image.new("RGB", (900, 420), "white")
    pen = ImageDraw.Draw(image)
    for line, text in enumerate(
        (
            "Longitud minima: 14",
            "Caducidad: 90 dias",
            "Servidor: 192.0.2.17",
            "Cuenta de servicio: svc-respaldo",
        )
    ):
        pen.text((40, 40 + 80 * line), text, fill="black", font_size=36)
    if hidden:
        pen.rectangle((30, 190, 870, 400), fill="black")
    found = BytesIO()
    image.save(found, "PNG")
    return _file(found.getvalue(), "contrasenas-parcial.png" if hidden else "contrasenas.png")


def _file(content: bytes, name: str) -> CheckedFile:
    return check_upload(name=name, stream=BytesIO(content), size_bytes=len(content))
