"""Which addresses webhooks are sent to: public ones, and the networks that the operator names.

A name is looked up when a request is made, and the address that is then connected to is checked: a
name that leads elsewhere since it was saved does not lead inside (SSRF, DNS rebinding).
"""

import ipaddress
from urllib.parse import SplitResult, quote, urlsplit, urlunsplit

from django.conf import settings
from django.utils.translation import gettext as _

from foundation.core.errors import Invalid

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_Network = ipaddress.IPv4Network | ipaddress.IPv6Network
# Addresses of IPv4 inside IPv6, translated by a gateway (RFC 6052).
_TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")
# What is given out to the public (RFC 4291); of it, for documentation (RFC 9637).
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
_NOT_PUBLIC = (ipaddress.IPv6Network("3fff::/20"), ipaddress.IPv4Network("192.88.99.0/24"))
_ISATAP = {0x00005EFE, 0x02005EFE}  # then the last 32 bits are an address of IPv4 (RFC 5214)
_KEPT_IN_PATHS = "/%:@!$&'()*+,;=~-._"


def to_ascii(url: str) -> str:
    """Return an address as it is sent: the name of its server in IDNA, other letters in percent
    signs. Raises ``ValueError``.
    """
    parts = urlsplit(url)
    host = (parts.hostname or "").encode("idna").decode("ascii")
    if not host:
        raise ValueError("no host")
    place = f"[{host}]" if ":" in host else host
    if parts.port is not None:
        place = f"{place}:{parts.port}"
    if parts.username is not None or parts.password is not None:
        raise ValueError("a name or password")
    path = quote(parts.path, safe=_KEPT_IN_PATHS)
    return urlunsplit(
        (parts.scheme, place, path, quote(parts.query, safe=_KEPT_IN_PATHS + "?"), "")
    )


def check_address(url: str) -> None:
    """Raise ``Invalid`` with what is wrong about the address of an endpoint: another scheme than
    https, no host, a name and password in it, or a private address in digits. http is for the
    networks of MESA_WEBHOOK_NETWORKS alone.
    """
    parts = _parts(url)
    host = (parts.hostname or "").encode("idna").decode("ascii")
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
    name = host.rstrip(".")
    if name == "localhost" or name.endswith(".localhost") or (number and not may_call(host)):
        raise Invalid(
            _("This is a private address. The operator can allow its network: %(name)s.")
            % {"name": "MESA_WEBHOOK_NETWORKS"}
        )


def is_address(host: str) -> bool:
    """Tell whether a host is an IP address in digits."""
    return _address(host) is not None


def may_call(address: str) -> bool:
    """Tell whether requests may go to this IP address: a public one, or of a named network."""
    found = _address(address)
    if found is None:
        return False
    return _is_named(found) or all(map(_is_public, _with_inner(found)))


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
    networks: list[_Network] = settings.MESA_WEBHOOK_NETWORKS
    return any(plain.version == network.version and plain in network for network in networks)


def _is_public(address: _Address) -> bool:
    if address.is_multicast or not address.is_global:
        return False
    if any(address.version == each.version and address in each for each in _NOT_PUBLIC):
        return False
    return isinstance(address, ipaddress.IPv4Address) or address in _GLOBAL_UNICAST


def _with_inner(address: _Address) -> list[_Address]:
    """Return what an address leads to: itself, and the IPv4 addresses inside one of IPv6. Of one
    that is an IPv4 address in another form, that alone.
    """
    if isinstance(address, ipaddress.IPv4Address):
        return [address]
    last = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if address.ipv4_mapped is not None or address in _TRANSLATED:
        return [last]
    found: list[_Address] = [address, *(address.teredo or ())]
    if address.sixtofour is not None:
        found.append(address.sixtofour)
    if (int(address) >> 32) & 0xFFFFFFFF in _ISATAP:
        found.append(last)
    return found
