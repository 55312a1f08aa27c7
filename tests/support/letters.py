from urllib.parse import urlsplit

from foundation.core.links import Link, address_of
from foundation.notifications.models import OutboxMessage


def address_in(letter: OutboxMessage, name: str) -> str:
    """Return the path and query of one of the letter's links, as its reader would open it."""
    found = urlsplit(address_of(Link(*letter.links[name])))
    return f"{found.path}?{found.query}" if found.query else found.path
