"""The field for uploads: its defaults, its list of accepted files, and when one is required."""

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation

from web.forms import FilesField


def test_a_field_for_files_is_optional_and_says_what_may_be_attached() -> None:
    with translation.override("en"):
        field = FilesField()

        assert (field.required, str(field.label)) == (False, "Files")
        assert str(field.help_text) == ("Screens, error messages, documents. Up to 25 MB each.")
    accepted = field.widget.attrs["accept"].split(",")
    assert {".png", ".pdf"} <= set(accepted)
    assert ".exe" not in accepted
    field.clean([])


def test_given_words_are_kept_and_a_required_field_needs_a_file() -> None:
    field = FilesField(required=True, label="Form", help_text="The filled form.")

    assert (field.label, field.help_text) == ("Form", "The filled form.")
    with pytest.raises(ValidationError) as refused:
        field.clean([])
    with translation.override("en"):
        assert refused.value.messages == ["Attach a file."]
    field.clean(["a file"])
