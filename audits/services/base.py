"""Shared by the audit services: the check of role and state, messages to the
customer, the record.
"""

from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audits.models import AuditRequest, AuditState
from audits.permissions import (
    RULES,
    Act,
    has_role,
    ticket_allows,
)
from foundation.accounts.models import User
from foundation.activity.services import Fact, record
from foundation.core.actor import Actor
from foundation.core.errors import Invalid, NotAllowed
from foundation.core.texts import is_blank
from foundation.core.wording import day_words
from tickets.masking import secrets_in
from tickets.models import MessageKind
from tickets.notices import notify_reply
from tickets.services import publish_customer_informed, write_message
from tickets.services.base import locked_ticket


class NotNow(Invalid):
    """The state of the audit, its evidence or its ticket does not allow the act."""

    code = "not_now"


class EvidenceLost(NotNow):
    """The file of the evidence is missing in the storage, or some of its bytes."""

    code = "file_lost"

    def __init__(self) -> None:
        super().__init__(
            _(
                "The file of this evidence is missing on our side. Send the evidence back, so "
                "that its preparer gives the file again."
            )
        )


IS_ORIGINAL = gettext_lazy(
    "The partial picture is the original itself. Make the confidential parts unreadable first."
)
_TEXTS = {
    "approved": gettext_lazy(
        "The environment was evaluated and approved: the evidence is being gathered.\n\n%(reason)s"
    ),
    "declined": gettext_lazy(
        "The environment was evaluated and the audit was declined.\n\n%(reason)s"
    ),
    "delay": gettext_lazy(
        "The evidence will be delivered later than agreed, by %(day)s.\n\n%(reason)s"
    ),
    "visit_authorized": gettext_lazy("The visit of %(day)s is authorized.\n\n%(reason)s"),
    "visit_refused": gettext_lazy("The visit of %(day)s is not authorized.\n\n%(reason)s"),
}
_ONLY_BPO = {Act.APPROVE, Act.REFUSE, Act.DELIVER, Act.SET_ASIDE, Act.WAIVE, Act.COMPLETE}


def get_for_act(audit: AuditRequest, act: Act, user: User, *, locks: bool = False) -> AuditRequest:
    """Return the audit, read again, after checking that the person may perform the act now. With
    ``locks``, its row stays locked until the commit.

    Raises ``NotAllowed`` without a role for the act, ``NotNow`` when the state of the audit or of
    its ticket does not allow it.
    """
    if not has_role(user, act, audit.organization_id):
        if act in _ONLY_BPO:
            raise NotAllowed(
                _("Only the BPO area does this with evidence, for the customers it serves.")
            )
        raise NotAllowed(_("Your role cannot do this with audits."))
    found = lock_audit(audit) if locks else _with_ticket(AuditRequest.objects.all(), audit)
    if found.state not in RULES[act][1]:
        raise NotNow(
            _("This is not possible while the audit is: %(state)s.")
            % {"state": AuditState(found.state).label}
        )
    if not ticket_allows(act, found.ticket):
        raise NotNow(
            _("%(number)s has ended: later comments are a new ticket.")
            % {"number": found.ticket.number}
        )
    return found


def lock_audit(audit: AuditRequest) -> AuditRequest:
    """Return the audit with its ticket, both read again and locked until the commit: the ticket
    first, as the sweeps of clocks do, so that none waits for the other.
    """
    locked_ticket(audit.ticket_id)
    return _with_ticket(AuditRequest.objects.select_for_update(of=("self",)), audit)


def _with_ticket(audits: QuerySet[AuditRequest], audit: AuditRequest) -> AuditRequest:
    related = ("ticket__organization", "ticket__requester", "organization")
    return audits.select_related(*related).get(pk=audit.pk)


def lock_for_act(audit: AuditRequest, act: Act, user: User) -> AuditRequest:
    """Return the audit as ``get_for_act`` does, with its row locked until the commit."""
    return get_for_act(audit, act, user, locks=True)


def write_to_customer(
    audit: AuditRequest, what: str, *, by: Actor, at: datetime, **words: Any
) -> None:
    """Send the customer a reply through the ticket, in the requester's language. ``what`` is the
    key of the text, ``words`` are its values.
    """
    ticket = audit.ticket
    with translation.override(ticket.requester.language or audit.organization.language):
        text = str(_TEXTS[what]) % {
            name: day_words(each) if isinstance(each, date) else each
            for name, each in words.items()
        }
    message = write_message(
        ticket=ticket, kind=MessageKind.REPLY, body=text, is_from_staff=True, by=by, at=at
    )
    publish_customer_informed(ticket=ticket, message=message, by=by, at=at)
    notify_reply(ticket=ticket, message=message, at=at)


def require_text(text: str, field: str) -> str:
    """Return the stripped text; raise ``Invalid`` for ``field`` when it is empty or has a secret,
    which only a message of the ticket would mask.
    """
    stripped = text.strip()
    if is_blank(stripped):
        raise Invalid(_("Some data is missing."), fields={field: _("This is needed.")})
    if found := secrets_in(**{field: stripped}):
        raise Invalid(found[field], fields=found)
    return stripped


def record_audit(
    audit: AuditRequest, verb: str, *, by: Actor, at: datetime, **payload: Any
) -> None:
    fact = Fact(
        verb=verb,
        object_type="ticket",
        object_id=audit.ticket_id,
        payload={"audit": audit.pk, **payload},
    )
    record(organization_id=audit.organization_id, facts=[fact], by=by, at=at)
