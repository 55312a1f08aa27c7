"""Addresses of the sign-in library follow the person's one address; a session starts as used."""

from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.signals import user_logged_in
from django.db.models.signals import post_save, pre_save
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from foundation.accounts.models import User
from web.middleware import LAST_SEEN


@receiver(post_save, sender=User)
def on_user_saved(sender: object, instance: User, **_more: Any) -> None:
    """Delete the addresses that the person had before: they could sign in and receive resets."""
    addresses = EmailAddress.objects.filter(user_id=instance.pk)
    addresses.exclude(email=instance.email).delete()


@receiver(pre_save, sender=EmailAddress)
def on_address_saved(sender: object, instance: EmailAddress, **_more: Any) -> None:
    """An administrator entered the address: it needs no confirmation. An unconfirmed one, which a
    reset by anybody makes, would keep the person from a second factor.
    """
    instance.verified = True


@receiver(user_logged_in)
def on_logged_in(sender: object, request: HttpRequest, **_more: Any) -> None:
    request.session[LAST_SEEN] = int(timezone.now().timestamp())
