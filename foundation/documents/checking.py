"""Validate uploads: size, file extension, and whether the first bytes match the extension."""

from dataclasses import dataclass
from pathlib import PurePath
from typing import IO

import puremagic
from django.utils.translation import gettext_lazy as _

from foundation.core.errors import Invalid
from foundation.core.texts import one_line
from foundation.documents.isolated.encodings import utf16_of

MAX_UPLOAD_BYTES = 25 * 1024 * 1024  # DECISIONS 20
MAX_NAME = 150
_HEAD_BYTES = 8192  # enough for every signature in the list below

# Extension -> (content type served, signatures that puremagic may report for such a file).
_BINARY = {
    "pdf": ("application/pdf", {".pdf"}),
    "png": ("image/png", {".png"}),
    "jpg": ("image/jpeg", {".jpg", ".jpeg", ".jfif"}),
    "jpeg": ("image/jpeg", {".jpg", ".jpeg", ".jfif"}),
    "gif": ("image/gif", {".gif"}),
    "webp": ("image/webp", {".webp"}),
    "docx": (
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        {".zip", ".docx", ".xlsx", ".pptx"},
    ),
    "xlsx": (
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        {".zip", ".docx", ".xlsx", ".pptx"},
    ),
    "pptx": (
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        {".zip", ".docx", ".xlsx", ".pptx"},
    ),
    "odt": ("application/vnd.oasis.opendocument.text", {".zip", ".odt"}),
    "ods": ("application/vnd.oasis.opendocument.spreadsheet", {".zip", ".ods"}),
    "zip": ("application/zip", {".zip"}),
}
_HEIF = {"heic", "heif"}
# Bytes 4 to 12 of a file in the container of HEIF (ISO/IEC 23008-12).
_HEIF_HEADS = {
    b"ftyp" + brand
    for brand in (
        *(b"heic", b"heix", b"heim", b"heis"),
        *(b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"),
    )
}
_TEXT = {
    "txt": "text/plain",
    "log": "text/plain",
    "csv": "text/csv",
    "eml": "message/rfc822",
    "json": "application/json",
    "xml": "text/xml",
}

ACCEPTED_EXTENSIONS = sorted({*_BINARY, *_TEXT})


class FileRefused(Invalid):
    """The upload is rejected; the message names the broken rule and the remedy."""

    code = "file_refused"


@dataclass(frozen=True)
class CheckedFile:
    name: str
    content_type: str
    size_bytes: int
    stream: IO[bytes]


def check_upload(*, name: str, stream: IO[bytes], size_bytes: int) -> CheckedFile:
    """Return the file with a clean name and its content type. Leaves the stream at its start.

    Raises ``FileRefused`` when it is empty, larger than ``MAX_UPLOAD_BYTES``, of another extension,
    or its first bytes do not match the extension.
    """
    clean_name = _clean(name)
    if size_bytes == 0:
        raise FileRefused(_("“%(name)s” is empty. Choose the file again.") % {"name": clean_name})
    if size_bytes > MAX_UPLOAD_BYTES:
        raise FileRefused(
            _(
                "“%(name)s” has %(size)d MB; a file may have up to %(limit)d MB. Compress it or "
                "share a link to it."
            )
            % {
                "name": clean_name,
                "size": -(-size_bytes // 1048576),
                "limit": MAX_UPLOAD_BYTES // 1048576,
            }
        )
    stream.seek(0)
    content_type = _content_type(clean_name, stream.read(_HEAD_BYTES))
    stream.seek(0)
    return CheckedFile(clean_name, content_type, size_bytes, stream)


def _clean(name: str) -> str:
    """Return the last part of a path as one line of at most ``MAX_NAME`` letters, with its
    ending. A name that is an ending alone, as ``.txt``, gets ``file`` before it.
    """
    path = PurePath(one_line(name.replace("\\", "/")))
    if path.name.startswith(".") and not path.suffix:
        path = PurePath("file" + path.name)
    ending = path.suffix[:MAX_NAME]
    return (path.name[: MAX_NAME - len(ending)].removesuffix(ending) + ending) or "file"


def _is_text(head: bytes) -> bool:
    """Tell whether the first bytes are text: without null characters, or in UTF-16."""
    encoding = utf16_of(head)
    if encoding is None:
        return b"\x00" not in head
    return "\x00" not in head[: len(head) // 2 * 2].decode(encoding, errors="replace")


def _content_type(name: str, head: bytes) -> str:
    extension = PurePath(name).suffix.lower().lstrip(".")
    if extension in _HEIF or head[4:12] in _HEIF_HEADS:
        raise FileRefused(
            _(
                "“%(name)s” is a HEIC picture, the format of iPhone photos, which few programs "
                "show. Save it as JPEG and attach that."
            )
            % {"name": name}
        )
    if extension in _TEXT:
        if not _is_text(head):
            raise _disguised(name)
        return _TEXT[extension]
    if extension not in _BINARY:
        raise FileRefused(
            _("“%(name)s” is of a type that is not accepted. Accepted: %(types)s.")
            % {"name": name, "types": ", ".join(ACCEPTED_EXTENSIONS)}
        )
    content_type, signatures = _BINARY[extension]
    try:
        found = {match.extension for match in puremagic.magic_string(head)}
    except puremagic.PureError:
        found = set()
    if not found & signatures:
        raise _disguised(name)
    return content_type


def _disguised(name: str) -> FileRefused:
    return FileRefused(
        _(
            "The content of “%(name)s” is not what its name says. Save it again in its own "
            "format and attach that."
        )
        % {"name": name}
    )
