"""Looks for links to other files in office documents: LibreOffice would read them into the PDF."""

import re
import zipfile
from io import BytesIO

from defusedxml.ElementTree import fromstring

from foundation.documents.isolated.refusals import Refused

MAX_UNPACKED_BYTES = 200 * 1024 * 1024
_MAX_PARTS = 5000  # files inside the document
_MAX_XML_BYTES = 40 * 1024 * 1024
_XML = (".xml", ".rels", ".svg", ".rdf")
# Links that a reader clicks: LibreOffice writes them into the PDF, and does not follow them.
_CLICKED = ("}a", "}hyperlink", "}hlinkClick", "}hlinkHover")
_HREF = "{http://www.w3.org/1999/xlink}href"
_FIELDS = re.compile(r"\b(INCLUDEPICTURE|INCLUDETEXT|INCLUDE|IMPORT|LINK|DDE|DDEAUTO)\b", re.I)
_STYLE_LINK = re.compile(r"@import|url\(\s*['\"]?(?!#|data:)", re.I)


def office_links(content: bytes) -> tuple[None, list[bytes]]:
    """Accept an OOXML or OpenDocument file that refers to nothing outside itself. Refuses with
    ``link`` (``link``), or with ``damaged`` when it cannot be read or unpacks to too much.
    """
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            entries = archive.infolist()
            if (
                len(entries) > _MAX_PARTS
                or sum(entry.file_size for entry in entries) > MAX_UNPACKED_BYTES
            ):
                raise Refused("damaged")
            for entry in entries:
                if entry.filename.lower().endswith(_XML):
                    if entry.file_size > _MAX_XML_BYTES:
                        raise Refused("damaged")
                    _check(entry.filename.lower(), archive.read(entry))
    except (Refused, MemoryError):
        raise
    except Exception as error:  # a damaged archive or XML can raise anything
        raise Refused("damaged") from error
    return None, []


def _check(name: str, content: bytes) -> None:
    is_svg = name.endswith(".svg")
    for element in fromstring(content, forbid_dtd=True).iter():
        tag = str(element.tag)
        text = element.text or ""
        if tag.endswith("}Relationship"):
            kind = element.get("Type", "").rpartition("/")[2]
            if element.get("TargetMode") == "External" and kind != "hyperlink":
                raise Refused("link", link=element.get("Target", "")[:200])
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


def _is_outside(href: str) -> bool:
    """Tell whether an address leads out of the document: it has a scheme, or climbs out of it."""
    if href.startswith(("#", "data:")):
        return False
    return ":" in href or href.startswith("/") or ".." in href
