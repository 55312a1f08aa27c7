"""From the body of ``POST tickets/{number}/replies/`` to the message that it adds."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from rest_framework.request import Request

from api.tickets.times import spent_of
from foundation.core.actor import Actor
from foundation.core.classification import Channel
from foundation.core.errors import Invalid
from tickets import services
from tickets.models import Message, MessageKind, Ticket
from tickets.services import Copies
from tickets.states import State
from web.requests import actor, person


def send_reply(request: Request, ticket: Ticket, data: dict[str, Any], at: datetime) -> Message:
    """Add the message of the person's side. Raises ``Invalid`` for a kind that is not theirs, or
    without what its kind or the ticket's state needs.
    """
    by = actor(request._request, Channel.API)
    if not person(request).is_staff:
        return _customer_reply(ticket, data, by, at)
    ticket = services.send_what_is_held(ticket=ticket, by=by, at=at)
    if data["still_fails"] is not None:
        words = _("Only the customer says whether it still fails.")
        raise Invalid(words, fields={"still_fails": words})
    spent = spent_of(data["spent"])
    copies = Copies(tuple(data["cc"]), tuple(data["bcc"]))
    if data["kind"] == MessageKind.NOTE:
        _require_no_copies(data, _("An internal note is sent to nobody."))
        return services.add_note(ticket=ticket, body=data["body"], spent=spent, by=by, at=at)
    if data["kind"] == MessageKind.STATEMENT:
        if data.get("estimated_at") is None:
            raise Invalid(
                _("An attention statement needs the expected time."),
                fields={"estimated_at": _("Needed for a statement.")},
            )
        return services.send_attention_statement(
            ticket=ticket,
            body=data["body"],
            estimated_at=data["estimated_at"],
            spent=spent,
            copies=copies,
            by=by,
            at=at,
        )
    return services.reply_to_customer(
        ticket=ticket, body=data["body"], spent=spent, copies=copies, by=by, at=at
    )


def _require_no_copies(data: dict[str, Any], words: str) -> None:
    given = [name for name in ("cc", "bcc") if data[name]]
    if given:
        raise Invalid(words, fields=dict.fromkeys(given, words))


def _customer_reply(ticket: Ticket, data: dict[str, Any], by: Actor, at: datetime) -> Message:
    still_fails = data["still_fails"]
    _require_no_copies(data, _("Only the staff sends copies."))
    if data["spent"] is not None:
        words = _("Only staff can read or enter the time worked.")
        raise Invalid(words, fields={"spent": words})
    if data["kind"] != MessageKind.REPLY:
        raise Invalid(_("Customers send replies."), fields={"kind": _("Use reply.")})
    if ticket.state != State.SOLVED and still_fails is None:
        return services.reply_as_customer(ticket=ticket, body=data["body"], by=by, at=at)
    if ticket.state != State.SOLVED:
        words = _("Only the reply to a solved ticket says whether it still fails.")
        raise Invalid(words, fields={"still_fails": words})
    if still_fails is None:
        raise Invalid(
            _("This ticket is solved: say whether it still fails."),
            fields={"still_fails": _("true declines the solution, false only adds the message.")},
        )
    return services.answer_solution(
        ticket=ticket, body=data["body"], still_fails=still_fails, by=by, at=at
    )
