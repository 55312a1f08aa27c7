"""Links in letters and documents, as kind and key. Domain apps do not build URLs.

``servicedesk.wiring`` registers ``servicedesk.links.make_address`` here at start-up.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Link:
    """A page, identified by ``kind`` such as ``ticket`` and ``key`` such as the ticket's number.

    ``for_staff`` selects the desk's page. ``servicedesk.links`` lists the valid pairs of ``kind``
    and ``for_staff``.
    """

    kind: str
    key: str = ""
    for_staff: bool = False

    def as_data(self) -> list[Any]:
        return [self.kind, self.key, self.for_staff]


_makers: list[Callable[[Link], str]] = []


def use_addresses(make: Callable[[Link], str]) -> None:
    """Register ``make`` as the function behind ``address_of``; it replaces an earlier one."""
    _makers[:] = [make]


def address_of(link: Link) -> str:
    """Return the absolute URL of the link's page. Raises ``KeyError`` when there is no page for its
    ``kind`` and ``for_staff``.
    """
    return _makers[0](link)
