"""Form fields shared by portal and desk."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from foundation.accounts.models import DESK_ZONE
from foundation.core.durations import typed_minutes
from foundation.core.texts import without_blank_ends
from foundation.core.zones import local_instant
from foundation.documents.checking import ACCEPTED_EXTENSIONS, MAX_UPLOAD_BYTES


class TextField(forms.CharField):
    """A text of several lines. Its first line keeps its indentation."""

    widget = forms.Textarea

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(strip=False, **kwargs)

    def to_python(self, value: Any) -> str:
        return without_blank_ends(super().to_python(value) or "")


class FormattedField(TextField):
    """A text with buttons that format it (``foundation.core.formatting``)."""

    is_formatted = True


class DeskInstantField(forms.DateTimeField):
    """A date and a time in the desk's time zone; cleaned, an instant, or None for nothing."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("help_text", _("In the desk's time zone."))
        widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
        super().__init__(widget=widget, **kwargs)

    def clean(self, value: Any) -> Any:
        wall = super().clean(value)
        if wall is None:
            return None
        try:
            return local_instant(wall, DESK_ZONE)
        except ValidationError as error:
            raise ValidationError(error.messages) from error


class WatchedTextField(TextField):
    """A text of a ticket: the page says while it is typed that it has sensitive data."""

    is_watched = True


class TicketTextField(WatchedTextField, FormattedField):
    """A text of a ticket that is shown formatted."""


class SubjectField(forms.CharField):
    """The subject of a ticket, watched as its texts are."""

    is_watched = True


class MinutesField(forms.CharField):
    """A duration as people type it; cleaned, a number of minutes, or None for nothing."""

    default_error_messages = {
        "duration": _("Write a time as 45 min, 1:30 or 1 h 30 min; a number alone is minutes."),
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=40, **kwargs)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        minutes = typed_minutes(text)
        if minutes is None:
            raise forms.ValidationError(self.error_messages["duration"], code="duration")
        return minutes


class MultipleFileInput(forms.ClearableFileInput):
    allow_multiple_selected = True

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        return files.getlist(name) if hasattr(files, "getlist") else files.get(name)


class FilesField(forms.Field):
    """Any number of uploads. The field checks only that one is present if required; the view checks
    the content with ``checked_files``.
    """

    widget = MultipleFileInput

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("required", False)
        kwargs.setdefault("label", _("Files"))
        kwargs.setdefault(
            "help_text",
            format_lazy(
                _("Screens, error messages, documents. Up to {limit} MB each."),
                limit=MAX_UPLOAD_BYTES // 1048576,
            ),
        )
        super().__init__(**kwargs)
        self.widget.attrs["accept"] = ",".join(f".{extension}" for extension in ACCEPTED_EXTENSIONS)

    def clean(self, value: Any) -> None:
        if self.required and not value:
            raise forms.ValidationError(_("Attach a file."))


def take_version(form: forms.Form, version: int) -> None:
    """Keep what was typed in a refused form with the version that is saved now: sending it again
    overwrites what has changed meanwhile.
    """
    form.data = form.data.copy()  # type: ignore[attr-defined]
    form.data["version"] = str(version)  # type: ignore[index]
