"""Makes the absolute address of a ``Link``: the only place that maps kinds to pages."""

from urllib.parse import urlencode

from django.conf import settings
from django.urls import reverse

from foundation.core.links import Link

# (kind, for staff): URL name, the name of its argument, the name of its query parameter
_PAGES = {
    ("home", True): ("admin:index", "", ""),
    ("ticket", True): ("admin:ticket", "number", ""),
    ("ticket", False): ("portal:ticket", "number", ""),
    ("queue", True): ("admin:queue", "", "view"),
    ("recurrence", True): ("admin:recurrence", "recurrence_id", ""),
    ("audit", True): ("admin:audit", "number", ""),
    ("planned_audit", True): ("admin:planned_audit", "plan_id", ""),
    ("webhook", True): ("admin:webhook", "endpoint_id", ""),
    ("coverage", True): ("admin:coverage", "", "customer"),
    ("contacts", False): ("portal:contacts", "", ""),
    ("report", False): ("portal:reports", "", "month"),
    ("acknowledgement", True): ("portal:acknowledge", "token", ""),
    ("verification", False): ("verify", "", ""),
}


def make_address(link: Link) -> str:
    """Return the absolute address of a page. Raises ``KeyError`` for a kind without a page."""
    name, argument, parameter = _PAGES[link.kind, link.for_staff]
    path = reverse(
        name, kwargs={argument: link.key} if argument else {}, urlconf=settings.ROOT_URLCONF
    )
    query = f"?{urlencode({parameter: link.key})}" if parameter else ""
    return f"{settings.MESA_URL}{path}{query}"
