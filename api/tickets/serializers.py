"""Serializers of tickets: they parse input and describe output, the services apply the rules."""

from collections.abc import Iterable, Mapping
from typing import Any

from rest_framework import serializers

from api.fields import BodySerializer, TextField
from api.tickets.times import SPENT_WORDS, SpentSerializer
from foundation.accounts.models import User
from foundation.core.classification import (
    ASSISTED_CHANNELS,
    Priority,
)
from foundation.core.sensitive import Sensitive
from sla.clocks.models import Clock, ClockState
from sla.metrics import Metric
from sla.targets import TargetUnit
from tickets.endings import EndCause
from tickets.models import Ticket, format_number
from tickets.notices import has_reader
from tickets.queries import intervals, snooze_of, visible_to
from tickets.states import Holder, SolutionType, State, turn_of

PRIORITY_CODES = [(priority.code, priority.label) for priority in Priority]


# Tickets and clocks are described by serializers, for the schema, and built by functions, for the
# responses: instantiating a serializer for each of 50 tickets took half the time of a list. A test
# compares both.


class ClockSerializer(serializers.ModelSerializer[Clock]):
    """``due_at`` is null while the clock is paused with time to go; ``is_met`` is null until it
    stops.
    """

    metric = serializers.ChoiceField(choices=Metric.choices)
    state = serializers.ChoiceField(choices=ClockState.choices)
    target_minutes = serializers.IntegerField(allow_null=True, help_text="Null for a term in days.")
    target_days = serializers.IntegerField(
        allow_null=True, help_text="Null for a target in minutes."
    )
    target_unit = serializers.ChoiceField(choices=TargetUnit.choices)

    class Meta:
        model = Clock
        fields = (
            "metric",
            "state",
            "target_minutes",
            "target_days",
            "target_unit",
            "started_at",
            "due_at",
            "stopped_at",
            "is_met",
            "breached_at",
        )


