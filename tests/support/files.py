"""Bytes of small files."""

import zipfile
from io import BytesIO

PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
    b"\x00\x00\x00\x01\x00\x00\x00\x01\x08\x02\x00\x00\x00\x90wS\xde"
)

ODT = "application/vnd.oasis.opendocument.text"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_ODF = "urn:oasis:names:tc:opendocument:xmlns"
_NAMES = " ".join(
    f'xmlns:{short}="{_ODF}:{long}:1.0"'
    for short, long in (
        ("office", "office"),
        ("text", "text"),
        ("draw", "drawing"),
        ("svg", "svg-compatible"),
    )
)
_MANIFEST = (
    f'<?xml version="1.0"?><manifest:manifest xmlns:manifest="{_ODF}:manifest:1.0">'
    f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{ODT}"/>'
    '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>'
    "</manifest:manifest>"
)


def zip_of(**files: str) -> bytes:
    found = BytesIO()
    with zipfile.ZipFile(found, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return found.getvalue()


def ooxml(**files: str) -> bytes:
    """Return an office document of Microsoft's format with these parts."""
    return zip_of(**{"[Content_Types].xml": "<Types/>", **files})


def odt(body: str, **files: str) -> bytes:
    """Return an OpenDocument text with this XML in it, and further files."""
    content = (
        f'<?xml version="1.0"?><office:document-content {_NAMES} '
        'xmlns:xlink="http://www.w3.org/1999/xlink" office:version="1.2"><office:body>'
        f"<office:text>{body}</office:text></office:body></office:document-content>"
    )
    return zip_of(
        **{
            "mimetype": ODT,
            "content.xml": content,
            "META-INF/manifest.xml": _MANIFEST,
            **files,
        }
    )


def odt_image(href: str) -> str:
    return (
        '<text:p><draw:frame svg:width="3cm" svg:height="3cm">'
        f'<draw:image xlink:href="{href}" xlink:type="simple" xlink:actuate="onLoad"/>'
        "</draw:frame></text:p>"
    )
