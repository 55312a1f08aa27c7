"""Panels of the desk's ticket page, in display order."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.urls import reverse

from desk.tickets.composer import SayForm, given_back, seconds_left
from desk.tickets.facts import with_facts
from desk.tickets.forms import (
    AssignForm,
    ClassifyForm,
    ContractForm,
    DeescalateForm,
    grid_of,
)
from desk.tickets.mark_form import MarkForm
from desk.tickets.requester_form import RequesterForm
from desk.tickets.side_panels import (
    Analyses,
    Files,
    Followers,
    History,
    Relations,
    Rules,
    Sessions,
    Tags,
    Tasks,
    TicketPanel,
    TimePerState,
    Times,
)
from desk.tickets.snooze_form import PRESETS, SnoozeForm
from desk.tickets.steps import WAIT, grouped, primary_act
from escalation.services import can_acknowledge
from foundation.accounts.models import DESK_ZONE, User
from foundation.accounts.queries import membership_of
from foundation.accounts.roles import Capability
from foundation.core.classification import Impact
from sla.clocks.queries import most_urgent
from tickets import queries
from tickets.models import Ticket
from tickets.notices import has_reader
from tickets.permissions import can_classify, can_work, holds, standing
from tickets.services import matrix_of, steps_with_reply, unsent_of
from tickets.states import FINAL, OPEN_STATES, Who
from tickets.stays import MARKABLE
from web.choices import choice_of
from web.panels import Loads, Place
from web.ticket_page import TicketPage
from web.ticket_panels import HolderPanel


class Head(TicketPanel):
    """Subject, state, priority and the most urgent clock."""

    name = "head"
    template = "desk/tickets/panels/head.html"
    place = Place.HEAD
    statements = 1  # and the open interval, when the stay is marked

    def load(self, user: User, page: TicketPage, at: datetime) -> dict[str, Any]:
        interval = page.interval if page.ticket.stay_mark else None
        return {"clock": most_urgent(page.clock_rows), "interval": interval}


class Conversation(TicketPanel):
    """The messages, with the facts of the record between them."""

    name = "conversation"
    template = "desk/tickets/panels/conversation.html"
    statements = 9

    def load(self, user: User, page: TicketPage, at: datetime) -> dict[str, Any]:
        return {
            "audit": page.audit,
            "first_unseen": page.first_unseen,
            "exchanges": with_facts(page.conversation, queries.timeline(page.ticket)),
            "files": queries.attachments_of_description(page.ticket),
            "absorbed": queries.with_own_files(page.absorbed),
            "works": can_work(user, page.ticket),
            "splits": user.can(Capability.WORK_TICKETS),
            "for_desk": True,
        }


class Composer(TicketPanel):
    name = "composer"
    template = "desk/tickets/panels/composer.html"
    statements = 8

    def load(self, user: User, page: TicketPage, at: datetime) -> dict[str, Any] | None:
        ticket = page.ticket
        if not can_work(user, ticket):
            return None
        unsent = unsent_of(user, ticket)
        initial: dict[str, Any] = {
            "last_message": page.last_message_id,
            "version": ticket.version,
        }
        if page.visit is not None and page.visit.draft:
            initial |= given_back(unsent, ticket.organization.time_zone) | {
                "body": page.visit.draft,
                "kind": page.visit.draft_kind,
            }
        steps = steps_with_reply(ticket, page.possible_steps)
        return {
            "say_form": SayForm(initial=initial, ticket=ticket, files=unsent.files),
            "has_reader": has_reader(ticket),
            "has_signature": queries.signature_of(user.pk) is not None,
            "held": unsent.held,
            "held_for": seconds_left(unsent, at),
            "takes_next": user.can(Capability.HOLD_TICKETS),
            "offered": {"", *(step.name for step in steps)},
        }


class Steps(TicketPanel):
    """The one act that comes next, and a menu with every step. The form of a step is loaded when
    it is opened.
    """

    name = "steps"
    template = "desk/tickets/panels/steps.html"
    place = Place.HEAD
    statements = 3

    def load(self, user: User, page: TicketPage, at: datetime) -> dict[str, Any] | None:
        ticket = page.ticket
        possible = page.possible_steps
        if not possible:
            return None
        return {
            "groups": grouped(possible),
            "primary": primary_act(ticket, user, possible),
            "held_by": None if holds(user, ticket) else ticket.team,
            "mark_below": WAIT,
            "can_mark": ticket.state in MARKABLE and Who.HOLDER in standing(user, ticket),
            "mark_form": MarkForm(initial={"version": ticket.version}),
            "snooze": queries.snooze_of(ticket),
            "can_repeat": user.can(Capability.SUPERVISE),
            "can_snooze": ticket.assignee_id == user.pk and ticket.state not in FINAL,
            "can_wake": ticket.assignee_id == user.pk or user.can(Capability.SUPERVISE),
            "snooze_form": SnoozeForm(),
            "snooze_presets": PRESETS,
            "desk_zone": DESK_ZONE,
            "macros_address": f"{reverse('admin:choose_macro', args=[ticket.number])}"
            f"?version={ticket.version}"
            if can_work(user, ticket)
            else "",
        }


class Properties(TicketPanel):
    """What the ticket is."""

    name = "properties"
    template = "desk/tickets/panels/properties.html"
    place = Place.SIDE
    statements = 2  # the open interval, who asked to call the ticket off

    def load(self, user: User, page: TicketPage, at: datetime) -> dict[str, Any]:
        return {"interval": page.interval, "is_triaged_here": is_triaged_by(user, page.ticket)}


class Triage(TicketPanel):
    """The form that classifies the ticket; a popover that is opened from the properties."""

    name = "triage"
    template = "desk/tickets/panels/triage.html"
    place = Place.SIDE
    loads = Loads.AFTER_PAGE
    statements = 1  # the services

    def load(self, user: User, page: TicketPage, at: datetime) -> dict[str, Any] | None:
        ticket = page.ticket
        if not is_triaged_by(user, ticket):
            return None
        return {
            "classify_form": ClassifyForm.of(ticket, can_restart=user.can(Capability.SUPERVISE)),
            "impacts": list(Impact),
            "grid": grid_of(matrix_of(ticket)),
        }


def is_triaged_by(user: User, ticket: Ticket) -> bool:
    """Tell whether the person may classify the ticket now."""
    return can_classify(user, ticket) and ticket.state in OPEN_STATES


class Similar(TicketPanel):
    """What is probably the same matter, and what was solved before, with the words they share."""

    name = "similar"
    template = "desk/tickets/panels/similar.html"
    place = Place.SIDE
    loads = Loads.AFTER_PAGE
    statements = 4  # the plan, the words, the states of what has them, the tickets shown

    def load(self, user: User, page: TicketPage, at: datetime) -> dict[str, Any] | None:
        if page.ticket.state not in OPEN_STATES:
            return None
        similar = queries.similar_tickets(page.ticket, reader=user)
        if not (similar.duplicates or similar.solved):
            return None
        return {"similar": similar, "works": can_work(user, page.ticket)}


class Assignment(TicketPanel):
    name = "assignment"
    template = "desk/tickets/panels/assignment.html"
    place = Place.SIDE
    loads = Loads.AFTER_PAGE
    # the staff with what they hold at the customers of the reader, and at all; the groups, shifts
    # and absences; profiles, limits; the choice of the assignee, when it was
    statements = 9

    def load(self, user: User, page: TicketPage, at: datetime) -> dict[str, Any] | None:
        ticket = page.ticket
        if not can_work(user, ticket):
            return None
        initial = {"assignee": ticket.assignee_id, "version": ticket.version}
        form = AssignForm(initial=initial, ticket=ticket, at=at)
        return {
            "assign_form": form,
            "handover": queries.handover_of(ticket),
            "choice": choice_of(ticket, at),
        }


class ContractChange(TicketPanel):
    """Shown to users who may change the contract, if the organization has another one."""

    name = "contract"
    template = "desk/tickets/panels/contract.html"
    place = Place.SIDE
    statements = 2

    def load(self, user: User, page: TicketPage, at: datetime) -> dict[str, Any] | None:
        ticket = page.ticket
        if not user.can(Capability.SUPERVISE) or ticket.state not in OPEN_STATES:
            return None
        form = ContractForm(ticket=ticket, initial={"version": ticket.version})
        fields: Any = form.fields
        return {"contract_form": form} if fields["contract"].queryset.exists() else None


class Clocks(TicketPanel):
    name = "clocks"
    template = "desk/tickets/panels/clocks.html"
    place = Place.SIDE
    statements = 1

    def load(self, user: User, page: TicketPage, at: datetime) -> dict[str, Any]:
        return {"clocks": page.clock_rows}


class Customer(TicketPanel):
    name = "customer"
    template = "desk/tickets/panels/customer.html"
    place = Place.SIDE
    loads = Loads.AFTER_PAGE
    statements = 3  # the followers, the membership, the last tickets

    def load(self, user: User, page: TicketPage, at: datetime) -> dict[str, Any]:
        ticket = page.ticket
        return {
            "followers": page.followers,
            "can_raise_elsewhere": user.can(Capability.WORK_TICKETS),
            "can_change_requester": can_classify(user, ticket) and ticket.state in OPEN_STATES,
            "requester_form": RequesterForm(initial={"version": ticket.version}),
            "membership": membership_of(ticket.requester_id, ticket.organization_id),
            "others": queries.last_tickets_of(ticket.requester_id, besides=ticket, reader=user),
        }


class Escalations(TicketPanel):
    name = "escalation"
    template = "desk/tickets/panels/escalation.html"
    place = Place.SIDE
    loads = Loads.AFTER_PAGE
    statements = 4  # the steps, the people of the level, the absences

    def load(self, user: User, page: TicketPage, at: datetime) -> dict[str, Any] | None:
        steps = page.escalations
        if not steps:
            return None
        is_open = steps[-1].acknowledged_at is None
        return {
            "escalations": steps,
            "works": can_work(user, page.ticket),
            "can_acknowledge": is_open and can_acknowledge(user, steps[-1], at),
            "deescalate_form": DeescalateForm(auto_id="deescalate_%s"),
        }


PANELS: Sequence[TicketPanel] = (
    Head(),
    Steps(),
    Conversation(),
    Composer(),
    Clocks(),
    HolderPanel(for_staff=True),
    Properties(),
    ContractChange(),
    Triage(),
    Tags(),
    Tasks(),
    Similar(),
    Assignment(),
    Customer(),
    Escalations(),
    Relations(),
    Times(),
    Sessions(),
    Analyses(),
    Followers(),
    Files(),
    TimePerState(),
    Rules(),
    History(),
)
