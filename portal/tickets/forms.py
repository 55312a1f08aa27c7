"""Forms of the portal: they parse input, the services apply the rules."""

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from web.forms import FilesField, TicketTextField, WatchedTextField


class ReplyForm(forms.Form):
    body = TicketTextField(label=_("Your message"), widget=forms.Textarea(attrs={"rows": 4}))
    attachments = FilesField()


class AnswerForm(ReplyForm):
    """A reply on a solved ticket: ``yes`` declines the solution, ``no`` only adds a message (SPEC
    3.11).
    """

    still_fails = forms.ChoiceField(
        label=_("Does it still fail?"),
        choices=[
            ("yes", _("Yes, it still fails: the work goes on")),
            ("no", _("No, this is only a comment")),
        ],
        widget=forms.RadioSelect,
    )


class FollowUpForm(ReplyForm):
    body = TicketTextField(
        label=_("What happens now?"),
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_(
            "This ticket has ended. What you write becomes a new ticket that continues it."
        ),
    )


class ReasonForm(forms.Form):
    """The reason of a customer's step: decline, cancel, escalate."""

    reason = WatchedTextField(label=_("Why?"), widget=forms.Textarea(attrs={"rows": 3}))


def reason_form(step: str, data: QueryDict | None = None) -> ReasonForm:
    """Return the form of a step. Its ids contain the step's name: a page has several such forms."""
    return ReasonForm(data, auto_id=f"{step}_%s")
