"""The sign-in library's own list of addresses follows the person's one address."""

from typing import Any

from allauth.account.models import EmailAddress
from django.db.models.signals import post_save, pre_save
from django.dispatch import receiver

from foundation.accounts.models import User


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
