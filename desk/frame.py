from typing import Any

from django.contrib import admin
from django.http import HttpRequest


def frame(request: HttpRequest) -> dict[str, Any]:
    """Return what the desk's frame shows on every page: the admin site's context with the
    navigation.
    """
    return admin.site.each_context(request)
