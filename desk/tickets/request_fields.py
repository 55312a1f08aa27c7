"""The fields of a request that the desk writes for a customer: who asks, and for what."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from catalog.models import RequestTemplate, Service
from catalog.queries import active_services, active_templates
from foundation.accounts.models import Membership
from foundation.core.classification import Impact, Kind, Urgency
from tickets.services import NewTicket
from web.forms import SubjectField, TicketTextField
from web.once import FIELD
from web.template_fields import TemplateFields, name_of


class RequestFields(TemplateFields):
    """A template of the catalogue brings its kind, its service and its own fields. ``renewed_by``
    is the name of the URL that serves the form anew when another template is chosen, and
    ``renewed`` the id of the element that it replaces.
    """

    renewed_by = ""
    renewed = ""

    membership: "forms.ModelChoiceField[Membership]" = forms.ModelChoiceField(
        label=_("Requester"), queryset=None
    )
    template: "forms.ModelChoiceField[RequestTemplate]" = forms.ModelChoiceField(
        label=_("Template"),
        queryset=None,
        required=False,
        to_field_name="slug",
        empty_label=_("without a template"),
    )
    kind = forms.ChoiceField(label=_("Kind"), choices=Kind.choices)
    service: "forms.ModelChoiceField[Service]" = forms.ModelChoiceField(
        label=_("Service"), queryset=None
    )
    subject = SubjectField(label=_("Subject"), max_length=200)
    description = TicketTextField(label=_("Description"), widget=forms.Textarea(attrs={"rows": 5}))
    impact = forms.ChoiceField(label=_("Impact"), choices=Impact.choices, initial=Impact.MINOR)
    urgency = forms.ChoiceField(label=_("Urgency"), choices=Urgency.choices, initial=Urgency.MEDIUM)

    def __init__(self, *args: Any, template: RequestTemplate | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        members = Membership.objects.filter(
            is_suspended=False, user__is_active=True
        ).select_related("user", "organization")
        membership = fields["membership"]
        membership.queryset = members.order_by("organization__name", "user__full_name", "pk")
        membership.label_from_instance = lambda m: f"{m.user} · {m.organization}"
        fields["service"].queryset = active_services()
        fields["template"].queryset = active_templates()
        fields["template"].label_from_instance = lambda each: f"{each.service} · {each.name}"
        fields["template"].widget.attrs |= {
            "hx-post": reverse(self.renewed_by),
            "hx-include": "closest form",
            "hx-target": f"#{self.renewed}",
            "hx-swap": "innerHTML",
        }
        if template is not None:
            self._use(template, members)

    def _use(self, template: RequestTemplate, members: QuerySet[Membership]) -> None:
        """Put the template's fields in place of kind and service."""
        fields: Any = self.fields
        for name in ("kind", "service"):
            del fields[name]
        fields["impact"].initial = template.default_impact
        fields["urgency"].initial = template.default_urgency
        self.ask_for(template, members)
        before = [name for name in fields if not name.startswith("field_")]
        place = before.index("description")
        self.order_fields([*before[:place], *map(name_of, self.extra), *before[place:]])

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if data.get("membership"):
            self.check_people(data["membership"].organization)
        return data

    def request(self, **given: Any) -> NewTicket:
        """Return the ticket that the form describes, with what else is ``given``."""
        data = self.cleaned_data
        template: RequestTemplate | None = data["template"]
        return NewTicket(
            membership=data["membership"],
            subject=data["subject"],
            description=data["description"],
            kind=Kind(template.kind if template is not None else data["kind"]),
            service=template.service if template is not None else data["service"],
            impact=Impact(data["impact"]),
            urgency=Urgency(data["urgency"]),
            template=template,
            answers=self.answers(),
            **given,
        )


def chosen_template(request: HttpRequest) -> RequestTemplate | None:
    """Return the template that the posted form names; None without one, or for one that there is
    not, which the form refuses.
    """
    slug = request.POST.get("template", "")
    return active_templates().filter(slug=slug).first() if slug else None


def typed_values(request: HttpRequest, template: RequestTemplate | None) -> dict[str, Any]:
    """Return what was typed, as the initial values of the form with another template."""
    typed: dict[str, Any] = {name: value for name, value in request.POST.items() if name != FIELD}
    if template is not None:
        typed |= {"impact": template.default_impact, "urgency": template.default_urgency}
    return typed
