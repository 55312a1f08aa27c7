"""What a letter or a document points at, by type and key: domain apps know no addresses.

``servicedesk.links`` makes the addresses, and gives its function here when the product starts.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Link:
    """A page by what it shows: ``kind`` such as ``ticket``, ``key`` such as its number.

    ``for_staff`` chooses the desk's page where both doors have one.
    """

    kind: str
    key: str = ""
    for_staff: bool = False

    def as_data(self) -> list[Any]:
        return [self.kind, self.key, self.for_staff]


_makers: list[Callable[[Link], str]] = []


def use_addresses(make: Callable[[Link], str]) -> None:
    """Let ``make`` turn links into absolute addresses from now on."""
    _makers[:] = [make]


def address_of(link: Link) -> str:
    """Return the absolute address of what the link names. Raises ``KeyError`` for an unknown
    kind.
    """
    return _makers[0](link)
