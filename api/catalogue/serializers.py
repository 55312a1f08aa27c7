"""Shapes of the catalogue."""

from typing import Any

from rest_framework import serializers

from catalog.models import FieldType
from foundation.core.classification import Impact, Kind, Urgency


class TemplateFieldSerializer(serializers.Serializer[Any]):
    key = serializers.CharField()
    type = serializers.ChoiceField(choices=FieldType.choices)
    name = serializers.CharField()
    is_required = serializers.BooleanField()
    options = serializers.ListField(child=serializers.CharField(), help_text="Of a choice.")


class TemplateSerializer(serializers.Serializer[Any]):
    """A form of the catalogue, with what its ticket is raised with if nobody says otherwise."""

    slug = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField()
    kind = serializers.ChoiceField(choices=Kind.choices)
    service = serializers.CharField(help_text="Short name, as raising a ticket takes it.")
    impact = serializers.ChoiceField(choices=Impact.choices)
    urgency = serializers.ChoiceField(choices=Urgency.choices)
    fields_of_its_own = TemplateFieldSerializer(many=True)


class CatalogueSerializer(serializers.Serializer[Any]):
    category = serializers.CharField()
    templates = TemplateSerializer(many=True)
