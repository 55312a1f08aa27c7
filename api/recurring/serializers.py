"""Bodies and answers of recurring tickets."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from rest_framework import serializers

from api.tickets.raising import NewTicketSerializer
from tickets.models import NotRaised, Recurrence, RecurrenceDay
from tickets.models.recurrences import LONGEST_NAME
from tickets.recurrence import LONGEST_RULE, ClosedDays
from tickets.recurrence_words import rule_words


class RecurrenceBodySerializer(NewTicketSerializer):
    """The whole of a recurring ticket: the ticket as ``POST tickets/`` takes it, and when."""

    # of a ticket that arrives
    channel = None  # type: ignore[assignment]
    received_at = None  # type: ignore[assignment]
    contacted_at = None  # type: ignore[assignment]
    number_given = None  # type: ignore[assignment]
    environment = None  # type: ignore[assignment]

    name = serializers.CharField(max_length=LONGEST_NAME)
    rule = serializers.CharField(
        max_length=LONGEST_RULE,
        help_text="A recurrence rule of RFC 5545, at most once a day, such as "
        "FREQ=MONTHLY;BYDAY=1MO.",
    )
    starts_on = serializers.DateField(help_text="The first day that the rule looks at.")
    at_time = serializers.TimeField(
        input_formats=["%H:%M", "%H:%M:%S"],
        help_text="In the customer's time zone, such as 08:00.",
    )
    closed_days = serializers.ChoiceField(
        choices=ClosedDays.choices,
        default=ClosedDays.RAISE,
        help_text="On a day on which the customer's business calendar is closed.",
    )
    assignee = serializers.EmailField(required=False, allow_null=True)
    tags = serializers.ListField(child=serializers.CharField(max_length=60), default=list)
    tasks = serializers.ListField(child=serializers.CharField(max_length=200), default=list)


class AnswerSerializer(serializers.Serializer[Any]):
    label_es = serializers.CharField()
    label_en = serializers.CharField()
    value = serializers.CharField()


class RecurrenceSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    organization = serializers.SlugField()
    requester = serializers.EmailField()
    subject = serializers.CharField()
    description = serializers.CharField()
    kind = serializers.CharField()
    service = serializers.SlugField()
    template = serializers.SlugField(allow_null=True)
    answers = AnswerSerializer(many=True)
    impact = serializers.CharField()
    urgency = serializers.CharField()
    assignee = serializers.EmailField(allow_null=True)
    tags = serializers.ListField(child=serializers.CharField())
    tasks = serializers.ListField(child=serializers.CharField())
    rule = serializers.CharField()
    words = serializers.CharField(help_text="The rule as a sentence, in the caller's language.")
    starts_on = serializers.DateField()
    at_time = serializers.TimeField(format="%H:%M")
    closed_days = serializers.ChoiceField(choices=ClosedDays.choices)
    is_paused = serializers.BooleanField()
    next_at = serializers.DateTimeField(
        allow_null=True, help_text="Null while it is paused, and when the rule gives no more days."
    )
    version = serializers.IntegerField(help_text="Also the ETag.")


class ScheduleSerializer(serializers.Serializer[Any]):
    words = serializers.CharField()
    times = serializers.ListField(
        child=serializers.DateTimeField(), help_text="The next ones; none for a rule that is over."
    )


class RecurrenceDaySerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    day = serializers.DateField(help_text="Local day of the customer.")
    due_at = serializers.DateTimeField()
    ticket = serializers.CharField(allow_null=True, help_text="Number of the ticket.")
    problem = serializers.ChoiceField(
        choices=NotRaised.choices, allow_null=True, help_text="Why no ticket was raised."
    )
    detail = serializers.CharField(help_text="What a refusal said.")


def recurrence_data(recurrence: Recurrence) -> dict[str, Any]:
    template = recurrence.template
    assignee = recurrence.assignee
    return {
        "id": recurrence.pk,
        "name": recurrence.name,
        "organization": recurrence.organization.slug,
        "requester": recurrence.membership.user.email,
        "subject": recurrence.subject,
        "description": recurrence.description,
        "kind": recurrence.kind,
        "service": recurrence.service.slug,
        "template": template.slug if template is not None else None,
        "answers": recurrence.answers,
        "impact": recurrence.impact,
        "urgency": recurrence.urgency,
        "assignee": assignee.email if assignee is not None else None,
        "tags": recurrence.tag_names,
        "tasks": recurrence.task_titles,
        "rule": recurrence.rule,
        "words": rule_words(recurrence.parsed_rule),
        "starts_on": recurrence.starts_on,
        "at_time": f"{recurrence.at_time:%H:%M}",
        "closed_days": recurrence.closed_days,
        "is_paused": recurrence.is_paused,
        "next_at": recurrence.next_at,
        "version": recurrence.version,
    }


def schedule_data(words: str, times: Sequence[datetime]) -> dict[str, Any]:
    return {"words": words, "times": list(times)}


def day_data(day: RecurrenceDay) -> dict[str, Any]:
    return {
        "id": day.pk,
        "day": day.day,
        "due_at": day.due_at,
        "ticket": day.ticket.number if day.ticket is not None else None,
        "problem": day.problem or None,
        "detail": day.detail,
    }
