"""Every URL of the product, from the resolver itself."""

from collections.abc import Iterator
from typing import NamedTuple

from django.urls import URLPattern, URLResolver, get_resolver


class Route(NamedTuple):
    """``name`` is ``namespace:name``; of an address without a name, its pattern."""

    name: str
    pattern: str


def all_routes() -> list[Route]:
    """Return every route of the product, sorted by name."""
    return sorted(set(_walk(get_resolver(), "", "")))


def _walk(resolver: URLResolver, prefix: str, namespace: str) -> Iterator[Route]:
    for entry in resolver.url_patterns:
        pattern = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from _walk(entry, pattern, entry.namespace or namespace)
        elif isinstance(entry, URLPattern):
            named = f"{namespace}:{entry.name}" if namespace else entry.name
            yield Route(named if entry.name and named else pattern, pattern)
