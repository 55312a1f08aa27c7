"""Base of the forms of the configuration: what no page takes, names that are taken, and saves of
others in between.
"""

from datetime import date, datetime
from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from desk.configuration import opened
from desk.configuration.names import same_names
from foundation.core.bounds import require_in_reach
from foundation.core.texts import is_blank, one_line, shows
from foundation.core.zones import local_instant

_DIGITS_0_TO_9 = (forms.IntegerField, forms.DateField, forms.DateTimeField, forms.TimeField)


class CheckedForm(forms.ModelForm):
    """Refuses dates, numbers and texts that no page of the configuration takes. A text of one line
    has no tabs or line breaks in it.
    """

    def _clean_fields(self) -> None:
        super()._clean_fields()  # type: ignore[misc]
        now = timezone.now()
        for name, value in list(self.cleaned_data.items()):
            try:
                self.cleaned_data[name] = self._checked(name, value, now)
            except ValidationError as error:
                self.add_error(name, error)

    def _checked(self, name: str, value: Any, at: datetime) -> Any:
        """Return the value of a field as it is kept. Raises ``ValidationError`` for a date out of
        reach, a text that shows nothing, and digits other than 0 to 9 in a number or date.
        """
        field = self.fields[name]
        if isinstance(field, _DIGITS_0_TO_9) and not str(self[name].data).isascii():
            raise ValidationError(_("Write it with the digits 0 to 9."))
        if isinstance(field, forms.EmailField) and not all(map(shows, value)):
            raise ValidationError(_("Part of this address cannot be seen. Type it again."))
        if isinstance(value, str) and value and is_blank(value):
            raise ValidationError(_("Nothing of this can be read. Write it again."))
        if isinstance(value, date):
            require_in_reach(value, at)
        is_line = isinstance(value, str) and isinstance(field.widget, forms.TextInput)
        return one_line(value) if is_line else value


class ConfigurationForm(CheckedForm):
    """Base of the forms. Uniqueness counts the fields that the page shows without a field, too,
    such as the organization of a row that exists: Django leaves such constraints to the database.

    ``saved_meanwhile`` names the saves of others since the page was opened: the form is refused
    once, with the typed values kept.
    """

    saved_meanwhile: tuple[str, ...] = ()

    def validate_unique(self) -> None:
        super().validate_unique()
        for name, words in same_names(self.instance, self.changed_data):
            self.add_error(name, words)

    def _update_errors(self, errors: ValidationError) -> None:
        """Put the error of a value that is taken on its field. Where several columns are unique
        together, as a name is within an organization, Django puts it on the whole form.
        """
        by_field: dict[str, list[ValidationError]] = getattr(errors, "error_dict", {})
        for error in list(by_field.get(NON_FIELD_ERRORS, ())):
            together = (error.params or {}).get("unique_check", ())
            changed = [name for name in together if name in self.changed_data]
            if error.code == "unique_together" and changed:
                self.add_error(changed[-1], _("It is taken already. Choose another one."))
                by_field[NON_FIELD_ERRORS].remove(error)
        if not by_field.get(NON_FIELD_ERRORS, True):
            del by_field[NON_FIELD_ERRORS]
        super()._update_errors(errors)  # type: ignore[misc]

    def full_clean(self) -> None:
        super().full_clean()
        if self.is_bound and self.saved_meanwhile:
            self.add_error(None, opened.meanwhile_words(self.saved_meanwhile))

    def _get_validation_exclusions(self) -> set[str]:
        excluded: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]
        model = type(self.instance)
        unique = {name for fields in model._meta.total_unique_constraints for name in fields.fields}
        given = {
            field.name
            for field in model._meta.concrete_fields
            if getattr(self.instance, field.attname) is not None
        }
        return excluded - (unique & given)


def put_instant(form: forms.BaseForm, data: dict[str, Any], name: str, time_zone: str) -> None:
    """Replace a typed local time by its instant; put the error of one that does not exist on the
    field.
    """
    try:
        data[name] = local_instant(data[name], time_zone)
    except ValidationError as error:
        form.add_error(name, error)
