"""Forms of the portal. They translate; services decide."""

from django import forms
from django.utils.translation import gettext_lazy as _

from web.forms import FilesField


class ReplyForm(forms.Form):
    body = forms.CharField(label=_("Your message"), widget=forms.Textarea(attrs={"rows": 4}))
    attachments = FilesField()


class AnswerForm(ReplyForm):
    """A reply on a solved ticket says whether it still fails: that decides what it does (SPEC
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
    body = forms.CharField(
        label=_("What happens now?"),
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_(
            "This ticket has ended. What you write becomes a new ticket that continues it."
        ),
    )


class ReasonForm(forms.Form):
    """A step of the customer that needs a word: decline, cancel, escalate."""

    reason = forms.CharField(label=_("Why?"), widget=forms.Textarea(attrs={"rows": 3}))
