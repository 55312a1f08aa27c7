"""What stands on the portal's ticket page, in order."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from foundation.accounts.models import User
from portal.tickets.forms import AnswerForm, FollowUpForm, ReasonForm, ReplyForm
from tickets import queries, services
from tickets.models import Ticket
from tickets.permissions import can_reply_as_customer, is_followed_up
from tickets.states import FINAL, State
from web.panels import Panel, Place
from web.ticket_page import TicketPage
from web.ticket_panels import ClocksPanel, HolderPanel

TicketPanel = Panel[TicketPage]


def reply_form_of(ticket: Ticket) -> type[ReplyForm]:
    """Return the form of a reply; on a solved ticket it asks whether it still fails."""
    return AnswerForm if ticket.state == State.SOLVED else ReplyForm


def may_reply(user: User, ticket: Ticket) -> bool:
    return can_reply_as_customer(user, ticket) and ticket.state not in FINAL


def steps_of(user: User, ticket: Ticket, at: datetime) -> set[str]:
    """Return the names of the transitions that the customer may take now."""
    if not can_reply_as_customer(user, ticket):
        return set()
    return {each.name for each in services.possible_transitions(ticket=ticket, user=user, at=at)}


class Head(TicketPanel):
    name = "head"
    template = "portal/tickets/panels/head.html"
    place = Place.HEAD
    statements = 1

    def load(self, user: User, subject: TicketPage, at: datetime) -> dict[str, Any]:
        return {"audit": subject.audit}


class Decision(TicketPanel):
    """What we ask of the customer: does the solution work, or an answer to go on."""

    name = "decision"
    template = "portal/tickets/panels/decision.html"
    place = Place.HEAD
    statements = 3

    def load(self, user: User, subject: TicketPage, at: datetime) -> dict[str, Any] | None:
        ticket = subject.ticket
        steps = steps_of(user, ticket, at)
        asks = ticket.state == State.PENDING_USER and may_reply(user, ticket)
        if "approve" not in steps and not asks:
            return None
        return {"audit": subject.audit, "steps": steps, "reason_form": ReasonForm()}


class Conversation(TicketPanel):
    name = "conversation"
    template = "portal/tickets/panels/conversation.html"
    statements = 3

    def load(self, user: User, subject: TicketPage, at: datetime) -> dict[str, Any]:
        return {
            "conversation": subject.conversation,
            "files": queries.attachments_of_description(subject.ticket),
        }


class Reply(TicketPanel):
    name = "reply"
    template = "portal/tickets/panels/reply.html"
    statements = 1

    def load(self, user: User, subject: TicketPage, at: datetime) -> dict[str, Any] | None:
        if not may_reply(user, subject.ticket):
            return None
        return {"reply_form": reply_form_of(subject.ticket)()}


class FollowUp(TicketPanel):
    name = "follow_up"
    template = "portal/tickets/panels/follow_up.html"
    statements = 1

    def load(self, user: User, subject: TicketPage, at: datetime) -> dict[str, Any] | None:
        ticket = subject.ticket
        if not can_reply_as_customer(user, ticket) or not is_followed_up(ticket, at):
            return None
        return {"follow_up_form": FollowUpForm()}


class Details(TicketPanel):
    name = "details"
    template = "portal/tickets/panels/details.html"
    place = Place.SIDE
    statements = 2

    def load(self, user: User, subject: TicketPage, at: datetime) -> dict[str, Any]:
        return {"interval": subject.interval, "followers": subject.followers}


class Escalations(TicketPanel):
    name = "escalation"
    template = "portal/tickets/panels/escalation.html"
    place = Place.SIDE
    statements = 2

    def load(self, user: User, subject: TicketPage, at: datetime) -> dict[str, Any] | None:
        replies = may_reply(user, subject.ticket)
        if not replies and not subject.escalations:
            return None
        return {
            "escalations": subject.escalations,
            "may_reply": replies,
            "reason_form": ReasonForm(),
        }


class Life(TicketPanel):
    """Cancel the ticket, or open it again."""

    name = "life"
    template = "portal/tickets/panels/life.html"
    place = Place.SIDE
    statements = 2

    def load(self, user: User, subject: TicketPage, at: datetime) -> dict[str, Any] | None:
        steps = steps_of(user, subject.ticket, at)
        if not steps & {"cancel", "reopen"}:
            return None
        return {"steps": steps, "reason_form": ReasonForm()}


PANELS: Sequence[TicketPanel] = (
    Head(),
    Decision(),
    Conversation(),
    Reply(),
    FollowUp(),
    ClocksPanel(heading=_("Commitments"), explanation_url="portal:explanation"),
    HolderPanel(for_staff=False),
    Details(),
    Escalations(),
    Life(),
)
