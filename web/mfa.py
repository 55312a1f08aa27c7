"""The form that switches the second factor on."""

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.totp.internal.auth import TOTP


class ActivateForm(ActivateTOTPForm):
    def clean_code(self) -> str:
        """Mark the code as used: the library does so for codes of a sign-in alone, and would take
        this one a second time.
        """
        code = str(super().clean_code())
        TOTP(Authenticator(user=self.user))._mark_code_used(code)
        return code
