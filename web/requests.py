"""Who stands behind a request, typed."""

from django.http import HttpRequest

from accounts.models import User
from core.actor import Actor
from core.classification import Channel


def person(request: HttpRequest) -> User:
    """Return the signed-in person; views behind a login only."""
    assert isinstance(request.user, User)
    return request.user


def actor(request: HttpRequest, channel: Channel) -> Actor:
    """Return the author of what this request does; a service account's name stands beside its contact's id."""
    account = getattr(request, "service_account", None)
    return Actor(person_id=person(request).pk, channel=channel, system=f"service account {account.pk}" if account else "")
