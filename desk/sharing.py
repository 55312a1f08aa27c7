"""What people of the desk save under a name, for themselves, a group or everybody: the form, and
the pages on which it is listed, written and deleted.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from desk.frame import frame
from foundation.accounts.models import Team, User
from foundation.accounts.roles import Capability
from foundation.core.actor import Actor
from foundation.core.classification import Channel
from foundation.core.errors import DomainError, NotFound
from tickets.models import Audience, Shared
from web.errors import put_on_form
from web.requests import actor, person


class SharedForm(forms.Form):
    """A person shares with their groups; a supervisor with every group and with everybody."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=60)
    audience = forms.ChoiceField(label=gettext_lazy("For whom"), choices=Audience.choices)
    team: "forms.ModelChoiceField[Team]" = forms.ModelChoiceField(
        label=gettext_lazy("Group"), queryset=None, required=False
    )

    def __init__(self, *args: Any, reader: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        teams = Team.objects.order_by("level", "name", "pk")
        if not reader.can(Capability.SUPERVISE):
            teams = teams.filter(members=reader)
            fields["audience"].choices = [
                each for each in Audience.choices if each[0] != Audience.PUBLIC
            ]
        fields["team"].queryset = teams


@dataclass(frozen=True)
class SharedPages:
    """The pages of one kind. ``name`` is that of its list among the URLs, ``row`` the template of
    what one shows; ``new``, ``one`` and ``deletes`` are the names of the other URLs. ``words``
    holds the sentences: ``title``, ``new``, ``lead``, ``none``, ``saved``, ``deleted``.
    """

    name: str
    new: str
    one: str
    deletes: str
    row: str
    icon: str
    form: type[SharedForm]
    seen: Callable[[User], Sequence[Shared]]
    store: Callable[..., Shared]
    discard: Callable[[int, Actor], None]
    words: Mapping[str, str | Promise]

    def list(self, request: HttpRequest) -> HttpResponse:
        reader = person(request)
        supervises = reader.can(Capability.SUPERVISE)
        rows = [
            (each, each.owner_id == reader.pk, each.owner_id == reader.pk or supervises)
            for each in self.seen(reader)
        ]
        context = {"pages": self, "rows": rows}
        return render(request, "desk/shared/list.html", frame(request) | context)

    def edit(self, request: HttpRequest, pk: int | None, **context: Any) -> HttpResponse:
        """Write a new one, one of one's own anew, or a copy of somebody else's. One's own saved
        under another name is renamed.
        """
        reader = person(request)
        saved = self._seen(request, pk) if pk is not None else None
        is_own = saved is not None and saved.owner_id == reader.pk
        form = self.form(request.POST or None, reader=reader, initial=self._values(saved))
        if request.method == "POST" and form.is_valid() and not self._taken(request, form, saved):
            by = actor(request, Channel.DESK)
            try:
                renames = saved.pk if saved is not None and is_own else None
                row = self.store(**form.cleaned_data, by=by, at=timezone.now(), renames=renames)
            except DomainError as error:
                put_on_form(form, error)
            else:
                messages.success(request, str(self.words["saved"]) % {"name": row})
                return redirect(self.name)
        found = {"pages": self, "form": form, "row": saved, "is_copy": saved and not is_own}
        status = 400 if form.errors else 200
        return render(
            request, "desk/shared/form.html", frame(request) | found | context, status=status
        )

    def remove(self, request: HttpRequest, pk: int) -> HttpResponse:
        try:
            self.discard(pk, actor(request, Channel.DESK))
        except NotFound as error:
            messages.error(request, str(error.message))
        else:
            messages.success(request, str(self.words["deleted"]))
        return redirect(self.name)

    def _seen(self, request: HttpRequest, pk: int) -> Shared:
        """Return one that the reader sees. Raises ``NotFound``."""
        for each in self.seen(person(request)):
            if each.pk == pk:
                return each
        raise NotFound(_("There is nothing like that, or it is not yours."))

    def _taken(self, request: HttpRequest, form: SharedForm, saved: Shared | None) -> bool:
        """Tell whether another one of one's own has the name, which saving would replace."""
        name = " ".join(form.cleaned_data["name"].split())
        for each in self.seen(person(request)):
            if each.owner_id == person(request).pk and each.name == name and each != saved:
                form.add_error("name", _("You have another one with this name already."))
                return True
        return False

    def _values(self, saved: Shared | None) -> dict[str, Any]:
        return {name: getattr(saved, name) for name in self.form.base_fields} if saved else {}
