"""Team › Automatic assignment: what waits and who would get it now, and a past month replayed."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from desk.frame import frame
from foundation.accounts.models import DESK_ZONE, Team, User
from foundation.accounts.roles import Capability
from foundation.accounts.tenancy import is_restricted
from foundation.core.durations import short_duration
from foundation.core.templatetags.words import month_of
from foundation.core.zones import local_instant, zone
from reports.queries import following_month, parse_month, preceding_month
from tickets import queries
from tickets.choosing import Choice
from tickets.models import MOST_HELD, Ticket
from tickets.queries import GroupReplay
from tickets.wording import choice_words
from web.access import needs
from web.choices import ChoiceRow
from web.requests import person

PLANNED = 500  # tickets that wait, of which the reader sees some
SHOWN = 50  # of the tickets that wait, and of those replayed
MONTHS = 12


class ReplayForm(forms.Form):
    """A group, a month, and a limit to try instead of the group's own."""

    group: "forms.ModelChoiceField[Team]" = forms.ModelChoiceField(label=_("Group"), queryset=None)
    month = forms.ChoiceField(label=_("Month"))
    limit = forms.IntegerField(
        label=_("Limit to try"),
        required=False,
        min_value=1,
        max_value=MOST_HELD,
        help_text=_("For the members without one of their own. Empty: as it is."),
    )

    def __init__(self, *args: Any, reader: User, at: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        teams = Team.objects.order_by("level", "name", "pk")
        own = teams.filter(pk__in=reader.team_ids)
        fields["group"].queryset = own if is_restricted(reader) else teams
        fields["month"].choices = [(f"{each:%Y-%m}", month_of(each)) for each in last_months(at)]


def last_months(at: datetime) -> list[date]:
    """Return the first days of the last months in the zone of the desk, the present one first."""
    months = [at.astimezone(zone(DESK_ZONE)).date().replace(day=1)]
    while len(months) < MONTHS:
        months.append(preceding_month(months[-1]))
    return months


def bounds_of(month: date) -> tuple[datetime, datetime]:
    """Return the instants between which a month lies in the zone of the desk."""
    begins, ends = (
        local_instant(datetime.combine(day, time()), DESK_ZONE)
        for day in (month, following_month(month))
    )
    return begins, ends


@dataclass(frozen=True)
class WouldGet:
    """A ticket with the choice that would be made for it."""

    ticket: Ticket
    choice: Choice
    rows: Sequence[ChoiceRow]
    at: datetime | None = None

    @property
    def name(self) -> str:
        return str(self.rows[0].person) if self.choice.person_id is not None else ""

    @property
    def words(self) -> str:
        return choice_words(self.choice.verdicts)


@dataclass(frozen=True)
class PersonFigures:
    """What a person would have got, and the most that they would have had at once."""

    person: User
    got: int
    most: int
    limit: int | None
    has: int  # of these tickets, those that they have now


@dataclass(frozen=True)
class ReplaySummary:
    """The figures of a replay, and its last choices."""

    people: Sequence[PersonFigures]
    total: int
    at_once: int
    nobody: int
    typical_wait: str  # the median, in words; "" when none was given
    longest_wait: str
    choices: Sequence[WouldGet]


@require_safe
@needs(Capability.SUPERVISE)
def assignment(request: HttpRequest) -> HttpResponse:
    """Show the groups with automatic assignment, what waits, and with ``?group=&month=`` a replay.
    Nothing is assigned.
    """
    now = timezone.now()
    reader = person(request)
    is_asked = "group" in request.GET
    initial = {"month": f"{last_months(now)[1]:%Y-%m}"}
    form = ReplayForm(request.GET if is_asked else None, reader=reader, at=now, initial=initial)
    context = {**frame(request), "now": now, "form": form, "zone": DESK_ZONE}
    if is_asked and form.is_valid():
        since, until = bounds_of(parse_month(form.cleaned_data["month"]))
        found = queries.replay_group(
            team_id=form.cleaned_data["group"].pk,
            reader=reader,
            since=since,
            until=min(until, now),
            limit=form.cleaned_data["limit"],
        )
        context |= {"replay": found, "summary": summary_of(found), "most": queries.MOST_STAYS}
    groups = queries.automatic_groups()
    if is_restricted(reader):
        groups = [each for each in groups if each.team_id in reader.team_ids]
    context |= {"groups": groups, "waiting": waiting_now(reader, now) if groups else []}
    status = 400 if is_asked and form.errors else 200
    return render(request, "desk/team/assignment.html", context, status=status)


def waiting_now(reader: User, at: datetime) -> list[WouldGet]:
    """Return the most urgent tickets that wait and that the reader sees, each with the choice that
    the next run would make.
    """
    planned = queries.plan(at, PLANNED)
    ids = [each.ticket.pk for each in planned]
    seen = set(queries.visible_to(reader).filter(pk__in=ids).values_list("pk", flat=True))
    shown = [each for each in planned if each.ticket.pk in seen][:SHOWN]
    people = User.objects.in_bulk({row.person_id for each in shown for row in each.choice.verdicts})
    return [WouldGet(each.ticket, each.choice, rows_with(each.choice, people)) for each in shown]


def rows_with(choice: Choice, people: Mapping[int, User]) -> list[ChoiceRow]:
    return [ChoiceRow(people[each.person_id], each) for each in choice.verdicts]


def summary_of(found: GroupReplay) -> ReplaySummary:
    """Return the figures of a replay."""
    placed = found.replayed.placed
    waits = sorted(each.at - each.stay.spans[0][0] for each in placed if each.at is not None)
    choices = [each.choice for each in placed]
    choices += [later for each in placed for _at, later in each.later]
    got = Counter(choice.person_id for choice in choices)
    has = Counter(ticket.assignee_id for ticket in found.tickets.values())
    people = [
        PersonFigures(
            each,
            got[pk],
            found.replayed.most_held.get(pk, 0),
            found.limits.get(pk),
            has[pk],
        )
        for pk, each in found.people.items()
    ]
    last = [
        WouldGet(
            found.tickets[each.stay.ticket_id],
            each.choice,
            rows_with(each.choice, found.people),
            each.at,
        )
        for each in reversed(placed[-SHOWN:])
    ]
    return ReplaySummary(
        people=people,
        total=len(placed),
        at_once=sum(not wait for wait in waits),
        nobody=sum(each.at is None for each in placed),
        typical_wait=short_duration(waits[len(waits) // 2]) if waits else "",
        longest_wait=short_duration(waits[-1]) if waits else "",
        choices=last,
    )
