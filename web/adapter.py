"""allauth's hooks: sign-up is closed, and its mails go through the outbox."""

import hashlib
from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone, translation

from foundation.accounts.queries import user_by_email
from foundation.accounts.tenancy import every_organization
from foundation.notifications.services import Letter, queue_letters
from web.requests import public_address

# allauth's template prefix -> our letter template; every other prefix becomes ``account_notice``.
_TEMPLATES = {
    "account/email/password_reset_key": "password_reset",
    "account/email/unknown_account": "password_reset_unknown",
}


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_reset_password_from_key_url(self, key: str) -> str:
        return public_address(urlsplit(super().get_reset_password_from_key_url(key)).path)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Write the mail to the outbox, which retries it and survives a crash."""
        template = _TEMPLATES.get(template_prefix, "account_notice")
        now = timezone.now()
        user = user_by_email(email)
        digest = hashlib.sha256(email.encode()).hexdigest()
        letter = Letter(
            template=template,
            to_email=email,
            to_name=getattr(user, "full_name", ""),
            recipient_id=user.pk if user else None,
            language=getattr(user, "language", "")
            or translation.get_language()
            or settings.LANGUAGE_CODE,
            dedupe_key=f"account:{template}:{digest[:32]}:{now.isoformat()}",
            context={
                "url": str(context.get("password_reset_url", "")),
                "notice": template_prefix.rpartition("/")[2],
            },
        )
        with (
            every_organization(
                reason="queue a mail about an account, which belongs to no organization"
            ),
            transaction.atomic(),
        ):
            queue_letters(organization_id=None, letters=[letter], at=now)
