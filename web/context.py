import json
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from foundation.accounts.models import User
from reports.queries import reads_any_report

# No inline style or script (CSP), and no history cache in local storage. 4xx responses are swapped
# too: they contain the panel with the refused form.
HTMX_CONFIG = {
    "includeIndicatorStyles": False,
    "allowEval": False,
    "allowScriptTags": False,
    "selfRequestsOnly": True,
    "historyCacheSize": 0,
    "refreshOnHistoryMiss": True,
    "attributesToSettle": ["class"],  # it would write inline styles
    "responseHandling": [
        {"code": "204", "swap": False},
        {"code": "[234]..", "swap": True},
        {"code": "5..", "swap": False, "error": True},
    ],
}


def frame(request: HttpRequest) -> dict[str, Any]:
    """Return the template context of every page's frame: languages, htmx settings, user, demo flag.

    ``reads_reports`` is lazy: it runs its query only on pages that use it.
    """
    user = getattr(request, "user", None)
    return {
        "languages": settings.LANGUAGES,
        "htmx_config": json.dumps(HTMX_CONFIG),
        "is_demo": settings.DEMO,
        "person": user if isinstance(user, User) else None,
        "reads_reports": SimpleLazyObject(
            lambda: isinstance(user, User) and reads_any_report(user)
        ),
    }
