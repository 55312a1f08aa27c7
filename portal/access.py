"""The portal is for customers; the staff have the desk."""

from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect

from web.requests import View, person
from web.resending import session_ended


def customer_required(view: View) -> View:
    """Redirect staff to the desk and anonymous visitors to the login; keep what they sent."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if person(request).is_staff:
            return redirect("admin:index")
        return view(request, *args, **kwargs)

    @wraps(view)
    def signed_in(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method == "POST" and not request.user.is_authenticated:
            return session_ended(request)
        return login_required(wrapped)(request, *args, **kwargs)

    return signed_in
