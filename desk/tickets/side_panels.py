"""Panels of the desk's ticket page about what stands beside the ticket: its tags, other tickets,
who follows it, files and history. They are loaded after the page.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from desk.tickets.analysis_forms import AnalysisForm
from desk.tickets.forms import TagForm
from desk.tickets.relation_forms import FollowerForm, LinkForm, MergeForm
from desk.tickets.remote_form import SessionForm
from desk.tickets.task_forms import ChecklistChoice
from desk.tickets.time_form import TimeForm
from escalation.queries import rule_logs_of
from foundation.accounts.models import DESK_ZONE, User
from foundation.accounts.roles import Capability
from foundation.core.classification import Channel
from tickets import queries
from tickets.models import LinkKind, Ticket
from tickets.permissions import can_work
from tickets.services import time_asked
from tickets.states import FINAL, OPEN_STATES
from web.panels import Loads, Panel, Place
from web.ticket_page import TicketPage

TicketPanel = Panel[TicketPage]


class Tags(TicketPanel):
    name = "tags"
    template = "desk/tickets/panels/tags.html"
    place = Place.SIDE
    loads = Loads.AFTER_PAGE
    statements = 2  # those of the ticket, those to choose from

    def load(self, user: User, page: TicketPage, at: datetime) -> dict[str, Any] | None:
        ticket = page.ticket
        works = can_work(user, ticket)
        tags = queries.tags_of(ticket)
        if not (works or tags):
            return None
        return {
            "tags": tags,
            "works": works,
            "tag_form": TagForm(),
            "known_tags": queries.tags_in_use(ticket.organization_id) if works else [],
        }


class Relations(TicketPanel):
    """Tickets that belong with this one: linked, merged into it, part of it."""

    name = "relations"
    template = "desk/tickets/panels/relations.html"
    place = Place.SIDE
    loads = Loads.AFTER_PAGE
    statements = 5  # the links, their tickets, the merged ones, the numbers to choose from, origin

    def load(self, user: User, page: TicketPage, at: datetime) -> dict[str, Any] | None:
        ticket = page.ticket
        works = can_work(user, ticket)
        relations = queries.relations_of(ticket, user)
        absorbed = page.absorbed
        recurrence = queries.recurrence_of(ticket) if ticket.channel == Channel.SYSTEM else None
        if not (works or relations or absorbed or recurrence):
            return None
        return {
            "relations": relations,
            "absorbed": absorbed,
            "recurrence": recurrence,
            "open_parts": _open_parts(ticket, relations),
            "works": works,
            "can_merge": works and ticket.state in OPEN_STATES,
            "link_form": LinkForm(),
            "merge_form": MergeForm(),
            "others": queries.other_active_tickets(ticket, reader=user) if works else [],
        }


def _open_parts(ticket: Ticket, relations: Sequence[queries.Relation]) -> list[Ticket]:
    """Return the parts of a solved ticket that are still open."""
    if ticket.solved_at is None:
        return []
    return [
        each.other
        for each in relations
        if each.link.kind == LinkKind.PART_OF
        and not each.is_source
        and each.other.state in OPEN_STATES
    ]


class Tasks(TicketPanel):
    """What is to be done on the ticket and on those that were merged into it. The form of a task is
    loaded when it is opened.
    """

    name = "tasks"
    template = "desk/tickets/panels/tasks.html"
    place = Place.SIDE
    loads = Loads.AFTER_PAGE
    statements = 3  # the merged tickets, the tasks, the checklists

    def load(self, user: User, page: TicketPage, at: datetime) -> dict[str, Any] | None:
        ticket = page.ticket
        works = can_work(user, ticket)
        tasks = queries.tasks_of([ticket.pk, *(each.pk for each in page.absorbed)])
        if not (works or tasks):
            return None
        return {
            "tasks": tasks,
            "open_tasks": sum(each.is_open for each in tasks),
            "works": works,
            "can_add": works and ticket.state not in FINAL,
            "desk_zone": DESK_ZONE,
            "checklist_form": ChecklistChoice(reader=user),
        }


class Times(TicketPanel):
    """How long the desk worked on the ticket and on those that were merged into it."""

    name = "times"
    template = "desk/tickets/panels/times.html"
    place = Place.SIDE
    loads = Loads.WHEN_OPENED
    title = _("Time worked")
    statements = 2  # the merged tickets, the entries

    def load(self, user: User, page: TicketPage, at: datetime) -> dict[str, Any]:
        ticket = page.ticket
        entries = queries.times_of([ticket.pk, *(each.pk for each in page.absorbed)])
        return {
            "entries": entries,
            "worked": sum((each.worked for each in entries), timedelta()),
            "counted": sum((each.counted for each in entries), timedelta()),
            "time_asked": time_asked(ticket),
            "works": can_work(user, ticket),
            "supervises": user.can(Capability.SUPERVISE),
            "time_form": TimeForm(),
        }


class Sessions(TicketPanel):
    """The sessions of remote support on the ticket and on those that were merged into it."""

    name = "sessions"
    template = "desk/tickets/panels/sessions.html"
    place = Place.SIDE
    loads = Loads.WHEN_OPENED
    title = _("Remote sessions")
    statements = 3  # the merged tickets, the sessions, the tools to choose from

    def load(self, user: User, page: TicketPage, at: datetime) -> dict[str, Any]:
        ticket = page.ticket
        works = can_work(user, ticket)
        initial = {"consent_by": ticket.requester.full_name}
        return {
            "sessions": queries.sessions_of([ticket.pk, *(each.pk for each in page.absorbed)]),
            "tools": queries.tools_in_use(ticket.organization_id) if works else [],
            "works": works,
            "supervises": user.can(Capability.SUPERVISE),
            "session_form": SessionForm(initial=initial),
        }


class Analyses(TicketPanel):
    """The functional analyses of changes of data: of the ticket and of those merged into it."""

    name = "analyses"
    template = "desk/tickets/panels/analyses.html"
    place = Place.SIDE
    loads = Loads.WHEN_OPENED
    title = _("Functional analysis")
    statements = 2  # the merged tickets, the analyses

    def load(self, user: User, page: TicketPage, at: datetime) -> dict[str, Any]:
        ticket = page.ticket
        works = can_work(user, ticket)
        return {
            "analyses": queries.analyses_of([ticket.pk, *(each.pk for each in page.absorbed)]),
            "works": works,
            "can_write": works and ticket.state not in FINAL,
            "supervises": user.can(Capability.SUPERVISE),
            "analysis_form": AnalysisForm(initial={"environment": ticket.environment}),
        }


class Followers(TicketPanel):
    """Who is told what happens on the ticket, beside its requester and its holders."""

    name = "followers"
    template = "desk/tickets/panels/followers.html"
    place = Place.SIDE
    loads = Loads.WHEN_OPENED
    title = _("Followers")
    statements = 1

    def load(self, user: User, page: TicketPage, at: datetime) -> dict[str, Any]:
        watchers = queries.watchers_of(page.ticket)
        return {
            "watchers": watchers,
            "follows": any(each.person_id == user.pk for each in watchers),
            "works": can_work(user, page.ticket),
            "follower_form": FollowerForm(),
        }


class Files(TicketPanel):
    """Every file of the ticket."""

    name = "files"
    template = "desk/tickets/panels/files.html"
    place = Place.SIDE
    loads = Loads.WHEN_OPENED
    title = _("Files")
    statements = 1

    def load(self, user: User, page: TicketPage, at: datetime) -> dict[str, Any]:
        return {"files": queries.attachments_of(page.ticket)}


class TimePerState(TicketPanel):
    name = "intervals"
    template = "desk/tickets/panels/intervals.html"
    place = Place.SIDE
    loads = Loads.WHEN_OPENED
    title = _("Time per state")
    statements = 1

    def load(self, user: User, page: TicketPage, at: datetime) -> dict[str, Any]:
        intervals = page.intervals
        return {"intervals": intervals, "buckets": queries.time_per_bucket(intervals, at)}


class Rules(TicketPanel):
    name = "rules"
    template = "desk/tickets/panels/rules.html"
    place = Place.SIDE
    loads = Loads.WHEN_OPENED
    title = _("Rules")
    statements = 1

    def load(self, user: User, page: TicketPage, at: datetime) -> dict[str, Any]:
        return {"rule_logs": rule_logs_of(page.ticket)}


class History(TicketPanel):
    name = "history"
    template = "desk/tickets/panels/history.html"
    place = Place.SIDE
    loads = Loads.WHEN_OPENED
    title = _("History")
    statements = 4  # the record, people, services, contracts

    def load(self, user: User, page: TicketPage, at: datetime) -> dict[str, Any]:
        return {"history": queries.timeline(page.ticket)}
