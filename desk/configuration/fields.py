"""Form fields that select people by e-mail address: a drop-down of thousands of names is
unusable.
"""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_domain_name
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from foundation.accounts.models import User
from foundation.core.texts import shows

_SEPARATORS = re.compile(r"[\s,;]+")


class PersonField(forms.ModelChoiceField):
    """One person, by e-mail."""

    widget = forms.EmailInput
    default_error_messages = {
        "invalid_choice": _("Nobody has this e-mail. Add the person first, under People.")
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(queryset=User.objects.order_by("pk"), to_field_name="email", **kwargs)

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, int):
            return (
                User.objects.filter(pk=value).order_by("pk").values_list("email", flat=True).first()
            )
        return super().prepare_value(value)

    def to_python(self, value: Any) -> User | None:
        found: User | None = super().to_python(
            value.strip().lower() if isinstance(value, str) else value
        )
        return found

    def has_changed(self, initial: Any, data: Any) -> bool:
        return str(self.prepare_value(initial) or "") != str(data or "").strip().lower()


class PeopleWidget(forms.Textarea):
    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        return [each.lower() for each in _SEPARATORS.split(data.get(name, "")) if each]

    def format_value(self, value: Any) -> str:
        return "\n".join(map(str, value or []))


class PeopleField(forms.ModelMultipleChoiceField):
    """Several people, one e-mail address per line; the error names every unknown address, and with
    ``is_of_staff`` everybody who is not of the staff.
    """

    widget = PeopleWidget(attrs={"rows": 4})

    def __init__(self, *, help_text: Any = "", is_of_staff: bool = False, **kwargs: Any) -> None:
        self.is_of_staff = is_of_staff
        kwargs["help_text"] = format_lazy("{} {}", help_text, _("One e-mail per line."))
        super().__init__(
            queryset=User.objects.order_by("full_name", "pk"), to_field_name="email", **kwargs
        )

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, (list, tuple)) and all(isinstance(item, User) for item in value):
            return [item.email for item in value]
        return value

    def _check_values(self, value: Any) -> Any:
        hidden = [each for each in value if not all(map(shows, each))]
        if hidden:
            raise ValidationError(
                _("Part of this address cannot be seen: %(emails)s. Type it again."),
                params={"emails": ", ".join(hidden)},
            )
        found = User.objects.filter(email__in=value).order_by("full_name", "pk")
        unknown = sorted(set(value) - {user.email for user in found})
        if unknown:
            raise ValidationError(
                _("Nobody has the e-mail %(emails)s. Add the person first, under People."),
                params={"emails": ", ".join(unknown)},
            )
        strangers = [user.email for user in found if self.is_of_staff and not user.is_staff]
        if strangers:
            raise ValidationError(
                _("Not of the staff: %(emails)s. Only people of the staff belong here."),
                params={"emails": ", ".join(strangers)},
            )
        return found

    def has_changed(self, initial: Any, data: Any) -> bool:
        return sorted(self.prepare_value(list(initial or []))) != sorted(data or [])


class DomainsField(forms.CharField):
    """Domains of e-mail addresses, one per line, stored as a JSON list."""

    widget = forms.Textarea(attrs={"rows": 3})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(map(str, value)) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[str]:  # type: ignore[override]
        found = [each.lower() for each in _SEPARATORS.split(str(value or "")) if each]
        return list(dict.fromkeys(found))

    def run_validators(self, value: Any) -> None:
        super().run_validators("\n".join(value))
        for each in value:
            words = _("“%(domain)s” is no domain: write it as empresa.mx, one per line.")
            wrong = ValidationError(words, params={"domain": each})
            if not all(map(shows, each)):
                raise wrong
            try:
                validate_domain_name(each)
            except ValidationError as error:
                raise wrong from error

    def has_changed(self, initial: Any, data: Any) -> bool:
        return list(initial or []) != self.to_python(data)


class RolesField(forms.MultipleChoiceField):
    """Several codes (roles, states, priorities), stored as a JSON list."""

    widget = forms.CheckboxSelectMultiple

    def has_changed(self, initial: Any, data: Any) -> bool:
        return sorted(initial or []) != sorted(data or [])
