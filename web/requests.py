"""Typed user, ``Actor`` and query string of a request, and the decorator of POST-only views."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase, HttpResponseNotAllowed, QueryDict
from django.shortcuts import redirect

from foundation.accounts.models import User
from foundation.core.actor import Actor
from foundation.core.classification import Channel
from web.once import acts_once

View = Callable[..., HttpResponseBase]


def person(request: HttpRequest) -> User:
    """Return the signed-in user. Only for views behind a login: it asserts one."""
    assert isinstance(request.user, User)
    return request.user


def actor(request: HttpRequest, channel: Channel) -> Actor:
    """Return the ``Actor`` of this request. For a service account, it has the contact's id, and
    ``system`` names the account by its id.
    """
    account = getattr(request, "service_account", None)
    return Actor(
        person_id=person(request).pk,
        channel=channel,
        system=f"service account {account.pk}" if account else "",
    )


MOST_DIGITS = 19  # of an id of the database


def is_id(text: str) -> bool:
    """Tell whether a text of an address or a form can be the id of a row."""
    return text.isascii() and text.isdecimal() and len(text) < MOST_DIGITS


def client_address(request: HttpRequest) -> str:
    """Return the address of the client, before the ``MESA_PROXIES`` proxies in front, as the rate
    limits of the login use it.
    """
    return str(get_adapter(request).get_client_ip(request))


def public_address(path: str) -> str:
    """Return the absolute address of a path on ``MESA_URL``: the host and scheme of a request may
    be anybody's.
    """
    return f"{settings.MESA_URL}{path}"


def with_query(query: QueryDict, **changes: Any) -> str:
    """Return ``?`` and the query string with some parameters replaced; None or an empty value
    removes one.
    """
    changed = query.copy()
    for name, value in changes.items():
        changed.pop(name, None)
        if value not in (None, ""):
            changed[name] = str(value)
    return f"?{changed.urlencode()}"


def posted_from(page: str, *names: str) -> Callable[[View], View]:
    """Accept only POST: redirect GET and HEAD to the page with the form, answer 405 to other
    methods.

    GET does happen: Enter in the address bar after a refused form, a bookmark, the language switch.
    A form with a token acts once (``web.once``). ``page`` is the name of a URL, ``names`` are the
    view arguments that it takes.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.method in {"GET", "HEAD"}:
                return redirect(page, *(kwargs[name] for name in names))
            if request.method != "POST":
                return HttpResponseNotAllowed(["POST"])
            return acts_once(view)(request, *args, **kwargs)

        # The permission test requests such a route by POST.
        wrapped.takes_posts_alone = True  # type: ignore[attr-defined]
        return wrapped

    return decorate
