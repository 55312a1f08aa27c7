"""Which addresses webhooks are sent to: public ones, and the networks that the operator names.

A name is looked up when a request is made, and the address that is then connected to is checked: a
name that leads elsewhere since it was saved does not lead inside (SSRF, DNS rebinding).
"""

import ipaddress
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from foundation.core.errors import Invalid

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
# Addresses of IPv4 inside IPv6, translated by a gateway (RFC 6052).
_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")


def check_address(url: str) -> None:
    """Raise ``Invalid`` with what is wrong about the address of an endpoint: another scheme than
    https, no host, a name and password in it, or a private address in digits. http is for the
    networks of MESA_WEBHOOK_NETWORKS alone.
    """
    parts = _parts(url)
    host = parts.hostname or ""
    number = _address(host)
    if parts.scheme not in {"https", "http"} or not host:
        raise Invalid(_("Write the whole address, such as https://example.com/hooks/desk."))
    if parts.username is not None or parts.password is not None:
        raise Invalid(_("Take name and password out of the address: requests are signed."))
    if parts.scheme == "http" and not (number and _is_named(number)):
        raise Invalid(
            _(
                "Use https://. http:// is possible to addresses in digits of the networks in "
                "MESA_WEBHOOK_NETWORKS."
            )
        )
    if host == "localhost" or host.endswith(".localhost") or (number and not may_call(host)):
        raise Invalid(
            _("This is a private address. The operator can allow its network: %(name)s.")
            % {"name": "MESA_WEBHOOK_NETWORKS"}
        )


def may_call(address: str) -> bool:
    """Tell whether requests may go to this IP address: a public one, or of a named network."""
    found = _address(address)
    if found is None:
        return False
    return _is_named(found) or all(
        each.is_global and not each.is_multicast for each in (found, *_inside(found))
    )


def _parts(url: str) -> SplitResult:
    words = _("Write the whole address, such as https://example.com/hooks/desk.")
    if any(letter.isspace() or not letter.isprintable() or letter == "\\" for letter in url):
        raise Invalid(words)
    try:
        parts = urlsplit(url)
        _port = parts.port
        (parts.hostname or "").encode("idna")
    except ValueError as error:
        raise Invalid(words) from error
    return parts


def _address(text: str) -> _Address | None:
    try:
        return ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None


def _is_named(address: _Address) -> bool:
    plain = getattr(address, "ipv4_mapped", None) or address
    return any(
        plain.version == network.version and plain in network
        for network in settings.MESA_WEBHOOK_NETWORKS
    )


def _inside(address: _Address) -> list[_Address]:
    """Return the IPv4 addresses to which an IPv6 address leads."""
    if isinstance(address, ipaddress.IPv4Address):
        return []
    found: list[_Address] = [
        each for each in (address.ipv4_mapped, address.sixtofour) if each is not None
    ]
    found += address.teredo or ()
    if address in _TRANSLATED:
        found.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return found
