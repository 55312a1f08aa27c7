"""Numbers of people: with the check of their country, or after a word that names them."""

import re
from collections.abc import Callable, Iterator, Sequence

from stdnum.ar import cuit
from stdnum.cl import rut
from stdnum.es import dni, nie
from stdnum.mx import curp, rfc

from foundation.core.sensitive.kinds import Finding, Sensitive


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


def identities(text: str) -> Iterator[Finding]:
    for pattern, is_valid in _IDENTITIES:
        for match in pattern.finditer(text):
            before = text[max(0, match.start() - 30) : match.start()]
            if is_valid(match[0]) and not _REFERENCE.search(before):
                yield Finding(Sensitive.IDENTITY, *match.span())
    for match in _NAMED_IDENTITY.finditer(text):
        yield Finding(Sensitive.IDENTITY, *match.span("value"), is_sure=False)