def clock_data(clock: Clock) -> dict[str, Any]:
    """Return the shape of ``ClockSerializer``."""
    in_time = clock.target_unit == TargetUnit.TIME
    return {
        "metric": clock.metric,
        "state": clock.state,
        "target_minutes": int(clock.target.total_seconds() // 60) if in_time else None,
        "target_days": None if in_time else clock.target.days,
        "target_unit": clock.target_unit,
        "started_at": clock.started_at,
        "due_at": clock.due_at,
        "stopped_at": clock.stopped_at,
        "is_met": clock.is_met,
        "breached_at": clock.breached_at,
    }


class StaySerializer(serializers.Serializer[Any]):
    """What the work waits for, or why the ticket ended without a solution."""

    since = serializers.DateTimeField()
    reason = serializers.CharField()
    expected_on = serializers.DateField(allow_null=True)
    duplicate_of = serializers.CharField(
        allow_null=True, help_text="Number of the other ticket; null when you may not see it."
    )
    asked_by = serializers.CharField(allow_null=True, help_text="Name of who asked.")
    asked_channel = serializers.CharField(allow_blank=True)


SENSITIVE_WORDS = (
    "Which sensitive data was written in it. Passwords and numbers of cards and of people are "
    "masked: read them with original."
)


def kinds_list(kinds: str) -> list[str]:
    """Return kinds of sensitive data, which are kept with commas between."""
    return kinds.split(",") if kinds else []


class TicketSerializer(serializers.ModelSerializer[Ticket]):
    number = serializers.CharField(read_only=True)
    organization = serializers.SlugField(source="organization.slug", read_only=True)
    service = serializers.SlugField(source="service.slug", read_only=True)
    requester = serializers.EmailField(source="requester.email", read_only=True)
    assignee = serializers.CharField(read_only=True, allow_null=True)
    priority = serializers.ChoiceField(choices=PRIORITY_CODES, read_only=True)
    state = serializers.ChoiceField(choices=State.choices, read_only=True)
    turn = serializers.ChoiceField(
        choices=Holder.choices,
        read_only=True,
        allow_blank=True,
        help_text="Which side has to act next; empty when the ticket has ended.",
    )
    continues = serializers.CharField(
        read_only=True,
        allow_null=True,
        help_text="Number of the ended ticket this one goes on with.",
    )
    merged_into = serializers.CharField(
        read_only=True,
        allow_null=True,
        help_text="Number of the ticket in which the matter of this one goes on.",
    )
    clocks = ClockSerializer(many=True, read_only=True)
    sensitive = serializers.ListField(
        child=serializers.ChoiceField(choices=Sensitive.choices),
        read_only=True,
        help_text=SENSITIVE_WORDS,
    )
    answer_due_at = serializers.DateTimeField(
        read_only=True,
        allow_null=True,
        help_text="Of a ticket that waits for its customer: when they are reminded or it closes.",
    )
    closes_without_answer_at = serializers.DateTimeField(
        read_only=True,
        allow_null=True,
        help_text="Set when the last reminder said that the ticket closes then.",
    )
    snoozed_until = serializers.DateTimeField(
        read_only=True,
        allow_null=True,
        help_text="For the staff: until when who has it has snoozed it.",
    )
    stay = StaySerializer(
        read_only=True, allow_null=True, help_text="With stay_mark or end_cause; null otherwise."
    )
    requester_has_access = serializers.BooleanField(
        read_only=True,
        help_text="False when the requester left: nobody is told, and no clock stops by a message.",
    )

    class Meta:
        model = Ticket
        fields = (
            "number",
            "organization",
            "subject",
            "description",
            "sensitive",
            "kind",
            "service",
            "support_type",
            "environment",
            "impact",
            "urgency",
            "priority",
            "state",
            "turn",
            "channel",
            "requester",
            "assignee",
            "continues",
            "merged_into",
            "is_out_of_contract",
            "received_at",
            "contacted_at",
            "updated_at",
            "solved_at",
            "closed_at",
            "solution_type",
            "closure_code",
            "end_cause",
            "stay_mark",
            "next_due_at",
            "version",
            "clocks",
            "answer_due_at",
            "closes_without_answer_at",
            "reminders_sent",
            "snoozed_until",
            "stay",
            "requester_has_access",
        )
        read_only_fields = fields


_DETAIL_ALONE = {
    "description",
    "sensitive",
    "answer_due_at",
    "closes_without_answer_at",
    "reminders_sent",
    "snoozed_until",
    "stay",
    "requester_has_access",
}


class TicketListSerializer(TicketSerializer):
    class Meta(TicketSerializer.Meta):
        fields = tuple(  # type: ignore[assignment]
            name for name in TicketSerializer.Meta.fields if name not in _DETAIL_ALONE
        )
        read_only_fields = fields  # type: ignore[assignment]


_JOINED = {
    "organization": "organization__slug",
    "service": "service__slug",
    "requester": "requester__email",
    "assignee": "assignee__full_name",
}
_LINKED = ("continues", "merged_into")
_LINKED_IDS = tuple(f"{name}_id" for name in _LINKED)
_PLAIN = tuple(
    name
    for name in TicketListSerializer.Meta.fields
    if name not in {*_JOINED, "number", "priority", "turn", *_LINKED, "clocks"}
)
LIST_COLUMNS = ("id", "priority", *_LINKED_IDS, *_PLAIN, *_JOINED.values())


def listed_ticket_data(row: Mapping[str, Any], clocks: Iterable[Clock]) -> dict[str, Any]:
    """Return the shape of ``TicketListSerializer`` from the ``LIST_COLUMNS`` of a ticket."""
    data: dict[str, Any] = {
        "number": format_number(row["id"]),
        "priority": Priority(row["priority"]).code,
    }
    data["turn"] = turn_of(row["state"])
    for name in _LINKED:
        data[name] = format_number(row[f"{name}_id"]) if row[f"{name}_id"] else None
    data |= {name: row[name] for name in _PLAIN}
    data |= {name: row[column] for name, column in _JOINED.items()}
    return data | {"clocks": [clock_data(clock) for clock in clocks]}


def ticket_data(ticket: Ticket, clocks: Iterable[Clock], reader: User) -> dict[str, Any]:
    """Return the shape of ``TicketSerializer``: what the list shows, and ``_DETAIL_ALONE``."""
    snooze = snooze_of(ticket) if reader.is_staff else None
    row = {name: getattr(ticket, name) for name in ("id", "priority", *_LINKED_IDS, *_PLAIN)}
    for column in _JOINED.values():
        relation, _, name = column.partition("__")
        row[column] = getattr(getattr(ticket, relation), name, None)
    return listed_ticket_data(row, clocks) | {
        "description": ticket.description,
        "sensitive": kinds_list(ticket.sensitive),
        "answer_due_at": ticket.answer_due_at,
        "closes_without_answer_at": ticket.closes_without_answer_at,
        "reminders_sent": ticket.reminders_sent,
        "snoozed_until": snooze.until if snooze is not None else None,
        "stay": _stay_data(ticket, reader) if ticket.stay_mark or ticket.end_cause else None,
        "requester_has_access": has_reader(ticket),
    }


def _stay_data(ticket: Ticket, reader: User) -> dict[str, Any] | None:
    stay = next((each for each in intervals(ticket.pk) if each.ended_at is None), None)
    if stay is None:
        return None
    is_seen = visible_to(reader).filter(pk=stay.duplicate_of_id or 0).exists()
    return {
        "since": stay.started_at,
        "reason": stay.reason,
        "expected_on": stay.expected_on,
        "duplicate_of": stay.duplicate_number if is_seen else None,
        "asked_by": stay.asked_by.full_name if stay.asked_by else None,
        "asked_channel": stay.asked_channel,
    }


class NewTransitionSerializer(BodySerializer):
    """``transition`` is a name of the table; what else is needed depends on it, and a refusal says
    what is missing.
    """

    transition = serializers.CharField(max_length=40)
    reason = TextField(required=False, allow_blank=True, default="")
    tried = TextField(
        required=False,
        allow_blank=True,
        default="",
        help_text="Of a ticket that is sent to a higher level: what was tried before.",
    )
    message = TextField(required=False, allow_blank=True, default="")
    solution_type = serializers.ChoiceField(
        choices=SolutionType.choices, required=False, allow_blank=True, default=""
    )
    team = serializers.CharField(
        required=False, help_text="Name of a support group of level 2 or 3."
    )
    supplier = serializers.CharField(required=False, allow_blank=True, default="", max_length=120)
    supplier_case = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=80
    )
    promised_on = serializers.DateField(required=False, allow_null=True, default=None)
    cause = serializers.ChoiceField(
        choices=EndCause.choices,
        required=False,
        allow_blank=True,
        default="",
        help_text="For the staff, which ends a ticket without a solution.",
    )
    duplicate_of = serializers.CharField(
        required=False,
        allow_blank=True,
        default="",
        max_length=20,
        help_text="Of a duplicate: the number of the ticket that is attended.",
    )
    asked_by = serializers.EmailField(
        required=False,
        allow_blank=True,
        default="",
        help_text="Who of the customer asked to call the ticket off.",
    )
    asked_channel = serializers.ChoiceField(
        choices=[(channel.value, channel.label) for channel in ASSISTED_CHANNELS],
        required=False,
        allow_blank=True,
        default="",
        help_text="The channel through which they asked.",
    )
    spent = SpentSerializer(required=False, allow_null=True, default=None, help_text=SPENT_WORDS)
    accepted_by = serializers.EmailField(
        required=False,
        allow_blank=True,
        default="",
        help_text="For the desk, which accepts a solution for the customer: who accepted it.",
    )
    accepted_channel = serializers.ChoiceField(
        choices=[(channel.value, channel.label) for channel in ASSISTED_CHANNELS],
        required=False,
        allow_blank=True,
        default="",
        help_text="The channel through which they said so.",
    )
