"""Who stands behind a request, typed; and where a form was posted from."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponseBase, HttpResponseNotAllowed
from django.shortcuts import redirect

from foundation.accounts.models import User
from foundation.core.actor import Actor
from foundation.core.classification import Channel

View = Callable[..., HttpResponseBase]


def person(request: HttpRequest) -> User:
    """Return the signed-in person; views behind a login only."""
    assert isinstance(request.user, User)
    return request.user


def actor(request: HttpRequest, channel: Channel) -> Actor:
    """Return the author of what this request does; a service account's name stands beside its
    contact's id.
    """
    account = getattr(request, "service_account", None)
    return Actor(
        person_id=person(request).pk,
        channel=channel,
        system=f"service account {account.pk}" if account else "",
    )


def posted_from(page: str, *names: str) -> Callable[[View], View]:
    """Let a view take POST alone, and send whoever comes by GET to the page that holds its form.

    People do come: Enter in the address bar under a refused form, a bookmark, the switch of
    language. ``page`` is a URL's name, ``names`` the view's arguments that its address takes.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.method in {"GET", "HEAD"}:
                return redirect(page, *(kwargs[name] for name in names))
            if request.method != "POST":
                return HttpResponseNotAllowed(["POST"])
            return view(request, *args, **kwargs)

        # The walk over every route asks by POST then.
        wrapped.takes_posts_alone = True  # type: ignore[attr-defined]
        return wrapped

    return decorate
