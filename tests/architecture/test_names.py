"""How each row names itself, in the configuration and in logs."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.apps import apps
from django.utils import translation

AT = datetime(2026, 3, 2, 15, tzinfo=UTC)
DAY = date(2026, 3, 2)


def row(label: str, **fields: Any) -> Any:
    """Return an unsaved row."""
    return apps.get_model(label)(**fields)


NORTH = row("accounts.Organization", name="North")
CONTRACT = row("catalog.Contract", reference="C-1")
PERSON = row("accounts.User", email="ana@north.example", full_name="Ana")
SERVICE = row("catalog.Service", name_es="Correo", name_en="Mail")
TEAM = row("accounts.Team", name="Level two")
TICKET = row("tickets.Ticket", pk=7, subject="It fails")
CALENDAR = row("calendars.Calendar", name="Business")

NAMES: dict[str, list[tuple[dict[str, Any], str]]] = {
    "accounts.ActCount": [
        ({"actor": "person:1", "act": "replies", "count": 3}, "person:1 replies 3")
    ],
    "accounts.ApiToken": [({"pk": 5}, "token 5")],
    "accounts.Department": [({"name": "Finance"}, "Finance")],
    "accounts.Membership": [({"user": PERSON}, "Ana")],
    "accounts.Organization": [({"name": "North"}, "North")],
    "search.Entry": [({"object_type": "ticket", "object_id": 7}, "ticket 7")],
    "accounts.RoleGrant": [({"person_id": 4, "role": "bpo"}, "4 bpo")],
    "accounts.SentForm": [({"person_id": 4, "token": "abc"}, "4 abc")],
    "accounts.ServiceAccount": [({"name": "Monitoring"}, "Monitoring")],
    "accounts.Site": [({"name": "Plant"}, "Plant")],
    "accounts.Team": [({"name": "Level two"}, "Level two")],
    "accounts.User": [
        ({"email": "ana@north.example", "full_name": "Ana"}, "Ana"),
        ({"email": "ana@north.example"}, "ana@north.example"),
    ],
    "activity.Record": [
        (
            {"verb": "ticket.raised", "object_type": "ticket", "object_id": 7},
            "ticket.raised ticket 7",
        )
    ],
    "api.IdempotencyKey": [({"key": "k-1"}, "k-1")],
    "audits.AuditRequest": [
        ({"ticket": TICKET, "auditor_company": "Auditores"}, "TK-000007 Auditores")
    ],
    "audits.Conference": [({"audit_id": 3, "starts_at": AT}, "3 2026-03-02 15:00:00+00:00")],
    "audits.DelayNotice": [({"audit_id": 3, "new_date": DAY}, "3 2026-03-02")],
    "audits.Evidence": [({"item_id": 3, "number": 2, "name": "log.pdf"}, "3/2 log.pdf")],
    "audits.EvidenceReader": [({"evidence_id": 3, "person_id": 4}, "3 4")],
    "audits.RequestedItem": [({"number": 2, "description": "x" * 61}, "2. " + "x" * 60)],
    "audits.Visit": [({"audit_id": 3, "on": DAY}, "3 2026-03-02")],
    "calendars.Calendar": [({"name": "Business"}, "Business")],
    "calendars.CalendarVersion": [({"calendar": CALENDAR, "number": 2}, "Business v2")],
    "catalog.Category": [({"name_es": "Oficina", "name_en": "Office"}, "Office")],
    "catalog.Contract": [({"reference": "C-1"}, "C-1")],
    "catalog.ContractService": [({"service": SERVICE}, "Mail")],
    "catalog.ContractVersion": [({"contract": CONTRACT, "number": 2}, "C-1 v2")],
    "catalog.MatrixVersion": [({"contract": CONTRACT, "number": 2}, "C-1 v2")],
    "catalog.RequestTemplate": [({"name_es": "Alta", "name_en": "New account"}, "New account")],
    "catalog.Service": [({"name_es": "Correo", "name_en": "Mail"}, "Mail")],
    "catalog.TemplateField": [({"label_es": "Usuario", "label_en": "User"}, "User")],
    "documents.Blob": [({"sha256": "ab12"}, "ab12")],
    "duty.Absence": [({"person": PERSON, "starts_at": AT}, "Ana 2026-03-02")],
    "duty.Shift": [({"name": "Nights"}, "Nights")],
    "escalation.Coverage": [
        ({"organization": NORTH, "contract": CONTRACT}, "C-1"),
        ({"organization": NORTH}, "North"),
    ],
    "escalation.Drill": [
        ({"organization": NORTH, "started_at": AT}, "North 2026-03-02 15:00:00+00:00")
    ],
    "escalation.Escalation": [({"ticket_id": 7, "position": 2}, "7 → 2")],
    "escalation.EscalationLevel": [
        ({"position": 2, "name_es": "Dirección", "name_en": "Director"}, "2. Director")
    ],
    "escalation.EscalationMatrix": [
        ({"organization": NORTH, "contract": CONTRACT, "number": 2}, "C-1 v2"),
        ({"organization": NORTH, "number": 2}, "North v2"),
    ],
    "escalation.EscalationRule": [({"name": "Silence"}, "Silence")],
    "escalation.RuleLog": [({"ticket_id": 7, "key": "silence:1"}, "7 silence:1")],
    "escalation.SilenceWatch": [({"ticket_id": 7, "run_after": AT}, "7 2026-03-02 15:00:00+00:00")],
    "tickets.OriginalText": [
        ({"ticket_id": 7}, "7"),
        ({"ticket_id": 7, "message_id": 3}, "7 3"),
    ],
    "notifications.OutboxMessage": [
        ({"to_email": "a@x.example", "subject": "Hello"}, "a@x.example: Hello"),
        ({"to_email": "a@x.example", "template": "ticket_reply"}, "a@x.example: ticket_reply"),
    ],
    "reports.ReportIssue": [({"month": DAY, "version": 2}, "2026-03 v2")],
    "reports.Simulation": [({"name": "Shorter reaction"}, "Shorter reaction")],
    "reports.SimulationPart": [
        ({"simulation_id": 3, "organization_id": 1, "month": DAY}, "3 1 2026-03")
    ],
    "sla.Announcement": [({"clock_id": 3, "percent": 75}, "3 75 %")],
    "sla.Clock": [({"metric": "reaction", "ticket_id": 7}, "reaction 7")],
    "sla.ClockSegment": [({"clock_id": 3, "number": 2}, "3/2")],
    "sla.PolicyTarget": [
        ({"metric": "reaction", "priority": 1, "minutes": 30}, "Reaction Critical: 30 min"),
        ({"metric": "attention", "priority": 4, "days": 3}, "Attention Low: 3 d"),
    ],
    "sla.PolicyVersion": [
        ({"organization": NORTH, "contract": CONTRACT, "number": 2}, "C-1 v2"),
        ({"organization": NORTH, "person": PERSON, "number": 2}, "Ana v2"),
        ({"organization": NORTH, "number": 2}, "North v2"),
    ],
    "audits.PlannedAudit": [({"contract_id": 3, "expected_on": DAY}, "3 2026-03-02")],
    "tickets.AgentProfile": [({"person": PERSON}, "Ana")],
    "tickets.AssignmentChoice": [({"ticket_id": 7, "person_id": 4}, "7 4")],
    "tickets.Attachment": [({"name": "log.txt"}, "log.txt")],
    "tickets.GroupAssignment": [({"team": TEAM}, "Level two")],
    "tickets.Merge": [({"absorbed_id": 7, "survivor_id": 9}, "7 → 9")],
    "tickets.Message": [({"kind": "note", "pk": 9}, "Internal note 9")],
    "tickets.HeldMessage": [({"ticket_id": 7, "kind": "reply"}, "7 reply")],
    "tickets.HeldFile": [({"name": "a.pdf"}, "a.pdf")],
    "tickets.Rename": [({"kind": "person", "object_id": 7}, "person 7")],
    "tickets.Macro": [({"name": "Ask"}, "Ask")],
    "tickets.Recurrence": [({"name": "Backups"}, "Backups")],
    "tickets.RecurrenceDay": [
        ({"recurrence_id": 7, "day": date(2026, 3, 2)}, "7 2026-03-02"),
    ],
    "tickets.SavedReply": [({"name": "Restart"}, "Restart")],
    "tickets.SavedView": [({"name": "My printers"}, "My printers")],
    "tickets.StateInterval": [
        ({"state": "solved", "started_at": AT}, "solved 2026-03-02 15:00:00+00:00")
    ],
    "tickets.Ticket": [({"pk": 7, "subject": "It fails"}, "TK-000007 It fails")],
    "tickets.Tag": [({"name": "VPN"}, "VPN")],
    "tickets.TicketTag": [({"ticket_id": 7, "tag_id": 3}, "7 3")],
    "tickets.Checklist": [({"name": "New user"}, "New user")],
    "tickets.Task": [({"title": "Call"}, "Call")],
    "tickets.TimeEntry": [({"ticket_id": 7, "minutes": 30}, "7 30 min")],
    "tickets.RemoteSession": [
        ({"ticket_id": 7, "tool": "Screen", "started_at": "09:00"}, "7 Screen 09:00")
    ],
    "tickets.FunctionalAnalysis": [
        ({"ticket_id": 7, "kind": "delete", "tables": "invoices"}, "7 delete invoices")
    ],
    "tickets.Signature": [({"person_id": 4}, "4")],
    "tickets.Snooze": [
        ({"ticket_id": 7, "until": AT}, "7 2026-03-02 15:00"),
    ],
    "tickets.TicketLink": [({"source_id": 7, "kind": "related", "target_id": 9}, "7 related 9")],
    "tickets.Watcher": [({"ticket_id": 7, "person_id": 4}, "7 4")],
    "webhooks.Endpoint": [({"name": "Receiver"}, "Receiver")],
    "webhooks.Delivery": [({"event_id": "evt_7"}, "evt_7")],
    "webhooks.Attempt": [({"delivery_id": 7, "at": AT}, "7 2026-03-02T15:00:00+00:00")],
    "tickets.Visit": [({"ticket_id": 7, "person_id": 4}, "7 4")],
}


@pytest.mark.parametrize(
    ("label", "fields", "expected"),
    [(label, fields, words) for label, cases in NAMES.items() for fields, words in cases],
)
def test_a_row_names_itself(label: str, fields: dict[str, Any], expected: str) -> None:
    with translation.override("en"):
        assert str(row(label, **fields)) == expected


def test_every_model_with_a_name_of_its_own_is_listed() -> None:
    named = {
        model._meta.label
        for model in apps.get_models()
        if any("__str__" in each.__dict__ for each in model.__mro__[:2])
        and not model.__module__.startswith(("django", "allauth"))
    }

    assert named == NAMES.keys()
