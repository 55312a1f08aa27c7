"""Labels and bars of figures, for pages and PDFs."""

from datetime import timedelta

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from foundation.core.durations import short_duration
from reports.metrics import DEFINITIONS
from tickets.states import Holder

register = template.Library()


@register.filter
def verdict_label(code: str) -> str:
    return str(
        next((definition.label for definition in DEFINITIONS if definition.name == code), code)
    )


@register.filter
def turns_words(turns: dict[str, int] | None) -> str:
    """Return the seconds by ``Holder`` as text: ``The desk 3 h 10 min · A supplier 4 h``. Leaves
    out holders without time.
    """
    return " · ".join(
        f"{Holder(code).label} {short_duration(timedelta(seconds=seconds))}"
        for code, seconds in (turns or {}).items()
        if seconds
    )


@register.simple_tag
def bar(percent: float | None, width: int = 160) -> SafeString:
    """Return a compliance bar as SVG, for page and PDF, empty for None. Only 100 fills it, and
    only 0 leaves it empty.
    """
    filled = round(width * percent / 100) if percent else 0
    if percent and percent < 100:
        filled = min(max(filled, 1), width - 1)
    return format_html(
        '<svg class="bar" width="{0}" height="10" viewBox="0 0 {0} 10" '
        'preserveAspectRatio="none" role="img" aria-hidden="true">'
        '<rect class="bar-track" fill="#e6ebe8" width="{0}" height="10" rx="3"></rect>'
        '<rect class="bar-fill" fill="#0e6655" '
        'width="{1}" height="10" rx="3"></rect></svg>',
        width,
        filled,
    )
