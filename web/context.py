import json
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from foundation.accounts.models import User
from reports.queries import reads_any_report

# No inline style or script (CSP), nothing kept of a page in the browser's storage; a refusal comes
# back with the panel that holds it, and is put in its place.
HTMX_CONFIG = {
    "includeIndicatorStyles": False,
    "allowEval": False,
    "allowScriptTags": False,
    "selfRequestsOnly": True,
    "historyCacheSize": 0,
    "responseHandling": [
        {"code": "204", "swap": False},
        {"code": "[234]..", "swap": True},
        {"code": "5..", "swap": False, "error": True},
    ],
}


def frame(request: HttpRequest) -> dict[str, Any]:
    """What every page's frame shows: the languages, the person, and whether this is the demo."""
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
