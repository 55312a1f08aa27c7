"""Looks for links to other files in office documents: LibreOffice would read them into the PDF."""

import re
import zipfile
from contextlib import nullcontext, suppress
from io import BytesIO
from urllib.parse import unquote
from xml.etree.ElementTree import Element, ParseError

from defusedxml.ElementTree import fromstring

from foundation.documents.isolated.refusals import Refused

MAX_UNPACKED_BYTES = 200 * 1024 * 1024
_MAX_PARTS = 5000  # files inside the document
_MAX_XML_BYTES = 40 * 1024 * 1024
# Every OOXML file has the first, every OpenDocument file the second.
_MAIN_PARTS = {"[Content_Types].xml", "content.xml"}
_XML = (".xml", ".rels", ".svg", ".rdf")
# Links that a reader clicks: LibreOffice writes them into the PDF, and does not follow them.
_CLICKED = ("}a", "}hyperlink", "}hlinkClick", "}hlinkHover")
_HREF = "{http://www.w3.org/1999/xlink}href"
_FIELDS = re.compile(r"\b(INCLUDEPICTURE|INCLUDETEXT|INCLUDE|IMPORT|LINK|DDE|DDEAUTO)\b", re.I)
# What a formula reads by itself; ``HYPERLINK`` is clicked.
_FORMULA = re.compile(r"\b(DDE|WEBSERVICE)\s*\(|'\w+:/[^']*'\s*#|\bfile:/", re.I)
_BEFORE_XML = b"\xef\xbb\xbf \t\r\n"
_STYLE_LINK = re.compile(r"@import|url\(\s*['\"]?(?!#|data:)", re.I)


def office_links(content: bytes) -> tuple[None, list[bytes]]:
    """Accept an OOXML or OpenDocument file that refers to nothing outside itself. Refuses with
    ``link`` (``link``), or with ``damaged`` when it cannot be read, is another kind of archive, or
    unpacks to too much.
    """
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            entries = archive.infolist()
            if not _MAIN_PARTS & {entry.filename for entry in entries}:
                raise Refused("damaged")  # LibreOffice would show the archive's bytes as text
            if (
                len(entries) > _MAX_PARTS
                or sum(entry.file_size for entry in entries) > MAX_UNPACKED_BYTES
            ):
                raise Refused("damaged")
            for entry in entries:
                is_named_xml = entry.filename.lower().endswith(_XML)
                with archive.open(entry) as part:
                    is_xml = is_named_xml or part.read(256).lstrip(_BEFORE_XML).startswith(b"<")
                if is_xml and entry.file_size > _MAX_XML_BYTES:
                    raise Refused("damaged")
                if is_xml:
                    # what only begins like XML, such as VML, LibreOffice reads by other rules
                    with nullcontext() if is_named_xml else suppress(ParseError):
                        _check(archive.read(entry))
    except (Refused, MemoryError):
        raise
    except Exception as error:  # a damaged archive or XML can raise anything
        raise Refused("damaged") from error
    return None, []


def _check(content: bytes) -> None:
    root = fromstring(content, forbid_dtd=True)
    is_svg = str(root.tag).rpartition("}")[2] == "svg"
    for element in root.iter():
        _check_formulas(element)
        tag = str(element.tag)
        text = element.text or ""
        if tag.endswith("}Relationship"):
            kind = element.get("Type", "").rpartition("/")[2]
            target = element.get("Target", "")
            is_external = element.get("TargetMode") == "External" or _has_scheme(target)
            if is_external and kind != "hyperlink":
                raise Refused("link", link=target[:200])
        elif tag.endswith(("}instrText", "}fldSimple")):
            field = text + " ".join(element.attrib.values())
            if _FIELDS.search(field):
                raise Refused("link", link=field[:200])
        elif not tag.endswith(_CLICKED):
            for href in (element.get(_HREF), element.get("href") if is_svg else None):
                if href is not None and _is_outside(href):
                    raise Refused("link", link=href[:200])
        if is_svg and _STYLE_LINK.search(" ".join([text, *element.attrib.values()])):
            raise Refused("link", link=text[:200])


def _check_formulas(element: Element) -> None:
    tag = str(element.tag)
    if tag.endswith("}dde-source"):
        raise Refused("link", link="DDE")
    formulas = [value for name, value in element.attrib.items() if name.endswith("}formula")]
    if tag.endswith("}f"):
        formulas.append(element.text or "")
    for formula in formulas:
        if _FORMULA.search(unquote(formula)):
            raise Refused("link", link=formula[:200])


def _is_outside(href: str) -> bool:
    """Tell whether an address leads out of the document: it has a scheme, or climbs out of it."""
    if href.startswith(("#", "data:")):
        return False
    path = unquote(href).replace("\\", "/")
    return ":" in path or path.startswith("/") or ".." in path


def _has_scheme(target: str) -> bool:
    """Tell whether the target of a relationship is an address or a share of the network. Parts of
    the document itself may begin with one slash.
    """
    path = unquote(target).replace("\\", "/")
    return ":" in path.partition("/")[0] or path.startswith("//")
