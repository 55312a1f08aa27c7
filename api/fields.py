"""Fields of the API that Django's would read too kindly."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.utils.dateparse import parse_datetime
from django.utils.timezone import is_naive
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from foundation.core.texts import without_blank_ends

NAIVE = _("Give the time zone too, as in 2026-03-02T15:00:00Z or 2026-03-02T09:00:00-06:00.")


class BodySerializer(serializers.Serializer[Any]):
    """Base of what a request sends. A key that it does not know is refused: it would be ignored."""

    def to_internal_value(self, data: Any) -> Any:
        unknown = sorted(set(data) - set(self.fields)) if isinstance(data, Mapping) else []
        if unknown:
            words = _("Unknown. Known: %(known)s.") % {"known": ", ".join(sorted(self.fields))}
            raise serializers.ValidationError(dict.fromkeys(unknown, [words]))
        return super().to_internal_value(data)


class TextField(serializers.CharField):
    """A text of several lines. Its first line keeps its indentation."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(trim_whitespace=False, **kwargs)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        return super().run_validation(without_blank_ends(data) if isinstance(data, str) else data)


class UploadField(serializers.FileField):
    default_error_messages = {"empty": _("This file is empty.")}


class InstantField(serializers.DateTimeField):
    """An instant. A time without a zone is refused: it would be read in the server's."""

    default_error_messages = {"naive": NAIVE}

    def to_internal_value(self, value: Any) -> datetime:
        if isinstance(value, str) and not value.isascii():
            self.fail("invalid", format="YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z]")
        return super().to_internal_value(value)

    def enforce_timezone(self, value: datetime) -> datetime:
        if is_naive(value):
            self.fail("naive")
        return super().enforce_timezone(value)


class _InstantFormField(django_filters.fields.IsoDateTimeField):
    def to_python(self, value: Any) -> Any:
        if isinstance(value, str) and not value.isascii():
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        moment = parse_datetime(value) if isinstance(value, str) else None
        if moment is not None and is_naive(moment):
            raise ValidationError(NAIVE)
        return super().to_python(value)


class InstantFilter(django_filters.IsoDateTimeFilter):
    field_class: type[forms.Field] = _InstantFormField
