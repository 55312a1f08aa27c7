"""Passwords: after a word that announces them, in addresses, on command lines, known forms of
tokens.
"""

import re
from collections.abc import Iterator

from foundation.core.sensitive.kinds import Finding, Sensitive

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
    rf"""{_OF}["'*_]{{0,3}}(?:[ \t]{{1,3}}(?:es|is))?[ \t]{{0,8}}"""
    rf"(?:[:=|\t]|(?P<arrow>=>|->|→|>))[*_]{{0,3}}{_GAP}{_VALUE}",
    re.IGNORECASE,
)
_SAID = re.compile(
    rf"{_START}(?:(?P<strong>{_STRONG})|(?P<weak>{_WEAK})|(?P<key>{_KEYS})){_OF}[ \t]{{1,3}}"
    rf"(?:es|is|era|was|será|queda|quedó(?:[ \t]{{1,3}}como)?|a|por|to)[ \t]{{1,3}}{_VALUE}",
    re.IGNORECASE,
)
_BESIDE = re.compile(
    rf"{_START}(?:(?P<strong>{_STRONG})|(?P<weak>clave))(?:[ \t]{{1,3}}(?:[-–—][ \t]{{1,3}})?"
    rf"|[ \t]{{0,8}}\r?\n[ \t]{{0,8}}){_VALUE}",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    rf"{_START}(?:{_NUMBERED})[ \t]{{0,3}}(?:(?:es|is|[:=#])[ \t]{{0,3}})?"
    r"(?P<bare>\d{3,8})(?!\w)"
    r"(?![ \t]{1,3}(?:conn?ect|header|del?[ \t]{1,3}(?:conector|puerto|cable)))",
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
    r"|\bAIza[\w-]{35}|\bsk-[\w-]{20,200}",
    re.DOTALL,
)
_BEARER = re.compile(r"\bBearer[ \t]{1,3}(?P<bare>[\w+/=.~-]{16,4000})", re.IGNORECASE)
# "-u" of a program that takes a person and a group there
_TAKES_GROUP = re.compile(r"\b(?:docker|podman|kubectl|install|chown|su|sudo)\b[^\n]*\Z")
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
    r"|\d{1,4}([/.-])\d{1,2}\1\d{1,4}|[\d.,]+%"
    r"|(?:windows|office|outlook|teams|server|sql|oracle|android|ios|word|excel|wi-?fi|win)"
    r"-?\d{1,4}",
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


def passwords(text: str) -> Iterator[Finding]:
    for pattern in (_ANNOUNCED, _SAID, _BESIDE):
        for match in pattern.finditer(text):
            is_said = pattern is not _ANNOUNCED or bool(match["arrow"])
            found = _announced(text, match, needs_form=is_said)
            if found is not None:
                yield found
    for pattern in (_NUMBER, _IN_ADDRESS, _ON_COMMAND_LINE, _AUTHORIZATION):
        for match in pattern.finditer(text):
            if _is_written(match["bare"]) and not _is_of_a_group(text, match):
                yield Finding(Sensitive.PASSWORD, *match.span("bare"))
    for match in _BEARER.finditer(text):
        if re.search(r"\d", match["bare"]):
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


def _is_of_a_group(text: str, match: re.Match[str]) -> bool:
    """Tell whether it is a group of a system, which some programs take as others a password."""
    before = text[max(0, match.start() - _NEAR) : match.start()]
    return match.re is _ON_COMMAND_LINE and bool(_TAKES_GROUP.search(before))


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
