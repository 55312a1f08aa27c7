"""The words and bars of figures, the same on pages and in PDFs."""

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
    """Say how long each side could move tickets (seconds by ``Holder``), in words for everybody:
    ``The desk 3 h 10 min · A supplier 4 h``.
    """
    return " · ".join(
        f"{Holder(code).label} {short_duration(timedelta(seconds=seconds))}"
        for code, seconds in (turns or {}).items()
        if seconds
    )


@register.simple_tag
def bar(percent: float | None, width: int = 160) -> SafeString:
    """A compliance bar as SVG, the same in page and PDF; without a figure the bar is empty."""
    filled = 0 if percent is None else round(width * percent / 100)
    return format_html(
        '<svg class="bar" width="{0}" height="10" viewBox="0 0 {0} 10" '
        'preserveAspectRatio="none" role="img" aria-hidden="true">'
        '<rect class="bar-track" fill="#e6ebe8" width="{0}" height="10" rx="3"></rect>'
        '<rect class="bar-fill" fill="#0e6655" '
        'width="{1}" height="10" rx="3"></rect></svg>',
        width,
        filled,
    )
