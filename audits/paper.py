"""Builds the documents of an audit: cover, bound and signed PDF, index, invitation (SPEC 9.3, 9.4).
Writes nothing.
"""

from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _
from icalendar import Calendar, Event, vCalAddress, vText

from audits.models import AuditRequest, Conference, Evidence, EvidenceState, RequestedItem
from foundation.core.links import Link, address_of
from foundation.documents.conversion import bind
from foundation.documents.pdf import print_stylesheet, render_pdf
from foundation.documents.signing import sign_pdf, signing_keys

# The pages that follow the cover have numbers of their own.
UNNUMBERED = " @page { @bottom-right { content: none } }"


def file_name(audit: AuditRequest, evidence: Evidence) -> str:
    return f"{audit.ticket.number}-{evidence.item.number:03d}-{evidence.number}.pdf"


def index_name(audit: AuditRequest) -> str:
    return f"{audit.ticket.number}-index.json"


def sealed(audit: AuditRequest, evidence: Evidence, *, at: datetime) -> bytes:
    """Return the evidence as it is delivered at ``at``: cover, watermark, seal, signature."""
    return sign_pdf(
        bound(audit, evidence, at=at), reason=f"{audit.ticket.number} {evidence.item.number}"
    )


def bound(audit: AuditRequest, evidence: Evidence, *, at: datetime | None) -> bytes:
    """Return cover and pages as PDF, with the customer's name as watermark. Without ``at`` it is
    marked as a draft, for the approver.
    """
    language = audit.ticket.requester.language or audit.organization.language
    with translation.override(language):
        context = {
            "audit": audit,
            "evidence": evidence,
            "at": at,
            "zone": audit.organization.time_zone,
            "fingerprint": signing_keys().fingerprint,
            "verify_url": address_of(Link("verification")),
            "language": language,
        }
        cover = render_pdf(
            html=render_to_string("audits/cover.html", context),
            stylesheet=print_stylesheet() + UNNUMBERED,
        )
        title = _("Evidence %(number)d of %(audit)s") % {
            "number": evidence.item.number,
            "audit": audit.ticket.number,
        }
        mark = (
            audit.organization.name
            if at is not None
            else f"{audit.organization.name} · {_('DRAFT')}"
        )
    return bind(cover=cover, body=evidence.deliverable_file.read(), watermark=mark, title=title)


def index_of(audit: AuditRequest, *, at: datetime) -> dict[str, Any]:
    """Return the index of the delivery (SPEC 9.9): a head, then one entry per item with file names,
    hashes, and the person and instant of delivery.
    """
    entries = []
    for item in RequestedItem.objects.filter(audit=audit).order_by("number"):
        entry: dict[str, Any] = {
            "item": item.number,
            "description": item.description,
            "set_aside": item.set_aside_reason,
            "files": [],
        }
        delivered = Evidence.objects.filter(
            item=item, state=EvidenceState.DELIVERED
        ).select_related("delivered", "delivered_by", "item")
        for evidence in delivered.order_by("number"):
            assert evidence.delivered is not None
            assert evidence.delivered_at is not None
            entry["files"].append(
                {
                    "name": evidence.name if evidence.is_editable else file_name(audit, evidence),
                    "classification": evidence.classification,
                    "sha256": evidence.delivered.sha256,
                    "bytes": evidence.delivered.size_bytes,
                    "delivered_at": evidence.delivered_at.isoformat(),
                    "delivered_by": evidence.delivered_by.full_name
                    if evidence.delivered_by
                    else "",
                    "waiver": item.waiver_agreed_by if evidence.is_editable else "",
                }
            )
        entries.append(entry)
    head = {
        "audit": audit.ticket.number,
        "customer": audit.organization.name,
        "auditor": audit.auditor_company,
        "at": at.isoformat(),
    }
    return {**head, "certificate_sha256": signing_keys().fingerprint, "entries": entries}


def invitation(audit: AuditRequest, conference: Conference) -> bytes:
    """Return the conference as iCalendar (RFC 5545), with method ``CANCEL``
    when it is cancelled.
    """
    calendar = Calendar()
    calendar.add("prodid", "-//Mesa//External audits//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "CANCEL" if conference.is_cancelled else "REQUEST")
    event = Event()
    event.add("uid", f"audit-conference-{conference.pk}@{settings.MESA_MAIL_DOMAIN}")
    event.add("sequence", conference.sequence)
    event.add("dtstamp", conference.changed_at.astimezone(UTC))
    # UTC needs no VTIMEZONE and has no skipped hour
    event.add("dtstart", conference.starts_at.astimezone(UTC))
    event.add("dtend", conference.ends_at.astimezone(UTC))
    event.add("summary", f"{audit.ticket.number} · {audit.auditor_company}")
    event.add("location", vText(conference.place))
    event.add("status", "CANCELLED" if conference.is_cancelled else "CONFIRMED")
    organizer = vCalAddress(f"mailto:{settings.DEFAULT_FROM_EMAIL.rpartition('<')[2].rstrip('>')}")
    event.add("organizer", organizer)
    for each in conference.attendees:
        address = vCalAddress(f"mailto:{each}")
        address.params["RSVP"] = vText("TRUE")
        event.add("attendee", address, encode=False)
    calendar.add_component(event)
    found: bytes = calendar.to_ical()
    return found
