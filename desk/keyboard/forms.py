"""A person's shortcuts."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from desk.keyboard.keys import SHORTCUTS, places_together
from foundation.accounts.models import User


class KeysForm(forms.Form):
    """One field for each shortcut, and the switch of all of them."""

    is_on = forms.BooleanField(
        label=gettext_lazy("Use shortcuts of one key"),
        required=False,
        help_text=gettext_lazy(
            "They work while no field is being filled in. Ctrl+K and Ctrl+Enter always work."
        ),
    )

    def __init__(self, data: Any = None, *, reader: User) -> None:
        own = reader.shortcuts.get("keys", {})
        initial: dict[str, Any] = {each.name: own.get(each.name, each.key) for each in SHORTCUTS}
        super().__init__(data, initial=initial | {"is_on": not reader.shortcuts.get("is_off")})
        for each in SHORTCUTS:
            self.fields[each.name] = forms.CharField(
                label=str(each.label),
                max_length=1,
                widget=forms.TextInput(attrs={"class": "key-input", "autocomplete": "off"}),
            )

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        for place, one in enumerate(SHORTCUTS):
            for other in SHORTCUTS[:place]:
                is_same = data.get(one.name) == data.get(other.name) is not None
                if is_same and places_together(one.place, other.place):
                    words = _("“%(label)s” has this key already.") % {"label": other.label}
                    self.add_error(one.name, words)
                    break
        return data

    def keys(self) -> dict[str, str]:
        """Return the keys that differ from the usual ones."""
        chosen = self.cleaned_data
        return {each.name: chosen[each.name] for each in SHORTCUTS if chosen[each.name] != each.key}
