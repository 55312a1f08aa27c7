"""What the desk does together on tickets of the demonstration: a merge, links, followers, tags,
tasks, times, a remote session, a marked stay.
"""

from datetime import datetime, timedelta

from foundation.accounts.models import Organization
from foundation.core.actor import Actor
from foundation.core.classification import Channel
from servicedesk.demo.house import House
from tickets.models import Activity, Audience, Consent, LinkKind, Ticket
from tickets.services import (
    NewSession,
    Spent,
    TaskPlan,
    add_checklist,
    add_note,
    add_tasks,
    enter_time,
    finish_task,
    link_tickets,
    mark_stay,
    merge_tickets,
    note_session,
    save_checklist,
    tag_ticket,
    watch_ticket,
)
from tickets.states import ACTIVE, OPEN_STATES
from tickets.stays import MARKABLE, StayMark


def relate_tickets(house: House, now: datetime) -> None:
    """Of each customer with enough active tickets, merge one into another, link and tag others, add
    tasks and times, and let the supervisor follow one. The desk's first agent does it.
    """
    by = Actor(person_id=house.staff["agent"].pk, channel=Channel.DESK)
    checklist = save_checklist(
        name="Alta de usuario",
        lines="Crear la cuenta en el directorio\nAsignar el buzón\nAvisar a su jefe inmediato",
        audience=Audience.PUBLIC,
        team=None,
        by=Actor(person_id=house.staff["supervisor"].pk, channel=Channel.DESK),
        at=now,
    )
    for organization in house.customers.values():
        tickets = _held_by_the_desk(organization)
        if len(tickets) < 4:
            continue
        survivor, related, part, absorbed = tickets[:4]
        link_tickets(ticket=related, other=survivor, kind=LinkKind.CAUSED_BY, by=by, at=now)
        link_tickets(ticket=part, other=survivor, kind=LinkKind.PART_OF, by=by, at=now)
        for ticket in (survivor, related):
            tag_ticket(ticket=ticket, names=["cierre de mes", "proveedor"], by=by, at=now)
        tag_ticket(ticket=part, names=["usuario nuevo"], by=by, at=now)
        done, *_others = add_checklist(ticket=part, checklist=checklist, by=by, at=now)
        finish_task(task=done, by=by, at=now)
        call = TaskPlan(
            "Llamar al proveedor del enlace", house.staff["agent2"], now + timedelta(days=1)
        )
        add_tasks(ticket=survivor, plans=[call], by=by, at=now)
        for spent in (
            Spent(35, Activity.REMOTE),
            Spent(20, Activity.PHONE, note="Con el proveedor"),
        ):
            enter_time(ticket=survivor, spent=spent, by=by, at=now)
        _note_work(survivor, related, by, now)
        watch_ticket(ticket=survivor, person=house.staff["supervisor"], by=by, at=now)
        if absorbed.state in OPEN_STATES:
            merge_tickets(ticket=absorbed, survivor=survivor, by=by, at=now)


def _note_work(ticket: Ticket, waiting: Ticket, by: Actor, now: datetime) -> None:
    """Note a remote session and an access on a ticket, and that another one waits for a spare
    part.
    """
    begun = now - timedelta(minutes=50)
    session = NewSession(
        tool="Asistencia rápida",
        started_at=begun,
        ended_at=begun + timedelta(minutes=35),
        consent_by=ticket.requester.full_name,
        consent=Consent.IN_TOOL,
        summary="Se revisó la configuración del equipo y se reinició el servicio.",
    )
    note_session(ticket=ticket, session=session, by=by, at=now)
    add_note(
        ticket=ticket,
        body="El proveedor abrió el acceso al enrutador 10.24.8.15 (00:1b:44:11:3a:b7).\n"
        "Usuario: soporte, contraseña: Enlace-2026!",
        by=by,
        at=now,
    )
    if waiting.state in MARKABLE:
        mark_stay(
            ticket=waiting,
            mark=StayMark.SPARE_PARTS,
            reason="Un disco para el servidor de archivos.",
            expected_on=(now + timedelta(days=4)).date(),
            by=by,
            at=now,
        )


def _held_by_the_desk(organization: Organization) -> list[Ticket]:
    """Return active tickets with an assignee that no group of a higher level holds, newest first:
    none of those that wait for their first reply.
    """
    found = Ticket.objects.filter(
        organization=organization, state__in=ACTIVE, team=None, assignee__isnull=False
    )
    return list(found.select_related("organization", "requester").order_by("-pk")[:4])
