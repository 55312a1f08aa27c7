"""Shapes of webhooks and of their events."""

import json
from collections.abc import Sequence
from typing import Any

from rest_framework import serializers

from api.fields import BodySerializer
from foundation.webhooks.models import Attempt, Delivery, DeliveryStatus, Endpoint, Failure

_KINDS_WORDS = "Types of events, such as ticket.raised; empty: every one that the reader may read."


class WebhookSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    url = serializers.CharField()
    reader = serializers.EmailField(help_text="It is told what this person may read.")
    organization = serializers.CharField(
        allow_null=True, help_text="Short name; null: every customer that the reader may see."
    )
    kinds = serializers.ListField(child=serializers.CharField(), help_text=_KINDS_WORDS)
    is_active = serializers.BooleanField()
    failing_since = serializers.DateTimeField(
        allow_null=True, help_text="The first failure after the last event that was taken."
    )
    created_at = serializers.DateTimeField()


class WebhookWithSecretSerializer(WebhookSerializer):
    secret = serializers.CharField(help_text="Shown this once; requests are signed with it.")


class SecretSerializer(serializers.Serializer[Any]):
    secret = serializers.CharField(
        help_text="Shown this once. For 24 hours the earlier secret signs too."
    )


class WebhookChangeSerializer(BodySerializer):
    """What is left out stays as it is."""

    name = serializers.CharField(max_length=80, required=False)
    url = serializers.CharField(max_length=500, required=False)
    reader = serializers.EmailField(required=False, help_text="E-mail of a person.")
    organization = serializers.CharField(
        required=False, allow_null=True, help_text="Short name of a customer."
    )
    kinds = serializers.ListField(
        child=serializers.CharField(max_length=60),
        required=False,
        max_length=100,
        help_text=_KINDS_WORDS,
    )
    is_active = serializers.BooleanField(required=False)


class NewWebhookSerializer(WebhookChangeSerializer):
    name = serializers.CharField(max_length=80)
    url = serializers.CharField(max_length=500)
    reader = serializers.EmailField(help_text="E-mail of a person.")


class SendAgainSerializer(BodySerializer):
    """``events`` are ids; without it everything that was not delivered, up to 10,000 events."""

    events = serializers.ListField(
        child=serializers.CharField(max_length=40), required=False, min_length=1, max_length=500
    )


class CountSerializer(serializers.Serializer[Any]):
    events = serializers.IntegerField(help_text="How many were queued again.")


class AttemptSerializer(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    status_code = serializers.IntegerField(allow_null=True, help_text="Null when none came.")
    failure = serializers.ChoiceField(
        choices=Failure.choices, allow_blank=True, help_text="Empty when it was taken."
    )
    detail = serializers.CharField(allow_blank=True)
    answer = serializers.CharField(allow_blank=True, help_text="Its first 500 characters.")
    took_ms = serializers.IntegerField()


class DeliverySerializer(serializers.Serializer[Any]):
    id = serializers.CharField(help_text="The webhook-id of every attempt.")
    type = serializers.CharField()
    timestamp = serializers.DateTimeField(help_text="When it happened.")
    status = serializers.ChoiceField(choices=DeliveryStatus.choices)
    attempts = serializers.IntegerField()
    next_attempt_at = serializers.DateTimeField(allow_null=True)


class DeliveryDetailSerializer(DeliverySerializer):
    body = serializers.DictField(allow_null=True, help_text="What is sent; null before it is.")
    log = AttemptSerializer(many=True)


def webhook_data(endpoint: Endpoint) -> dict[str, Any]:
    """Return the shape of ``WebhookSerializer``."""
    organization = endpoint.organization
    return {
        "id": endpoint.pk,
        "name": endpoint.name,
        "url": endpoint.url,
        "reader": endpoint.reader.email,
        "organization": organization.slug if organization is not None else None,
        "kinds": endpoint.kinds,
        "is_active": endpoint.is_active,
        "failing_since": endpoint.failing_since,
        "created_at": endpoint.created_at,
    }


def delivery_data(delivery: Delivery) -> dict[str, Any]:
    """Return the shape of ``DeliverySerializer``."""
    is_queued = delivery.status == DeliveryStatus.QUEUED
    return {
        "id": delivery.event_id,
        "type": delivery.kind,
        "timestamp": delivery.happened_at,
        "status": delivery.status,
        "attempts": delivery.attempts,
        "next_attempt_at": delivery.run_after if is_queued else None,
    }


def delivery_detail_data(delivery: Delivery, attempts: Sequence[Attempt]) -> dict[str, Any]:
    """Return the shape of ``DeliveryDetailSerializer``."""
    return {
        **delivery_data(delivery),
        "body": json.loads(delivery.body) if delivery.body else None,
        "log": [
            {
                "at": each.at,
                "status_code": each.status_code,
                "failure": each.failure,
                "detail": each.detail,
                "answer": each.answer,
                "took_ms": each.took_ms,
            }
            for each in attempts
        ],
    }
