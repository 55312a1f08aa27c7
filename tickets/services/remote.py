"""Sessions of remote support, noted on the ticket (SPEC 3.17)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from foundation.accounts.queries import acting_person
from foundation.accounts.roles import Capability
from foundation.core.actor import Actor
from foundation.core.errors import Invalid
from foundation.core.texts import is_blank, one_line
from tickets import verbs
from tickets.masking import secrets_in
from tickets.models import LONGEST_SUMMARY, Consent, RemoteSession, Ticket
from tickets.services.base import hold_ticket, record_ticket, require_worker
from tickets.services.errors import ActionNotAllowed
from tickets.services.times import Spent, enter_time

LONGEST_SESSION = timedelta(hours=24)
OLDEST_SESSION = timedelta(days=62)  # that is noted
_LENGTHS = {"tool": 60, "consent_by": 150, "recording": 500}


@dataclass(frozen=True, kw_only=True)
class NewSession:
    """A session of the acting person: aware instants, the tool, who of the customer consented and
    how, what was done; an address or a place of the recording, if there is one.
    """

    tool: str
    started_at: datetime
    ended_at: datetime
    consent_by: str
    consent: str
    summary: str
    recording: str = ""


@transaction.atomic
def note_session(
    *, ticket: Ticket, session: NewSession, spent: Spent | None = None, by: Actor, at: datetime
) -> RemoteSession:
    """Note a session that has ended; with ``spent``, enter it as time worked too. Customer and desk
    read it on the ticket.

    Raises ``ActionNotAllowed`` for a person who may not work on the ticket, or ``Invalid``: a field
    that is empty or too long, an end before the start or in the future, more than a day, or more
    than ``OLDEST_SESSION`` back; or as ``enter_time``.
    """
    require_worker(ticket, by)
    lines = {name: one_line(getattr(session, name)) for name in _LENGTHS}
    fields = _wrong_lines(lines) | _wrong_times(session, at)
    if session.consent not in Consent.values:
        words = _("Choose one of: %(types)s.")
        fields["consent"] = words % {"types": ", ".join(Consent.values)}
    if is_blank(session.summary):
        fields["summary"] = _("Write what was done.")
    elif len(session.summary) > LONGEST_SUMMARY:
        fields["summary"] = _("At most %(count)d characters.") % {"count": LONGEST_SUMMARY}
    # the address of a recording may have a password in it, and is shown as it is
    fields |= secrets_in(tool=lines["tool"], summary=session.summary)
    if fields:
        raise Invalid(" ".join(dict.fromkeys(fields.values())), fields=fields)
    hold_ticket(ticket.pk)
    noted: RemoteSession = RemoteSession.objects.create(
        organization_id=ticket.organization_id,
        ticket=ticket,
        person=acting_person(by),
        started_at=session.started_at,
        ended_at=session.ended_at,
        consent=session.consent,
        summary=session.summary.strip(),
        created_at=at,
        **lines,
    )
    _record(noted, verbs.SESSION_NOTED, by, at)
    if spent is not None:
        enter_time(ticket=ticket, spent=spent, by=by, at=at)
    return noted


@transaction.atomic
def remove_session(*, session: RemoteSession, by: Actor, at: datetime) -> None:
    """Remove a session of one's own or, as a supervisor, of anybody; the record keeps it. Raises
    ``ActionNotAllowed`` for somebody else's.
    """
    person = acting_person(by)
    if session.person_id != person.pk and not person.can(Capability.SUPERVISE):
        words = _("Only the person who noted it, or a supervisor, can remove it.")
        raise ActionNotAllowed(words)
    hold_ticket(session.ticket_id)
    if RemoteSession.objects.filter(pk=session.pk, removed_at=None).update(removed_at=at):
        _record(session, verbs.SESSION_REMOVED, by, at)


def _wrong_lines(lines: dict[str, str]) -> dict[str, str]:
    needed = {
        "tool": _("Name the tool of the session."),
        "consent_by": _("Name who of the customer consented."),
    }
    fields = {name: words for name, words in needed.items() if is_blank(lines[name])}
    for name, line in lines.items():
        if len(line) > _LENGTHS[name]:
            fields[name] = _("At most %(count)d characters.") % {"count": _LENGTHS[name]}
    return fields


def _wrong_times(session: NewSession, at: datetime) -> dict[str, str]:
    if session.ended_at <= session.started_at:
        return {"ended_at": _("The end comes after the start.")}
    if session.ended_at > at:
        return {"ended_at": _("A session is noted when it has ended.")}
    if session.ended_at - session.started_at > LONGEST_SESSION:
        return {"ended_at": _("A session lasts a day at most.")}
    if session.started_at < at - OLDEST_SESSION:
        return {"started_at": _("Give a day of the last two months.")}
    return {}


def _record(session: RemoteSession, verb: str, by: Actor, at: datetime) -> None:
    record_ticket(
        session.ticket,
        verb,
        by=by,
        at=at,
        session=session.pk,
        started_at=session.started_at.isoformat(),
        ended_at=session.ended_at.isoformat(),
        consent=str(session.consent),
    )
