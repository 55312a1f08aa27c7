"""Filters of the ticket list."""

from datetime import datetime

import django_filters
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from api.fields import InstantFilter
from api.parameters import named_organization
from foundation.core.classification import Kind, Priority
from foundation.core.errors import NotAllowed
from tickets import queries
from tickets.models import Ticket
from tickets.states import State
from web.requests import person


def _in_our_time(moment: datetime) -> None:
    if not 1970 <= moment.year <= 2200:
        raise ValidationError(_("Give a date between 1970 and 2200."))


class TicketFilter(django_filters.FilterSet):
    state = django_filters.MultipleChoiceFilter(choices=State.choices)
    kind = django_filters.ChoiceFilter(choices=Kind.choices)
    priority = django_filters.ChoiceFilter(
        choices=[(p.code, p.label) for p in Priority], method="by_priority"
    )
    organization = django_filters.CharFilter(method="by_organization")
    received_after = InstantFilter(
        field_name="received_at", lookup_expr="gte", validators=[_in_our_time]
    )
    received_before = InstantFilter(
        field_name="received_at", lookup_expr="lt", validators=[_in_our_time]
    )
    q = django_filters.CharFilter(
        method="by_words",
        label=(
            "Number, words or quoted phrases of the texts, and filters among them: customer:, "
            "from:, state:, priority:, before: and since: (2026-10-31); for the staff assignee: "
            "and tag:."
        ),
    )

    tag = django_filters.CharFilter(method="by_tag", label="A tag; for the staff.")

    class Meta:
        model = Ticket
        fields: tuple[str, ...] = ()

    def by_organization(self, tickets: QuerySet[Ticket], name: str, value: str) -> QuerySet[Ticket]:
        """Raise ``Invalid`` for an organization that does not exist, or that the person may not
        see: without a ticket both would look the same as one without tickets.
        """
        return tickets.filter(organization=named_organization(value))

    def by_tag(self, tickets: QuerySet[Ticket], name: str, value: str) -> QuerySet[Ticket]:
        """Raise ``NotAllowed`` for a customer: tags are the desk's own."""
        if not person(self.request).is_staff:
            raise NotAllowed(_("Only staff can read the tags of tickets."))
        return queries.tagged(tickets, value)

    def by_priority(self, tickets: QuerySet[Ticket], name: str, value: str) -> QuerySet[Ticket]:
        return tickets.filter(priority=Priority[value.upper()])

    def by_words(self, tickets: QuerySet[Ticket], name: str, value: str) -> QuerySet[Ticket]:
        return queries.matching(tickets, value, reader=person(self.request))
