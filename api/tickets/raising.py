"""The body of ``POST tickets/``, and the ticket that ``raise_ticket`` takes."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request

from api.fields import BodySerializer, InstantField, TextField
from api.parameters import named_organization
from catalog.models import FieldType, RequestTemplate, TemplateField
from catalog.queries import get_service, get_template
from foundation.accounts.models import Membership
from foundation.accounts.queries import (
    membership_by_email,
    memberships_of,
)
from foundation.core.classification import (
    ASSISTED_CHANNELS,
    Channel,
    Environment,
    Impact,
    Kind,
    Urgency,
)
from foundation.core.errors import Invalid, NotFound
from tickets.services import Arrival, NewTicket
from web.requests import person
from web.template_fields import TemplateFields, name_of


class OnBehalfSerializer(BodySerializer):
    """For whom something is asked, and how the request came in."""

    organization = serializers.SlugField(
        required=False, help_text="Needed when you belong to more than one, and by the staff."
    )
    requester = serializers.EmailField(
        required=False, help_text="For the staff: for whom the ticket is raised."
    )
    channel = serializers.ChoiceField(
        choices=[(channel.value, channel.label) for channel in ASSISTED_CHANNELS],
        required=False,
        help_text="For the staff, who register what came in: how it did. Without it: the API.",
    )
    received_at = InstantField(
        required=False,
        help_text="With channel, from when the times run: the beginning of the registration or, "
        "of an e-mail, its arrival. Without it: now.",
    )
    contacted_at = InstantField(
        required=False, help_text="With channel: when the person called or wrote. Noted only."
    )
    number_given = serializers.BooleanField(
        default=False,
        help_text="With channel: the person is present and gets the number at once, which is the "
        "reaction.",
    )


class NewTicketSerializer(OnBehalfSerializer):
    subject = serializers.CharField(max_length=200)
    description = TextField()
    template = serializers.SlugField(
        required=False,
        help_text="A form of the catalogue: it brings kind, service, impact and urgency, which are "
        "needed without it; impact and urgency may be given too.",
    )
    answers = serializers.DictField(
        child=serializers.CharField(max_length=5000, allow_blank=True),
        required=False,
        help_text="With template: the answers to its fields, by key. A person is given by e-mail, "
        "a date as 2026-03-31.",
    )
    kind = serializers.ChoiceField(
        choices=Kind.choices, required=False, help_text="Without template: an incident."
    )
    service = serializers.SlugField(
        required=False, help_text="Short name of a service of the catalogue."
    )
    impact = serializers.ChoiceField(choices=Impact.choices, required=False)
    urgency = serializers.ChoiceField(choices=Urgency.choices, required=False)
    environment = serializers.ChoiceField(
        choices=Environment.choices, default=Environment.PRODUCTION
    )


class AnswersForm(TemplateFields):
    """The answers to the fields of a template."""


def new_ticket(request: Request, data: dict[str, Any], at: datetime) -> NewTicket:
    membership = for_whom(request, data)
    asked = _asked(data, membership)
    return NewTicket(
        arrival=arrival_of(request, data, at),
        membership=membership,
        subject=data["subject"],
        description=data["description"],
        environment=Environment(data["environment"]),
        **asked,
    )


def _asked(data: dict[str, Any], membership: Membership) -> dict[str, Any]:
    """Return what is asked for: that of the template or, without one, what the body says. Raises
    ``Invalid`` for what is missing, or does not go with a template.
    """
    if "template" not in data:
        wrong = {
            name: _("Needed.") for name in ("service", "impact", "urgency") if name not in data
        }
        if "answers" in data:
            wrong["answers"] = _("Answers go with a template.")
        if wrong:
            raise Invalid(_("Name a template, or service, impact and urgency."), fields=wrong)
        return {
            "kind": Kind(data.get("kind", Kind.INCIDENT)),
            "service": get_service(data["service"]),
            "impact": Impact(data["impact"]),
            "urgency": Urgency(data["urgency"]),
        }
    template = _template(data)
    return {
        "kind": Kind(template.kind),
        "service": template.service,
        "impact": Impact(data.get("impact", template.default_impact)),
        "urgency": Urgency(data.get("urgency", template.default_urgency)),
        "template": template,
        "answers": _answers(template, data.get("answers", {}), membership),
    }


def _template(data: dict[str, Any]) -> RequestTemplate:
    try:
        template = get_template(data["template"])
    except NotFound as error:
        raise Invalid(error.message, fields={"template": error.message}) from error
    words = _("The template says it: leave it out.")
    differs = (
        ("service", data.get("service", template.service.slug) != template.service.slug),
        ("kind", data.get("kind", template.kind) != template.kind),
    )
    wrong = {name: words for name, is_different in differs if is_different}
    if wrong:
        raise Invalid(words, fields=wrong)
    return template


def _answers(
    template: RequestTemplate, given: dict[str, str], membership: Membership
) -> list[dict[str, str]]:
    """Return the answers as the ticket keeps them. Raises ``Invalid`` for one that is missing or
    wrong, and for a key that the template does not have.
    """
    organization = membership.organization
    members = Membership.objects.filter(organization=organization)
    rows = {row.key: row for row in template.fields.all() if row.type != FieldType.FILE}
    if any(row.type == FieldType.FILE and row.is_required for row in template.fields.all()):
        raise Invalid(_("This form needs a file: raise it in the portal."))
    unknown = sorted(set(given) - set(rows))
    if unknown:
        words = _("The template has no field %(names)s.") % {"names": ", ".join(unknown)}
        raise Invalid(words, fields={"answers": words})
    typed = {
        name_of(row): _typed(row, given[key], organization.pk)
        for key, row in rows.items()
        if key in given
    }
    form = AnswersForm(typed)
    form.ask_for(template, members)
    if form.is_valid():
        form.check_people(organization)
    if form.errors:
        wrong = {
            f"answers.{key}": " ".join(map(str, form.errors[name_of(row)]))
            for key, row in rows.items()
            if name_of(row) in form.errors
        }
        labels = ", ".join(str(rows[name.partition(".")[2]].label) for name in wrong)
        raise Invalid(_("Correct the answers: %(labels)s.") % {"labels": labels}, fields=wrong)
    return form.answers()


def _typed(row: TemplateField, value: str, organization_id: int) -> str:
    """Return an answer as the form takes it: of a person, the id."""
    if row.type != FieldType.PERSON or not value:
        return value
    found = membership_by_email(organization_id, value)
    return str(found.user_id) if found is not None else "0"


def arrival_of(request: Request, data: dict[str, Any], at: datetime) -> Arrival | None:
    """Return how a request that the staff registers came in; None for one that arrives by itself.
    Raises ``Invalid`` for a customer, or for its data without the channel.
    """
    given = [
        name
        for name in ("channel", "received_at", "contacted_at", "number_given")
        if data.get(name)
    ]
    if not given:
        return None
    if not person(request).is_staff:
        words = _("Only the staff says how a request came in.")
        raise Invalid(words, fields=dict.fromkeys(given, words))
    if "channel" not in data:
        words = _("Say through which channel it came in.")
        raise Invalid(words, fields={"channel": words})
    if data["channel"] == Channel.EMAIL and "received_at" not in data:
        words = _("Say when the e-mail arrived: its times run from then.")
        raise Invalid(words, fields={"received_at": words})
    return Arrival(
        at=data.get("received_at", at),
        contacted_at=data.get("contacted_at"),
        number_given=data["number_given"],
    )


def for_whom(request: Request, data: dict[str, Any]) -> Membership:
    """Return the requester's membership: the customer's own, or for staff that of the named
    requester. Raises ``Invalid`` unless exactly one matches.
    """
    user = person(request)
    if user.is_staff:
        if not data.get("organization") or not data.get("requester"):
            raise Invalid(
                _("Staff must name the organization and the requester."),
                fields={"requester": _("Needed.")},
            )
        organization = named_organization(data["organization"])
        found = membership_by_email(organization.pk, data["requester"])
        if found is None:
            raise Invalid(
                _("No valid user of that organization has this address."),
                fields={"requester": _("Unknown.")},
            )
        return found
    if (data.get("requester") or user.email).lower() != user.email:
        raise Invalid(
            _("Only the staff raises tickets for others: leave the requester out."),
            fields={"requester": _("Not you.")},
        )
    mine = memberships_of(user.pk)
    wanted = data.get("organization")
    chosen = [membership for membership in mine if wanted in (None, membership.organization.slug)]
    if len(chosen) != 1:
        names = ", ".join(membership.organization.slug for membership in mine)
        raise Invalid(
            _("Name one of your organizations: %(names)s.") % {"names": names},
            fields={"organization": _("Not one of yours.")},
        )
    return chosen[0]
