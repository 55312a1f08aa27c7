"""Tabs: links that choose what a page shows. Rendered by ``components/tabs.html``."""

from dataclasses import dataclass

from django.utils.functional import Promise


@dataclass(frozen=True)
class Tab:
    """``count`` is the number of rows behind the tab; None shows no number."""

    label: str | Promise
    url: str
    is_current: bool
    count: int | None = None
