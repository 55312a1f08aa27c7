"""Panels of the desk's ticket page, in display order."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from desk.tickets.forms import (
    AssignForm,
    ClassifyForm,
    ContractForm,
    DeescalateForm,
    SayForm,
    StepForm,
)
from escalation.queries import rule_logs_of
from escalation.services import can_acknowledge
from foundation.accounts.models import User
from foundation.accounts.roles import Capability
from tickets import queries, services
from tickets.notices import has_reader
from tickets.permissions import can_classify, can_work, holds
from tickets.states import OPEN_STATES, SolutionType
from web.panels import Panel, Place
from web.ticket_page import TicketPage
from web.ticket_panels import ClocksPanel, HolderPanel

TicketPanel = Panel[TicketPage]


class Head(TicketPanel):
    name = "head"
    template = "desk/tickets/panels/head.html"
    place = Place.HEAD
    statements = 6

    def load(self, user: User, page: TicketPage, at: datetime) -> dict[str, Any]:
        return {"audit": page.audit, "clocks": page.clocks}


class Conversation(TicketPanel):
    name = "conversation"
    template = "desk/tickets/panels/conversation.html"
    statements = 4

    def load(self, user: User, page: TicketPage, at: datetime) -> dict[str, Any]:
        return {
            "first_unseen": page.first_unseen,
            "conversation": page.conversation,
            "files": queries.attachments_of_description(page.ticket),
        }


class Composer(TicketPanel):
    name = "composer"
    template = "desk/tickets/panels/composer.html"
    statements = 5

    def load(self, user: User, page: TicketPage, at: datetime) -> dict[str, Any] | None:
        ticket = page.ticket
        if not can_work(user, ticket):
            return None
        initial = {
            "last_message": page.last_message_id,
            "version": ticket.version,
            "solution_type": SolutionType.DEFINITIVE,
        }
        if page.visit is not None and page.visit.draft:
            initial |= {"body": page.visit.draft, "kind": page.visit.draft_kind}
        return {
            "say_form": SayForm(initial=initial, ticket=ticket),
            "has_reader": has_reader(ticket),
            "then": services.steps_with_reply(ticket=ticket, user=user, at=at),
        }


class Steps(TicketPanel):
    name = "steps"
    template = "desk/tickets/panels/steps.html"
    statements = 2

    def load(self, user: User, page: TicketPage, at: datetime) -> dict[str, Any] | None:
        ticket = page.ticket
        possible = services.possible_transitions(ticket=ticket, user=user, at=at)
        version = {"version": ticket.version}
        forms = [
            (
                step,
                StepForm(
                    initial=version,
                    ticket=ticket,
                    needs=step.staff_needs,
                    auto_id=f"{step.name}_%s",
                ),
            )
            for step in possible
        ]
        if not forms:
            return None
        return {"steps": forms, "held_by": None if holds(user, ticket) else ticket.team}


class Rules(TicketPanel):
    name = "rules"
    template = "desk/tickets/panels/rules.html"
    statements = 1

    def load(self, user: User, page: TicketPage, at: datetime) -> dict[str, Any] | None:
        logs = rule_logs_of(page.ticket)
        return {"rule_logs": logs} if logs else None


class History(TicketPanel):
    name = "history"
    template = "desk/tickets/panels/history.html"
    place = Place.LAZY
    title = _("History")
    statements = 4  # the record, people, services, contracts

    def load(self, user: User, page: TicketPage, at: datetime) -> dict[str, Any]:
        return {"history": queries.timeline(page.ticket)}


class Assignment(TicketPanel):
    name = "assignment"
    template = "desk/tickets/panels/assignment.html"
    place = Place.SIDE
    statements = 1

    def load(self, user: User, page: TicketPage, at: datetime) -> dict[str, Any] | None:
        ticket = page.ticket
        if not can_work(user, ticket):
            return None
        initial = {"assignee": ticket.assignee_id, "version": ticket.version}
        return {"assign_form": AssignForm(initial=initial, ticket=ticket)}


class Classification(TicketPanel):
    name = "classification"
    template = "desk/tickets/panels/classification.html"
    place = Place.SIDE
    statements = 1

    def load(self, user: User, page: TicketPage, at: datetime) -> dict[str, Any] | None:
        ticket = page.ticket
        if not can_classify(user, ticket) or ticket.state not in OPEN_STATES:
            return None
        return {
            "classify_form": ClassifyForm.of(ticket, can_restart=user.can(Capability.SUPERVISE))
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


class Customer(TicketPanel):
    name = "customer"
    template = "desk/tickets/panels/customer.html"
    place = Place.SIDE
    statements = 2

    def load(self, user: User, page: TicketPage, at: datetime) -> dict[str, Any]:
        return {"interval": page.interval, "followers": page.followers}


class Escalations(TicketPanel):
    name = "escalation"
    template = "desk/tickets/panels/escalation.html"
    place = Place.SIDE
    statements = 8

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


class TimePerState(TicketPanel):
    name = "intervals"
    template = "desk/tickets/panels/intervals.html"
    place = Place.SIDE
    statements = 1

    def load(self, user: User, page: TicketPage, at: datetime) -> dict[str, Any]:
        return {"intervals": page.intervals}


PANELS: Sequence[TicketPanel] = (
    Head(),
    Conversation(),
    Composer(),
    Steps(),
    Rules(),
    History(),
    ClocksPanel(heading=_("Clocks"), explanation_url="admin:explanation"),
    HolderPanel(for_staff=True),
    Assignment(),
    Classification(),
    ContractChange(),
    Customer(),
    Escalations(),
    TimePerState(),
)
