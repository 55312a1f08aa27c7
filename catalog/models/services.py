from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from foundation.core.classification import (
    Impact,
    Kind,
    SupportType,
    Urgency,
)


def in_language(row: models.Model, field: str) -> str:
    """Return the text of ``field`` in the active language, falling back to the other one (DECISIONS
    5).
    """
    first, second = ("es", "en") if (get_language() or "es").startswith("es") else ("en", "es")
    return getattr(row, f"{field}_{first}") or getattr(row, f"{field}_{second}")


class Category(models.Model):
    name_es = models.CharField(_("name in Spanish"), max_length=80, unique=True)
    name_en = models.CharField(_("name in English"), max_length=80, blank=True)
    icon = models.CharField(
        _("icon"), max_length=40, default="life-buoy", help_text=_("A name of the Lucide icon set.")
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        ordering = ("position", "pk")

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        super().clean()
        same = Category.objects.filter(name_en__iexact=self.name_en).exclude(pk=self.pk)
        if self.name_en and same.exists():
            raise ValidationError({"name_en": _("It is taken already. Choose another one.")})

    @property
    def name(self) -> str:
        return in_language(self, "name")


class Offered(models.Model):
    """Base of catalogue entries: name and description in Spanish and English, position, active
    flag.
    """

    name_es = models.CharField(_("name in Spanish"), max_length=120)
    name_en = models.CharField(_("name in English"), max_length=120, blank=True)
    description_es = models.TextField(_("description in Spanish"), blank=True)
    description_en = models.TextField(_("description in English"), blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        abstract = True
        ordering = ("position", "pk")

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return in_language(self, "name")

    @property
    def description(self) -> str:
        return in_language(self, "description")


class Service(Offered):
    """A service that the desk offers. ``support_type`` selects the column of targets (SPEC 4.3)."""

    category = models.ForeignKey(
        Category, on_delete=models.PROTECT, related_name="services", verbose_name=_("category")
    )
    slug = models.SlugField(_("short name"), unique=True)
    support_type = models.CharField(_("support type"), max_length=20, choices=SupportType)
    needs_analysis = models.BooleanField(
        _("needs a functional analysis"),
        default=False,
        help_text=_(
            "For updates and deletes of tables: its tickets are solved only when a functional "
            "analysis is recorded."
        ),
    )

    class Meta(Offered.Meta):
        verbose_name = _("service")
        verbose_name_plural = _("services")


class RequestTemplate(Offered):
    """A form of the catalogue: a request or an incident of a service, with defaults and fields of
    its own.
    """

    service = models.ForeignKey(
        Service, on_delete=models.PROTECT, related_name="templates", verbose_name=_("service")
    )
    slug = models.SlugField(_("short name"), unique=True)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    default_impact = models.CharField(
        _("proposed impact"), max_length=20, choices=Impact, default=Impact.MINOR
    )
    default_urgency = models.CharField(
        _("proposed urgency"), max_length=20, choices=Urgency, default=Urgency.MEDIUM
    )

    class Meta(Offered.Meta):
        verbose_name = _("template")
        verbose_name_plural = _("templates")


class FieldType(models.TextChoices):
    TEXT = "text", _("Text")
    LONG_TEXT = "long_text", _("Long text")
    CHOICE = "choice", _("Choice")
    DATE = "date", _("Date")
    PERSON = "person", _("Person of the organization")
    FILE = "file", _("File")


class TemplateField(models.Model):
    template = models.ForeignKey(
        RequestTemplate, on_delete=models.CASCADE, related_name="fields", verbose_name=_("template")
    )
    key = models.SlugField(_("key"), max_length=40)
    type = models.CharField(_("type"), max_length=12, choices=FieldType, default=FieldType.TEXT)
    label_es = models.CharField(_("label in Spanish"), max_length=120)
    label_en = models.CharField(_("label in English"), max_length=120, blank=True)
    options_es = models.TextField(
        _("options in Spanish"), blank=True, help_text=_("One per line; only for a choice.")
    )
    options_en = models.TextField(
        _("options in English"), blank=True, help_text=_("In the order of the Spanish ones.")
    )
    is_required = models.BooleanField(_("required"), default=False)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("field")
        verbose_name_plural = _("fields")
        ordering = ("position", "pk")
        constraints = (
            models.UniqueConstraint(fields=("template", "key"), name="template_field_key"),
        )

    def __str__(self) -> str:
        return self.label

    def clean(self) -> None:
        super().clean()
        if self.type == FieldType.CHOICE and not self.options_es.strip():
            raise ValidationError({"options_es": _("A choice needs its options, one per line.")})

    @property
    def label(self) -> str:
        return in_language(self, "label")

    @property
    def options(self) -> list[tuple[str, str]]:
        """Return (stored value, shown text) pairs; the stored value is the Spanish text."""
        spanish = [line.strip() for line in self.options_es.splitlines() if line.strip()]
        shown = [line.strip() for line in in_language(self, "options").splitlines() if line.strip()]
        return list(zip(spanish, shown if len(shown) == len(spanish) else spanish, strict=True))
