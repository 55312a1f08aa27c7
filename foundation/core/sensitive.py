"""Sensitive data in what people write (SPEC 3.15): passwords, numbers of cards and of people, IP
and MAC addresses. It is found by its form, with check digits where it has any. A text is never
changed here: a masked copy is returned.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from itertools import pairwise

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from stdnum import luhn
from stdnum.ar import cuit
from stdnum.cl import rut
from stdnum.es import dni, nie
from stdnum.mx import curp, rfc

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
    """A value in a text, from ``start`` to before ``end``. ``is_sure``: its form or the word before
    it leaves no doubt.
    """

    kind: Sensitive
    start: int
    end: int
    is_sure: bool = True


def find(text: str, kinds: Iterable[Sensitive] = EVERY) -> list[Finding]:
    """Return the values of these kinds, in their order, without overlaps: of two that overlap one
    stays, as long as both, and a secret before an address.
    """
    wanted = frozenset(kinds)
    found = [each for finder in _FINDERS for each in finder(text) if each.kind in wanted]
    found.sort(key=lambda each: (each.start, -each.end))
    apart: list[Finding] = []
    for each in found:
        if apart and each.start < apart[-1].end:
            last = apart.pop()
            kept = each if each.kind in SECRET and last.kind not in SECRET else last
            apart.append(replace(kept, start=last.start, end=max(last.end, each.end)))
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


# Words that announce a password. After the weak ones, which have other meanings too ("clave" is any
# code, a test can "pass"), a value has to look like one.
_STRONG = (
    r"contrase(?:ñ|n|n\u0303)as?|password|passwd|pgpassword|passphrase|passcode|pwd|psw"
    r"|clave[ \t]{1,3}(?:del?[ \t]{1,3})?(?:acceso|usuario|red|wi-?fi|administrador|temporal)"
)
_WEAK = r"clave|pass|pw|contra|credencial(?:es)?|credentials?"
_NUMBERED = r"nip|pin|otp|cvv2?|cvc"
_KEYS = r"token|secreto?|api[ _-]?key|client[ _-]?secret"
# "of the mailbox of Ana", "temporal": what may stand between the word and its value.
_OF = (
    r"(?:[ \t]{1,3}(?:temporal|nueva|actual|provisional|inicial|new|temporary|current|initial))?"
    r"(?:[ \t]{1,3}(?:del?|para|for|of|to)(?:[ \t]{1,3}(?!(?:y|e|and|pero|but|que|that)\b)"
    r"[\w@/()-]{1,40}(?:\.[\w@-]{1,40}){0,3}){1,6}?)?"
)
_VALUE = (
    r"""(?:["'«“`](?P<quoted>[^"'«»“”`\n]{3,100})["'»”`]"""
    r"""|(?P<bare>[^\s"'«»“”<]{3,200}[^\s"'«»“”<,;]))"""
)
_START = r"(?<![^\W_])"  # no letter and no digit before
_GAP = r"[ \t]{0,8}(?:\r?\n[ \t]{0,8}){0,2}"
_ANNOUNCED = re.compile(
    rf"{_START}(?:(?P<strong>{_STRONG})|(?P<weak>{_WEAK})|(?P<key>{_KEYS}))"
    rf"""{_OF}["']?(?:[ \t]{{1,3}}(?:es|is))?[ \t]{{0,8}}(?:[:=|\t]|=>|->|→|>){_GAP}{_VALUE}""",
    re.IGNORECASE,
)
_SAID = re.compile(
    rf"{_START}(?:(?P<strong>{_STRONG})|(?P<weak>{_WEAK})|(?P<key>{_KEYS})){_OF}[ \t]{{1,3}}"
    rf"(?:es|is|era|was|será|queda|quedó(?:[ \t]{{1,3}}como)?)[ \t]{{1,3}}{_VALUE}",
    re.IGNORECASE,
)
_BESIDE = re.compile(
    rf"{_START}(?:(?P<strong>{_STRONG})|(?P<weak>clave))(?:[ \t]{{1,3}}(?:[-–—][ \t]{{1,3}})?"
    rf"|[ \t]{{0,8}}\r?\n[ \t]{{0,8}}){_VALUE}",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    rf"{_START}(?:{_NUMBERED})[ \t]{{0,3}}(?:(?:es|is|[:=#])[ \t]{{0,3}})?"
    r"(?P<bare>\d{3,8})(?!\w)",
    re.IGNORECASE,
)
_IN_ADDRESS = re.compile(
    r"\b[a-z][a-z0-9+.-]{1,20}://[^\s:/@]{0,100}:(?P<bare>[^\s/]{1,200})@(?=\w)"
)
_ON_COMMAND_LINE = re.compile(r"\s-u[ \t]{1,3}[^\s:]{1,60}:(?P<bare>[^\s]{4,100})")
_AUTHORIZATION = re.compile(
    r"\bAuthorization[ \t]{0,3}:[ \t]{0,3}\w{1,20}[ \t]{1,3}(?P<bare>[\w+/=.~-]{8,4000})",
    re.IGNORECASE,
)
_TOKENS = re.compile(
    r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----.*?(?:-----END [A-Z ]{0,30}PRIVATE KEY-----|\Z)"
    r"|\beyJ[\w-]{10,2000}\.[\w-]{10,4000}\.[\w-]{10,2000}"
    r"|\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{36,255}|\bgithub_pat_\w{22,255}"
    r"|\bxox[abeoprs]-[\w-]{10,200}|\bglpat-[\w-]{20,100}|\b[sr]k_live_\w{16,200}"
    r"|\bAIza[\w-]{35}",
    re.DOTALL,
)
_TRAILING = ".,;:)]}>»”\"'"
# What stands after "password:" and is none: how it is, what the system said, an address.
_NO_SECRET = re.compile(
    r"(?:in)?correct[oa]?s?|inv[aá]lid\w*|caducad[oa]s?|vencid[oa]s?|vence|expirad[oa]s?"
    r"|bloquead[oa]s?"
    r"|olvidad[oa]s?|desconocid[oa]s?|requerid[oa]s?|obligatori[oa]s?|rechazad[oa]s?|cambiad[oa]s?"
    r"|nuev[oa]s?|actual|anterior|misma?|urgente|gracias|pendiente|error|fall[oa]|vac[ií][oa]"
    r"|none|null|true|false|undefined|empty|expired|wrong|locked|forgotten|required|missing"
    r"|unknown|reset|thanks|please|urgent|denied|changed|same"
    r"|https?:?/*.*|//.*|(?-i:[A-Z]{2,5}-\d{3,6})|0x[0-9a-f]+"
    r"|[^@\s]{1,64}@(?:[\w-]{1,63}\.){1,4}[a-z]{2,10}"  # whose password it is
    r"|\d{1,4}([/.-])\d{1,2}\1\d{1,4}|[\d.,]+%",
    re.IGNORECASE,
)
_KEY_SOMETHING = re.compile(
    r"(?:palabra|usuario|persona|producto|punto|dato|centro|costos|campo)s?[ \t]{1,3}\Z",
    re.IGNORECASE,
)
_ACCESS = re.compile(
    r"usuario|user\b|login|acceso|entrar|wi-?fi|vpn|correo|cuenta|sesi[óo]n|contrase|servidor",
    re.IGNORECASE,
)
_NEAR = 80  # characters before a word, in which another one tells what it means


def _passwords(text: str) -> Iterator[Finding]:
    for pattern in (_ANNOUNCED, _SAID, _BESIDE):
        for match in pattern.finditer(text):
            found = _announced(text, match, needs_form=pattern is not _ANNOUNCED)
            if found is not None:
                yield found
    for pattern in (_NUMBER, _IN_ADDRESS, _ON_COMMAND_LINE, _AUTHORIZATION):
        for match in pattern.finditer(text):
            if _is_written(match["bare"]):
                yield Finding(Sensitive.PASSWORD, *match.span("bare"))
    for match in _TOKENS.finditer(text):
        yield Finding(Sensitive.PASSWORD, *match.span())


def _announced(text: str, match: re.Match[str], *, needs_form: bool) -> Finding | None:
    """Return the value that a word announces, if it is one. ``needs_form``: no colon says so, the
    value has to look like a password.
    """
    group = "bare" if match["bare"] else "quoted"
    value = match[group].rstrip(_TRAILING) if group == "bare" else match[group]
    start = match.start(group)
    end = start + len(value)
    is_weak = bool(match["weak"])
    if (
        not _is_written(value)
        or _NO_SECRET.fullmatch(value.strip("¡!¿?"))
        or (is_weak and not _means_access(text, match, value))
        or _is_in_link(text, match)
    ):
        return None
    has_form = _looks_secret(value)
    if group == "bare" and not has_form:
        is_alone = not text[end : end + 200].partition("\n")[0].strip(_TRAILING + "| \t\r")
        if needs_form or is_weak or match["key"] or len(value) < 4 or not is_alone:
            return None
    return Finding(Sensitive.PASSWORD, start, end, is_sure=has_form and not is_weak)


def _is_written(value: str) -> bool:
    """Tell whether the value is more than a mask of bullets or asterisks."""
    return bool(value.strip("•*●xX.…-_<>"))


def _looks_secret(value: str) -> bool:
    """Tell a password from a word: it has digits beside letters, a sign, or capitals inside, and is
    no name of a product in capitals.
    """
    if len(value) < 4 or value.startswith(("(", "¿", "@")):
        return False
    has_digits = bool(re.search(r"\d", value))
    has_letters = bool(re.search(r"[^\W\d_]", value))
    if re.search(r"[!@#$%^&*+?~\\{}\[\]]", value[1:]) and len(value) > 5:
        return True
    if has_digits:
        return not has_letters or bool(re.search(r"[a-zñ]", value)) or len(value) >= 8
    return bool(re.search(r"[a-z][A-Z]", value))


def _means_access(text: str, match: re.Match[str], value: str) -> bool:
    """Tell whether a weak word means a password: others before it say that it is about access or,
    but for "clave", the value has letters and then a digit.
    """
    before = text[max(0, match.start() - _NEAR) : match.start()]
    if _ACCESS.search(before):
        return not _KEY_SOMETHING.search(before)
    return match["weak"].lower() != "clave" and bool(re.search(r"[a-zñ]\D*\d", value))


def _is_in_link(text: str, match: re.Match[str]) -> bool:
    """Tell whether it is a part of the link of a meeting, which would lead nowhere without it."""
    is_short = match[0].lower().startswith("pwd")
    return is_short and text[max(0, match.start() - 1) : match.start()] in ("?", "&")


# Digits in groups; what stands before it is no word, version or "0," of decimals. A bound keeps
# the search linear.
_DIGITS = re.compile(
    r"(?<!\w)(?<!\d[.-])(?<!(?<![\d.])0,)"
    r"\d(?:[ \t\u00a0\u202f.\u2011–—-]{0,3}\d){12,80}(?!\w|-\w|\.\d)"
)
_GROUP = re.compile(r"\d+")
_CARD_LENGTHS = range(13, 20)
# The sizes of the groups in which a number is written; one alone or several of the same joint.
_CARD_GROUPS = re.compile(r"\d+|(?:4 ){2,4}[1-4]|4 6 [45]|8 8|8 4 4|4 8 4|4 4 8")
_MOST_IN_A_ROW = 6  # more groups of four beside each other are a table or a list
_CARD_RULES = (  # brands by their first digits, with the lengths of their numbers
    re.compile(r"4(?:\d{12}|\d{15}|\d{18})"),
    re.compile(r"(?:5[1-5]|2[2-7])\d{14}"),
    re.compile(r"3[47]\d{13}"),
    re.compile(r"6(?:011|5|4[4-9])\d{12,15}"),
    re.compile(r"3(?:0[0-5]|[689])\d{11,12}"),
    re.compile(r"35\d{14}"),
)


def _cards(text: str) -> Iterator[Finding]:
    for match in _DIGITS.finditer(text):
        groups = list(_GROUP.finditer(text, *match.span()))
        first = 0
        while first < len(groups):
            end = _end_of_card(groups, first)
            if end:
                yield Finding(Sensitive.CARD, groups[first].start(), groups[end - 1].end())
            first = max(end, first + 1)


def _end_of_card(groups: Sequence[re.Match[str]], first: int) -> int:
    """Return where the number of a card that begins with a group ends, 0 without one. What one dot
    joins to other digits is a decimal or a version.
    """
    text = groups[first].string
    joints = [text[a.end() : b.start()] for a, b in pairwise(groups)]
    is_table = sum(len(group[0]) == 4 for group in groups) > _MOST_IN_A_ROW
    found = 0
    for end in range(first + 1, min(first + (1 if is_table else 5), len(groups)) + 1):
        sizes = " ".join(str(len(group[0])) for group in groups[first:end])
        has_one_joint = len(set(joints[first : end - 1])) <= 1
        digits = "".join(group[0] for group in groups[first:end])
        if has_one_joint and _CARD_GROUPS.fullmatch(sizes) and _is_card(digits):
            found = end
    beside = {joints[place - 1] for place in (first, found) if 0 < place < len(groups)}
    return 0 if "." in beside else found


def _is_card(digits: str) -> bool:
    return (
        len(digits) in _CARD_LENGTHS
        and any(rule.fullmatch(digits) for rule in _CARD_RULES)
        and luhn.is_valid(digits)
    )


def _is_tax_number(number: str) -> bool:
    """Tell whether it is the tax number of a person of Mexico. Two numbers stand for the public and
    for foreign customers.
    """
    return bool(rfc.is_valid(number)) and number.upper() not in {"XAXX010101000", "XEXX010101000"}


def _is_persons_rut(number: str) -> bool:
    """Tell whether it is the number of a person of Chile; companies' begin at fifty million."""
    return bool(rut.is_valid(number)) and int(re.sub(r"\D", "", number[:-2])) < 50_000_000


# Of Mexico (a person's tax number has 13 characters, a company's 12), Spain, Chile and Argentina:
# each with its check. Other countries' numbers have no form of their own: the word before them
# tells.
_IDENTITIES: Sequence[tuple[re.Pattern[str], Callable[[str], bool]]] = (
    (re.compile(r"(?<!\w)[A-Z]{4}\d{6}[HMX][A-Z]{5}[0-9A-Z]\d(?!\w)", re.I), curp.is_valid),
    (re.compile(r"(?<!\w)[A-ZÑ&]{4}-?\d{6}-?[0-9A-Z]{3}(?!\w)", re.I), _is_tax_number),
    (re.compile(r"(?<![\w.-])\d{8}[ -]?[A-Z](?!\w)", re.I), dni.is_valid),
    (re.compile(r"(?<!\w)[XYZ][ -]?\d{7}[ -]?[A-Z](?!\w)", re.I), nie.is_valid),
    (re.compile(r"(?<![\w.-])\d{1,2}\.\d{3}\.\d{3}-[\dK](?![\w-])", re.I), _is_persons_rut),
    (re.compile(r"(?<![\w.-])2[0347]-\d{8}-\d(?![\w-])"), cuit.is_valid),
)
_NAMED_IDENTITY = re.compile(
    r"(?<!\w)(?:dni|nss|nif|(?-i:RUN)|rut|ssn|pasaporte|passport|documento de identidad|c[ée]dula"
    r"(?: de (?:identidad|ciudadan[íi]a))?|(?:n[úu]mero de )?seguridad social|social security"
    r"(?: number)?|ine(?=[ \t]{0,3}(?:n|:|#)))"
    r"[ \t]{0,3}(?:(?:number|no\.?|n[°º]\.?|núm(?:\.|ero)?|:|#|es|is)[ \t]{0,3}){0,3}"
    r"(?P<value>(?!\d{4}-\d{2})[A-Z]{0,4}\d[\d.-]{4,14}[\dK])(?![\w-])",
    re.IGNORECASE,
)
# An order or a lot may have such a number, too.
_REFERENCE = re.compile(
    r"(?:factura|folio|lote|serie|pedido|orden|ticket|parte|c[óo]digo|modelo|invoice|order|lot"
    r"|part)"
    r"(?:[ \t]{1,3}(?:no\.?|n[°º]\.?|number|de compra))?[ \t]{0,3}[:#]?[ \t]{0,3}\Z",
    re.IGNORECASE,
)


def _identities(text: str) -> Iterator[Finding]:
    for pattern, is_valid in _IDENTITIES:
        for match in pattern.finditer(text):
            before = text[max(0, match.start() - 30) : match.start()]
            if is_valid(match[0]) and not _REFERENCE.search(before):
                yield Finding(Sensitive.IDENTITY, *match.span())
    for match in _NAMED_IDENTITY.finditer(text):
        yield Finding(Sensitive.IDENTITY, *match.span("value"), is_sure=False)


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
