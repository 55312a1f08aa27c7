"""A house with a row of everything, and the addresses of its routes filled with the ids of these
rows.
"""

import json
import re
from datetime import date, timedelta

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client

from audits.services import AuditPlan, plan_audit, schedule_conference
from catalog.models import Contract
from escalation.models import Cause, Escalation, EscalationRule
from escalation.queries import acknowledge_token
from escalation.services import escalate_ticket
from foundation.accounts.models import User
from foundation.accounts.services import issue_service_account_token
from foundation.core.actor import system_actor
from foundation.duty.models import Absence, Shift
from foundation.webhooks.models import Delivery
from reports.services import NewSimulation, request_report, request_simulation
from sla.policies.models import PolicyVersion
from sla.simulation.drafts import IN_FORCE
from tests.architecture.routes import Route
from tests.support.audits import ask, prepare
from tests.support.house import (
    MONDAY_9AM,
    SETUP,
    House,
    by,
    make_ticket,
)
from tests.support.recurring import recurring
from tests.support.webhooks import endpoint
from tickets.models import (
    AgentProfile,
    Attachment,
    GroupAssignment,
    NotRaised,
    RecurrenceDay,
)
from tickets.services import (
    Analysis,
    MacroActs,
    NewSession,
    TaskPlan,
    add_tasks,
    note_run,
    note_session,
    reply_as_customer,
    save_checklist,
    save_macro,
    save_reply,
    save_view,
    write_analysis,
)
from tickets.services.attachments import attach_files

CANARY = "Canary of the north"
REPORT_QUERY = "?organization=north&month=2026-03"
QUERIES = {
    "admin:autocomplete": "?app_label=catalog&model_name=contract&field_name=organization",
    "api:service_level": REPORT_QUERY,
    "api:terms": "?organization=north",
    "api:coverage": "?organization=north",
    "admin:coverage_drill": "?customer=north",
    "api:service_level_format": REPORT_QUERY,
}


