from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from foundation.accounts.models import User
from reports.queries import reads_any_report


def frame(request: HttpRequest) -> dict[str, Any]:
    """What every page's frame shows: the languages, the person, and whether this is the demo."""
    user = getattr(request, "user", None)
    return {
        "languages": settings.LANGUAGES,
        "is_demo": settings.DEMO,
        "person": user if isinstance(user, User) else None,
        "reads_reports": SimpleLazyObject(
            lambda: isinstance(user, User) and reads_any_report(user)
        ),
    }
