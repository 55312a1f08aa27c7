"""Words of webhooks for letters and pages."""

from django import template

from foundation.webhooks.models import Failure

register = template.Library()


@register.filter
def failure_words(code: str) -> str:
    """Return why an attempt failed, as a sentence without a full stop; "" for none."""
    return str(Failure(code).label) if code in Failure.values else ""
