"""Sensitive data in what people write (SPEC 3.15): passwords, numbers of cards and of people, IP
and MAC addresses. It is found by its form, with check digits where it has any. A text is never
changed here: a masked copy is returned.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv6Address

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from stdnum import luhn
from stdnum.ar import cuit
from stdnum.cl import rut
from stdnum.es import dni, nie
from stdnum.mx import curp, rfc
from stdnum.us import ssn

MASK = "••••••"


class Sensitive(TextChoices):
    """What was found; the order is that of the words on a page."""

    PASSWORD = "password", _("a password")
    CARD = "card", _("a card number")
    IDENTITY = "identity", _("an identity number")
    IP = "ip", _("an IP address")
    MAC = "mac", _("a MAC address")


SECRET = frozenset({Sensitive.PASSWORD, Sensitive.CARD, Sensitive.IDENTITY})
EVERY = frozenset(Sensitive)


@dataclass(frozen=True)
class Finding:
    """A value in a text, from ``start`` to before ``end``."""

    kind: Sensitive
    start: int
    end: int


def find(text: str, kinds: Iterable[Sensitive] = EVERY) -> list[Finding]:
    """Return the values of these kinds, in their order, without overlaps: of two that overlap the
    first one stays, as long as both.
    """
    wanted = frozenset(kinds)
    found = [each for finder in _FINDERS for each in finder(text) if each.kind in wanted]
    found.sort(key=lambda each: (each.start, -each.end))
    apart: list[Finding] = []
    for each in found:
        if apart and each.start < apart[-1].end:
            last = apart.pop()
            apart.append(Finding(last.kind, last.start, max(last.end, each.end)))
        else:
            apart.append(each)
    return apart


def kinds_in(text: str) -> list[Sensitive]:
    """Return the kinds that the text has, in the order of ``Sensitive``."""
    found = {each.kind for each in find(text)}
    return [kind for kind in Sensitive if kind in found]


def has_secrets(kinds: str) -> bool:
    """Tell whether one of these kinds, which have commas between, is a secret."""
    return not SECRET.isdisjoint(kinds.split(","))


def masked(text: str, kinds: Iterable[Sensitive] = EVERY) -> str:
    """Return the text with ``MASK`` in place of each value of these kinds; of a card number the
    last four digits stay.
    """
    parts = []
    done = 0
    for each in find(text, kinds):
        parts += [text[done : each.start], MASK]
        if each.kind is Sensitive.CARD:
            parts.append(f" {text[each.end - 4 : each.end]}")
        done = each.end
    return "".join([*parts, text[done:]])


# A word that announces a password. After those of the second list a value follows at once: "PIN 4
# of the port: GND" is none.
_ANNOUNCING = (
    r"contrase(?:ñ|n|n\u0303)as?|password|passwd|passphrase|passcode|pass|pwd|psw"
    r"|clave[ \t]+(?:del?[ \t]+)?(?:acceso|usuario|red|wi-?fi|administrador|temporal|nueva)"
    r"|credencial(?:es)?|credentials?"
)
_ANNOUNCING_AT_ONCE = r"clave|nip|pin|token|secreto?|api[ _-]?key|client[ _-]?secret|otp"
_BETWEEN = r"(?:[ \t]+[\w.@/()-]{1,40}){0,6}?"
_VALUE = r"""["'«“`](?P<quoted>[^"'«»“”`\n]{3,100})["'»”`]|(?P<bare>[^\s]{4,200})"""
_AFTER_COLON = re.compile(
    rf"(?<!\w)(?:(?:{_ANNOUNCING}){_BETWEEN}|{_ANNOUNCING_AT_ONCE})"
    rf"(?:[ \t]+(?:es|is))?[ \t]*(?:[:=]|->|→)[ \t]*\n?[ \t]*(?:{_VALUE})",
    re.IGNORECASE,
)
_AFTER_VERB = re.compile(
    rf"(?<!\w)(?:{_ANNOUNCING}|{_ANNOUNCING_AT_ONCE}){_BETWEEN}"
    rf"[ \t]+(?:es|is|era|was|será|queda|quedó(?:[ \t]+como)?)[ \t]+(?:{_VALUE})",
    re.IGNORECASE,
)
_IN_ADDRESS = re.compile(r"\b[a-z][a-z0-9+.-]{1,20}://[^\s:/@]{0,100}:(?P<bare>[^\s/@]{1,200})@")
_TOKENS = re.compile(
    r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----.*?(?:-----END [A-Z ]{0,30}PRIVATE KEY-----|\Z)"
    r"|\beyJ[\w-]{10,2000}\.[\w-]{10,4000}\.[\w-]{10,2000}"
    r"|\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{36,255}|\bgithub_pat_\w{22,255}"
    r"|\bxox[abeoprs]-[\w-]{10,200}|\bglpat-[\w-]{20,100}",
    re.DOTALL,
)
_AUTHORIZATION = re.compile(r"\b(?:Bearer|Basic)[ \t]+(?P<bare>[\w+/=.~-]{12,4000})")
_TRAILING = ".,;:)]}>»”\"'"


def _passwords(text: str) -> Iterator[Finding]:
    for pattern, is_secret in (
        (_AFTER_COLON, _follows_colon),
        (_AFTER_VERB, _looks_secret),
        (_IN_ADDRESS, _is_written),
        (_AUTHORIZATION, _is_written),
    ):
        for match in pattern.finditer(text):
            group = "bare" if match["bare"] else "quoted"
            start = match.start(group)
            value = match[group]
            if group == "bare" and pattern is not _IN_ADDRESS:
                value = value.rstrip(_TRAILING)
            end = start + len(value)
            if _is_written(value, text, end) and (group == "quoted" or is_secret(value, text, end)):
                yield Finding(Sensitive.PASSWORD, start, end)
    for match in _TOKENS.finditer(text):
        yield Finding(Sensitive.PASSWORD, *match.span())


def _is_written(value: str, text: str, end: int) -> bool:
    """Tell whether the value is more than a mask of bullets or asterisks."""
    return bool(value.strip("•*●xX.…-_<>"))


def _looks_secret(value: str, text: str, end: int) -> bool:
    """Tell a password from the next word of a sentence: it mixes kinds of characters, or is a
    number.
    """
    if len(value) < 4:
        return False
    if re.search(r"[!@#$%^&*+=?~|\\<>{}\[\]]", value):
        return True
    has_digits = bool(re.search(r"\d", value))
    return has_digits or bool(re.search(r"[a-z][A-Z]|[A-Z]{2,}[a-z]", value))


def _follows_colon(value: str, text: str, end: int) -> bool:
    """Tell a password from the next word of a sentence: after a colon one alone on its line is a
    password too.
    """
    rest = text[end : end + 200].partition("\n")[0].strip(_TRAILING + " \t\r")
    return len(value) >= 4 and (not rest or _looks_secret(value, text, end))


_CARD = re.compile(r"(?<![\w.,-])\d(?:[ -]?\d){12,18}(?![\w-]|[.,]\d)")
_CARD_RULES = (  # brands by their first digits, with the lengths of their numbers
    re.compile(r"4(?:\d{12}|\d{15}|\d{18})"),
    re.compile(r"(?:5[1-5]|2[2-7])\d{14}"),
    re.compile(r"3[47]\d{13}"),
    re.compile(r"6(?:011|5|4[4-9])\d{12,15}"),
    re.compile(r"3(?:0[0-5]|[689])\d{11,12}"),
    re.compile(r"35\d{14}"),
)


def _cards(text: str) -> Iterator[Finding]:
    for match in _CARD.finditer(text):
        digits = re.sub(r"\D", "", match[0])
        if luhn.is_valid(digits) and any(rule.fullmatch(digits) for rule in _CARD_RULES):
            yield Finding(Sensitive.CARD, *match.span())


# Of Mexico (a person's tax number has 13 characters, a company's 12), Spain, Chile, Argentina and
# the United States: each with its check. Other countries' numbers have no form of their own: the
# word before them tells.
_IDENTITIES: Sequence[tuple[re.Pattern[str], Callable[[str], bool]]] = (
    (re.compile(r"(?<!\w)[A-Z]{4}\d{6}[HMX][A-Z]{5}[0-9A-Z]\d(?!\w)", re.I), curp.is_valid),
    (re.compile(r"(?<!\w)[A-ZÑ&]{4}-?\d{6}-?[0-9A-Z]{3}(?!\w)", re.I), rfc.is_valid),
    (re.compile(r"(?<![\w.-])\d{8}[ -]?[A-Z](?!\w)", re.I), dni.is_valid),
    (re.compile(r"(?<!\w)[XYZ][ -]?\d{7}[ -]?[A-Z](?!\w)", re.I), nie.is_valid),
    (re.compile(r"(?<![\w.-])\d{1,2}\.?\d{3}\.?\d{3}-[\dK](?![\w-])", re.I), rut.is_valid),
    (re.compile(r"(?<![\w.-])2[0347]-\d{8}-\d(?![\w-])"), cuit.is_valid),
    (re.compile(r"(?<![\w.-])\d{3}-\d{2}-\d{4}(?![\w-])"), ssn.is_valid),
)
_NAMED_IDENTITY = re.compile(
    r"(?<!\w)(?:dni|ine|nss|c[ée]dula(?: de identidad)?|pasaporte|passport|ssn"
    r"|documento de identidad|social security(?: number)?)"
    r"[ \t]*(?:number|no\.?|n[°º]\.?|núm(?:\.|ero)?|:|#|es|is)*[ \t]*"
    r"(?P<value>[A-Z]{0,4}\d[\d. -]{4,16}\d)(?![\w-])",
    re.IGNORECASE,
)


def _identities(text: str) -> Iterator[Finding]:
    for pattern, is_valid in _IDENTITIES:
        for match in pattern.finditer(text):
            if is_valid(match[0]):
                yield Finding(Sensitive.IDENTITY, *match.span())
    for match in _NAMED_IDENTITY.finditer(text):
        yield Finding(Sensitive.IDENTITY, *match.span("value"))


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


def _addresses(text: str) -> Iterator[Finding]:
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


_FINDERS: Sequence[Callable[[str], Iterator[Finding]]] = (
    _passwords,
    _cards,
    _identities,
    _addresses,
)
