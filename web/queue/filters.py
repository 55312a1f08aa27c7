"""The filters of the queue."""

from collections.abc import Sequence
from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from catalog.queries import active_services
from foundation.accounts.models import Organization, Team, User
from foundation.core.classification import Priority
from tickets import queries
from tickets.endings import EndCause
from tickets.models import LONGEST_TAG, Ticket
from tickets.states import State
from tickets.stays import StayMark
from web.requests import person

NOBODY = "none"


def all_teams() -> QuerySet[Team]:
    return Team.objects.order_by("level", "name", "pk")


def _staff() -> QuerySet[User]:
    return User.objects.exclude(staff_roles=[]).order_by("full_name", "pk")


class QueueFilter(django_filters.FilterSet):
    """Filters of the queue. ``q`` raises ``Invalid`` for a filter in it that says nothing."""

    q = django_filters.CharFilter(label=_("Number, words or filters"), method="by_words")
    organization = django_filters.ModelChoiceFilter(
        label=_("Customer"),
        queryset=lambda request: Organization.objects.order_by("name", "pk"),
        to_field_name="slug",
    )
    priority = django_filters.ChoiceFilter(label=_("Priority"), choices=Priority.choices)
    state = django_filters.ChoiceFilter(label=_("State"), choices=State.choices)
    assignee = django_filters.ModelChoiceFilter(
        label=_("Assignee"),
        queryset=lambda request: _staff(),
        null_label=_("Nobody"),
        null_value=NOBODY,
    )
    team = django_filters.ModelChoiceFilter(label=_("Group"), queryset=lambda request: all_teams())
    service = django_filters.ModelChoiceFilter(
        label=_("Service"),
        queryset=lambda request: active_services(),
        to_field_name="slug",
    )
    mark = django_filters.ChoiceFilter(
        field_name="stay_mark", label=_("Waits for"), choices=StayMark.choices
    )
    cause = django_filters.ChoiceFilter(
        field_name="end_cause", label=_("Cause"), choices=EndCause.choices
    )
    tag = django_filters.CharFilter(label=_("Tag"), method="by_tag", max_length=LONGEST_TAG)

    class Meta:
        model = Ticket
        fields: tuple[str, ...] = ()

    def __init__(self, *args: Any, states: Sequence[State], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.states = states  # from which the reader chooses in this list

    @property
    def chosen(self) -> dict[str, Any]:
        """The filters that narrow, by name."""
        if not self.form.is_valid():
            return {}
        return {name: value for name, value in self.form.cleaned_data.items() if value}

    @property
    def words(self) -> str:
        return str(self.chosen.get("q", ""))

    def by_words(self, tickets: QuerySet[Ticket], name: str, value: str) -> QuerySet[Ticket]:
        return queries.matching(tickets, value, reader=person(self.request))

    def by_tag(self, tickets: QuerySet[Ticket], name: str, value: str) -> QuerySet[Ticket]:
        return queries.tagged(tickets, value)

    def narrowed(self) -> QuerySet[Ticket]:
        """Return the tickets that fit; all of them when the form is not valid."""
        found: Any = self.qs if self.form.is_valid() else self.queryset
        return found
