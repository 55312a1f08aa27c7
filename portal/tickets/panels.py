"""Panels of the portal's ticket page, in display order."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from foundation.accounts.models import User
from portal.tickets.forms import AnswerForm, FollowUpForm, ReplyForm, reason_form
from sla.clocks.models import ClockState
from sla.metrics import Metric
from tickets import queries, services
from tickets.models import Ticket
from tickets.permissions import (
    can_reply_as_customer,
    can_write_as_customer,
    is_followed_up,
)
from tickets.states import FINAL, TRANSITIONS, Effect, State, Transition, Who
from web.panels import Panel, Place
from web.ticket_page import TicketPage
from web.ticket_panels import ClocksPanel, HolderPanel

TicketPanel = Panel[TicketPage]


def reply_form_of(user: User, ticket: Ticket) -> type[ReplyForm]:
    """Return the form class of a reply: ``AnswerForm`` on a solved ticket, for who may decline the
    solution.
    """
    answers = ticket.state == State.SOLVED and can_reply_as_customer(user, ticket)
    return AnswerForm if answers else ReplyForm


def can_reply(user: User, ticket: Ticket) -> bool:
    """Tell whether the person may write on the ticket; on a merged one while it goes on in another
    one.
    """
    return queries.survivor_of(ticket).state not in FINAL and can_write_as_customer(user, ticket)


def steps_of(user: User, ticket: Ticket, at: datetime) -> list[Transition]:
    """Return the transitions that the customer may take now."""
    if not can_reply_as_customer(user, ticket):
        return []
    possible = services.possible_transitions(ticket=ticket, user=user, at=at)
    return [step for step in possible if Who.REQUESTER in step.who]


def panel_of(name: str) -> str:
    """Return the name of the panel that contains the form of a customer's step."""
    step = TRANSITIONS.get(name)
    decides = {Effect.ACCEPTS_SOLUTION, Effect.DECLINES_SOLUTION}
    return Decision.name if step is not None and step.effects & decides else Life.name


def _sees(user: User, ticket_id: int | None) -> bool:
    """Tell whether the person may read the ticket with this id; False for None."""
    return ticket_id is not None and queries.visible_to(user).filter(pk=ticket_id).exists()


class Head(TicketPanel):
    name = "head"
    template = "portal/tickets/panels/head.html"
    place = Place.HEAD
    statements = 1

    def load(self, user: User, page: TicketPage, at: datetime) -> dict[str, Any]:
        return {
            "audit": page.audit,
            "sees_survivor": _sees(user, page.ticket.merged_into_id),
            "interval": page.interval if page.ticket.stay_mark else None,
        }


class Decision(TicketPanel):
    """Asks the customer to accept or decline the solution, or to answer while pending user."""

    name = "decision"
    template = "portal/tickets/panels/decision.html"
    place = Place.HEAD
    statements = 3

    def load(self, user: User, page: TicketPage, at: datetime) -> dict[str, Any] | None:
        ticket = page.ticket
        asks = ticket.state == State.PENDING_USER and can_reply(user, ticket)
        by_effect = {effect: step for step in steps_of(user, ticket, at) for effect in step.effects}
        accept = by_effect.get(Effect.ACCEPTS_SOLUTION)
        if accept is None and not asks:
            return None
        return {
            "audit": page.audit,
            "accept": accept,
            "decline": by_effect.get(Effect.DECLINES_SOLUTION),
            "reason_form": reason_form("decline"),
            "is_paused": asks
            and any(
                item.metric is Metric.ATTENTION and item.clock.state == ClockState.PAUSED
                for item in page.clocks
            ),
        }


class Conversation(TicketPanel):
    name = "conversation"
    template = "portal/tickets/panels/conversation.html"
    statements = 3

    def load(self, user: User, page: TicketPage, at: datetime) -> dict[str, Any]:
        return {
            "conversation": page.conversation,
            "files": queries.attachments_of_description(page.ticket),
        }


class Reply(TicketPanel):
    name = "reply"
    template = "portal/tickets/panels/reply.html"
    statements = 1

    def load(self, user: User, page: TicketPage, at: datetime) -> dict[str, Any] | None:
        if not can_reply(user, page.ticket):
            return None
        return {"reply_form": reply_form_of(user, page.ticket)()}


class FollowUp(TicketPanel):
    name = "follow_up"
    template = "portal/tickets/panels/follow_up.html"
    statements = 1

    def load(self, user: User, page: TicketPage, at: datetime) -> dict[str, Any] | None:
        ticket = page.ticket
        if not is_followed_up(ticket, at) or not can_write_as_customer(user, ticket):
            return None
        return {"follow_up_form": FollowUpForm()}


class Details(TicketPanel):
    name = "details"
    template = "portal/tickets/panels/details.html"
    place = Place.SIDE
    statements = 3

    def load(self, user: User, page: TicketPage, at: datetime) -> dict[str, Any]:
        interval = page.interval
        other = interval.duplicate_of_id if interval is not None else None
        return {
            "interval": interval,
            "followers": page.followers,
            "sees_other": _sees(user, other),
        }


class Sessions(TicketPanel):
    """The sessions of remote support on the ticket."""

    name = "sessions"
    template = "portal/tickets/panels/sessions.html"
    place = Place.SIDE
    statements = 1

    def load(self, user: User, page: TicketPage, at: datetime) -> dict[str, Any] | None:
        sessions = queries.sessions_of([page.ticket.pk])
        return {"sessions": sessions} if sessions else None


class Escalations(TicketPanel):
    name = "escalation"
    template = "portal/tickets/panels/escalation.html"
    place = Place.SIDE
    statements = 2

    def load(self, user: User, page: TicketPage, at: datetime) -> dict[str, Any] | None:
        ticket = page.ticket
        replies = ticket.state not in FINAL and can_reply_as_customer(user, ticket)
        if not replies and not page.escalations:
            return None
        return {
            "escalations": page.escalations,
            "can_reply": replies,
            "reason_form": reason_form("escalate"),
        }


class Life(TicketPanel):
    """Cancel the ticket, or open it again."""

    name = "life"
    template = "portal/tickets/panels/life.html"
    place = Place.SIDE
    statements = 2

    def load(self, user: User, page: TicketPage, at: datetime) -> dict[str, Any] | None:
        steps = [
            each for each in steps_of(user, page.ticket, at) if panel_of(each.name) == self.name
        ]
        if not steps:
            return None
        return {
            "steps": [(each, each.target in FINAL, reason_form(each.name)) for each in steps],
        }


PANELS: Sequence[TicketPanel] = (
    Head(),
    Decision(),
    Conversation(),
    Reply(),
    FollowUp(),
    ClocksPanel(heading=_("Commitments"), explanation_url="portal:explanation"),
    HolderPanel(for_staff=False),
    Details(),
    Sessions(),
    Escalations(),
    Life(),
)
