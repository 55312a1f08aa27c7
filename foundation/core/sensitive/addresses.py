"""IP and MAC addresses."""

import re
from collections.abc import Callable, Iterator
from ipaddress import AddressValueError, IPv4Address, IPv6Address

from foundation.core.sensitive.kinds import Finding, Sensitive

_IPV4 = re.compile(r"(?<![\w.-])(?:\d{1,3}\.){3}\d{1,3}(?![\w-]|\.\d)")
_VERSION = re.compile(r"(?:\bv|\bver|\bversi[óo]n|\brelease|\bbuild)[.:]?[ \t]*\Z", re.IGNORECASE)
_IPV6 = re.compile(
    r"(?<![\w:.])[0-9A-F]{0,4}(?::[0-9A-F]{0,4}){2,7}(?:\.\d{1,3}){0,3}(?![\w:])", re.I
)
_MAC = re.compile(
    r"(?<![\w:.-])(?:[0-9A-F]{2}([:-])[0-9A-F]{2}(?:\1[0-9A-F]{2}){4}"
    r"|[0-9A-F]{4}\.[0-9A-F]{4}\.[0-9A-F]{4})(?![\w-]|[:.][0-9A-F])",
    re.IGNORECASE,
)


def addresses(text: str) -> Iterator[Finding]:
    for match in _MAC.finditer(text):
        yield Finding(Sensitive.MAC, *match.span())
    for match in _IPV4.finditer(text):
        before = text[max(0, match.start() - 12) : match.start()]
        if _is_address(IPv4Address, match[0]) and not _VERSION.search(before):
            yield Finding(Sensitive.IP, *match.span())
    for match in _IPV6.finditer(text):
        has_digit = any(each.isdigit() for each in match[0])
        if has_digit and _is_address(IPv6Address, match[0]):
            yield Finding(Sensitive.IP, *match.span())


def _is_address(form: Callable[[str], object], text: str) -> bool:
    try:
        form(text)
    except AddressValueError:
        return False
    return True
