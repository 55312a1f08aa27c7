"""The filters of the queue."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from foundation.accounts.models import Organization
from foundation.core.classification import Priority
from tickets import queries
from tickets.models import Ticket
from tickets.states import ACTIVE, State


class QueueFilter(django_filters.FilterSet):
    """Filters of the queue; an invalid form filters nothing."""

    q = django_filters.CharFilter(label=_("Number or words"), method="by_words")
    organization = django_filters.ModelChoiceFilter(
        label=_("Customer"),
        queryset=lambda request: Organization.objects.order_by("name", "pk"),
        to_field_name="slug",
        empty_label=_("All customers"),
    )
    priority = django_filters.ChoiceFilter(
        label=_("Priority"), choices=Priority.choices, empty_label=_("Any priority")
    )
    state = django_filters.ChoiceFilter(
        label=_("State"),
        choices=[(state, state.label) for state in State if state in ACTIVE],
        empty_label=_("Any state"),
    )

    class Meta:
        model = Ticket
        fields: tuple[str, ...] = ()

    @property
    def is_filtered(self) -> bool:
        return bool(self.form.is_valid() and any(self.form.cleaned_data.values()))

    def by_words(self, tickets: QuerySet[Ticket], name: str, value: str) -> QuerySet[Ticket]:
        return queries.matching(tickets, value, reads_internal=True)

    def narrowed(self) -> QuerySet[Ticket]:
        """Return the tickets that fit; all of them when the form is not valid."""
        found: Any = self.qs if self.form.is_valid() else self.queryset
        return found