@pytest.fixture
def world(house: House) -> dict[str, str]:
    """Rows of the north with the canary in them, and the values that fill the routes."""
    house.north.name = CANARY
    house.north.save()
    webhook = endpoint(
        house, f"https://{CANARY.split(maxsplit=1)[0]}.example/", organization=house.north
    )
    ticket = make_ticket(
        house, at=MONDAY_9AM, subject=CANARY, description=f"{CANARY}, password: North-1"
    )
    from django.core.files.base import ContentFile

    from foundation.documents.checking import check_upload

    for delivery in Delivery.objects.all():  # texts in ``tests/written`` have the ids
        delivery.event_id = f"evt_{delivery.pk:032x}"
        delivery.body = json.dumps({"subject": CANARY})
        delivery.save()
    file = check_upload(
        name="note.txt", stream=ContentFile(CANARY.encode()), size_bytes=len(CANARY)
    )
    attach_files(ticket=ticket, message=None, files=[file], at=MONDAY_9AM)
    audit = ask(house)
    evidence = prepare(house, audit)
    conference = schedule_conference(
        audit=audit,
        starts_at=MONDAY_9AM + timedelta(days=1),
        minutes=30,
        place="Room",
        attendees=["x@y.example"],
        by=by(house.agent),
        at=MONDAY_9AM,
    )
    planned = plan_audit(
        plan=AuditPlan(
            Contract.objects.get(organization=house.north), date(2026, 4, 6), notes=CANARY
        ),
        by=by(house.agent),
        at=MONDAY_9AM,
    )
    escalation = escalate_ticket(
        ticket=ticket, cause=Cause.REQUEST, cause_key="walk", by=SETUP, at=MONDAY_9AM
    )
    assert isinstance(escalation, Escalation)
    issue = request_report(
        organization=house.north,
        month=MONDAY_9AM.date().replace(day=1),
        language="en",
        by=system_actor("walk"),
        at=MONDAY_9AM,
    )
    simulation = request_simulation(
        wanted=NewSimulation(
            name=CANARY,
            draft=IN_FORCE.as_data(),
            organizations=[house.north],
            first_month=MONDAY_9AM.date().replace(day=1),
            last_month=MONDAY_9AM.date().replace(day=1),
        ),
        by=by(house.staff["desk_manager"]),
        at=MONDAY_9AM,
    )
    issue_service_account_token(
        name="Watcher",
        organization=house.north,
        contact=house.people["coordinator"],
        by=SETUP,
        at=MONDAY_9AM,
    )
    reply = save_reply(
        name="Restart",
        body_es="Hola.",
        body_en="",
        audience="public",
        team=None,
        by=by(house.staff["desk_supervisor"]),
        at=MONDAY_9AM,
    )
    view = save_view(
        name="Critical",
        query="view=all&priority=1",
        audience="public",
        team=None,
        by=by(house.staff["desk_supervisor"]),
        at=MONDAY_9AM,
    )
    message = reply_as_customer(
        ticket=ticket, body=f"{CANARY}, PIN: 4711", by=by(house.requester), at=MONDAY_9AM
    )
    (task,) = add_tasks(ticket=ticket, plans=[TaskPlan(CANARY)], by=by(house.agent), at=MONDAY_9AM)
    remote = note_session(
        ticket=ticket,
        session=NewSession(
            tool="Screen",
            started_at=MONDAY_9AM - timedelta(hours=1),
            ended_at=MONDAY_9AM,
            consent_by=CANARY,
            consent="phone",
            summary=CANARY,
        ),
        by=by(house.agent),
        at=MONDAY_9AM,
    )
    analysis = write_analysis(
        ticket=ticket,
        analysis=Analysis(
            kind="update",
            environment="test",
            tables=CANARY,
            finding=CANARY,
            change=CANARY,
            undoing=CANARY,
        ),
        by=by(house.agent),
        at=MONDAY_9AM,
    )
    note_run(analysis=analysis, rows=1, by=by(house.agent), at=MONDAY_9AM)  # it stays
    checklist = save_checklist(
        name="New user",
        lines="Account\nMailbox",
        audience="public",
        team=None,
        by=by(house.staff["desk_supervisor"]),
        at=MONDAY_9AM,
    )
    macro = save_macro(
        name="Ask",
        acts=MacroActs(tags="vpn"),
        audience="public",
        team=None,
        by=by(house.staff["desk_supervisor"]),
        at=MONDAY_9AM,
    )
    recurrence = recurring(house, "FREQ=DAILY", name=CANARY, description=CANARY)
    missed = RecurrenceDay.objects.create(
        organization=house.north,
        recurrence=recurrence,
        day=MONDAY_9AM.date() - timedelta(days=7),
        due_at=MONDAY_9AM - timedelta(days=7),
        problem=NotRaised.LATE,
    )
    Shift.objects.create(name="Days", hours={"0": [["08:00", "16:00"]]})
    AgentProfile.objects.create(person=house.agent)
    GroupAssignment.objects.create(team=house.level_two)
    EscalationRule.objects.create(name="Loud", trigger="clock", percent=90, action="raise")
    Absence.objects.create(
        person=house.agent, starts_at=MONDAY_9AM, ends_at=MONDAY_9AM + timedelta(days=1)
    )
    PolicyVersion.objects.create(
        organization=house.north, contract=house.contract, number=1, effective_from=MONDAY_9AM
    )
    return {
        "number": ticket.number,
        "metric": "reaction",
        "slug": "north",
        "month": "2026-03",
        "attachment_id": str(Attachment.objects.get(name="note.txt").pk),
        "file_id": str(Attachment.objects.get(name="note.txt").pk),
        "token": acknowledge_token(escalation, house.agent),
        "escalation_id": str(escalation.pk),
        "reply_id": str(reply.pk),
        "issue_id": str(issue.pk),
        "simulation_id": str(simulation.pk),
        "name": "approve",
        "format": "pdf",
        "app_label": "accounts",
        "audit": audit.ticket.number,
        "evidence_id": str(evidence.pk),
        "conference_id": str(conference.pk),
        "pk": str(conference.pk),
        "item": "1",
        "plan_id": str(planned.pk),
        "target": str(evidence.pk),
        "kind": "draft",
        "grant_id": "1",
        "decision": "grant",
        "step": "approve",
        "group": "customer",
        "file_type": "csv",
        "view_id": str(view.pk),
        "view": str(view.pk),
        "person_id": str(house.agent.pk),
        "link_id": "1",
        "tag_id": "1",
        "task_id": str(task.pk),
        "checklist_id": str(checklist.pk),
        "macro_id": str(macro.pk),
        "recurrence_id": str(recurrence.pk),
        "day_id": str(missed.pk),
        "act": "finish",
        "entry_id": "1",
        "session_id": str(remote.pk),
        "analysis_id": str(analysis.pk),
        "message_id": str(message.pk),
        "held_id": "1",
        "endpoint_id": str(webhook.pk),
        "event_id": Delivery.objects.order_by("pk")[0].event_id,
    }


def path_of(route: Route, values: dict[str, str]) -> str:
    """Fill the route with the north's values; configuration objects are looked up by model."""
    if "<path:object_id>" in route.pattern:
        values = {**values, "object_id": str(_object_of(route.pattern))}
    if "audits/" in route.pattern:
        values = {**values, "number": values["audit"]}
    if route.name == "admin:ticket_panel":
        values = {**values, "name": "history"}
    if route.name == "portal:new_ticket":
        values = {**values, "slug": "erp-error"}
    path = re.sub(
        r"<(?:\w+:)?(\w+)>",
        lambda m: values.get(m[1], "x"),
        re.sub(r"\(\?P<(\w+)>[^()]*\)", r"<\1>", route.pattern),
    )
    return "/" + path.replace("^", "").replace("$", "") + QUERIES.get(route.name, "")


def _object_of(pattern: str) -> int:
    from django.apps import apps

    _admin, app, model = pattern.split("/")[:3]
    if app == "r":
        return 1
    found = apps.get_model(app, model).objects.order_by("pk")
    first = (
        found.filter(organization__slug="north").first()
        if any(f.name == "organization" for f in found.model._meta.fields)
        else found.first()
    )
    return first.pk if first is not None else 1


def signed_in(user: User | None, sessions: dict[int, str]) -> Client:
    """Return a new client with the user's session, which is created on first use."""
    client = Client()
    if user is None:
        return client
    if user.pk not in sessions or not Session.objects.filter(pk=sessions[user.pk]).exists():
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        sessions[user.pk] = client.cookies[settings.SESSION_COOKIE_NAME].value
    client.cookies[settings.SESSION_COOKIE_NAME] = sessions[user.pk]
    return client
