"""Checks signed PDFs and indexes, without a PDF parser: a file that is intact is, byte by byte, one
that ``foundation.documents.signing`` wrote (SPEC 9.4, 17.6).
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from asn1crypto import cms
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.x509.oid import NameOID

from foundation.documents.isolated.seal import Seal, read_seal, touched_bytes

MARK = b"%MESA-SEAL-1 "
MARK_END = b" MESA-SEAL-END"
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256 (FIPS 186)
MAX_INDEX_BYTES = 8 * 1024 * 1024
MAX_INDEX_LINES = 10_000
_MAX_CONTAINER_BYTES = 64 * 1024
_MAX_SEAL_BYTES = 2 * 1024 * 1024  # the seal of 25 MB has 300 kB
_MAX_RANGES = 1000  # of changed bytes: more are told as one
_RANGE = re.compile(rb"/ByteRange \[0 (\d{1,10}) (\d{1,10}) (\d{1,10})\]")


@dataclass(frozen=True)
class Check:
    """The result of a check. ``touched`` are ranges ``[first, last]`` of changed bytes. ``signer``
    and ``signed_at`` are set only when the file is intact.
    """

    is_intact: bool
    problem: str = ""  # unsigned, touched, stranger, unreadable
    touched: tuple[tuple[int, int], ...] = ()
    signer: str = ""
    signed_at: datetime | None = None
    sha256: str = ""
    # of an index: the line numbers of the changed entries, as text; "0" is the head
    entries: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Signature:
    """The signature of a PDF: the bytes before and behind its container, and the container."""

    start: int  # of the container, with its angle brackets
    end: int
    signed: bytes  # the digest of everything else
    container: bytes


def check(content: bytes, certificate: bytes) -> tuple[dict[str, Any], list[bytes]]:
    """Check a delivered PDF or index against a PEM certificate; return the fields of a ``Check``,
    with the instant as ISO 8601 text.
    """
    result = check_file(content, certificate)
    signed_at = result.signed_at.isoformat() if result.signed_at else None
    return {**vars(result), "signed_at": signed_at}, []


def check_file(content: bytes, certificate: bytes) -> Check:
    """Check a delivered PDF, or an index, which begins with ``{``."""
    is_index = content[:1] == b"{"
    return check_json(content, certificate) if is_index else check_pdf(content, certificate)


def check_pdf(content: bytes, certificate: bytes) -> Check:
    """Check a delivered PDF against a PEM certificate.

    Our last revision follows the sealed content. It has one signature, over everything but its own
    container, which is compared with the one that we would write.
    """
    seal = _seal_in(content)
    if seal is None:
        result = _without_seal(content)
    elif touched := touched_bytes(seal, content[: seal.size]):
        result = Check(False, "touched", _few(touched))
    else:
        result = _check_signature(content, seal.size, certificate)
    return replace(result, sha256=hashlib.sha256(content).hexdigest())


def _without_seal(content: bytes) -> Check:
    if MARK in content:
        return Check(False, "touched", ((0, len(content) - 1),))
    if not content.startswith(b"%PDF-"):
        return Check(False, "unreadable")
    return Check(False, "stranger" if b"/ByteRange" in content else "unsigned")


def _check_signature(content: bytes, start: int, certificate: bytes) -> Check:
    """Check the revision that begins at ``start``, behind sealed content that is unchanged."""
    touched = Check(False, "touched", ((start, len(content) - 1),))
    signature = _signature_in(content, start)
    if signature is None:
        return touched
    own = asn1_x509.Certificate.load(_der(certificate))
    try:
        signer_info, given = _opened(signature.container)
        if not _is_signed_by(given, signer_info, signature.signed):
            return touched
        if given.dump() != own.dump():
            return Check(False, "stranger")
        written = _container(own, signer_info)
    except Exception:  # noqa: BLE001 - a damaged container can raise anything
        return touched
    if written is None or not _is_held(content, signature, written):
        return Check(False, "touched", ((signature.start, signature.end - 1),))
    name = own.subject.native.get("common_name", "")
    return Check(True, signer=name, signed_at=_signed_at(signer_info))


def _few(touched: Sequence[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    if len(touched) > _MAX_RANGES:
        return ((touched[0][0], touched[-1][1]),)
    return tuple(touched)


def _signature_in(content: bytes, start: int) -> _Signature | None:
    """Return the one signature of the revision that begins at ``start``; None unless its range is
    everything but its container.
    """
    revision = content[start:]
    found = _RANGE.search(revision)
    if found is None or revision.count(b"/ByteRange") != 1:
        return None
    opens, closes, rest = (int(number) for number in found.groups())
    is_whole = start < opens < closes and closes + rest == len(content)
    if not is_whole or closes - opens > _MAX_CONTAINER_BYTES:
        return None
    if content[opens : opens + 1] != b"<" or content[closes - 1 : closes] != b">":
        return None
    try:
        container = bytes.fromhex(content[opens + 1 : closes - 1].decode("ascii"))
    except ValueError:
        return None
    signed = hashlib.sha256(content[:opens] + content[closes:]).digest()
    return _Signature(opens, closes, signed, container)


def _opened(container: bytes) -> tuple[Any, Any]:
    """Return the one signer's information and the one certificate of a CMS container."""
    signed = cms.ContentInfo.load(container)["content"]
    (signer_info,) = signed["signer_infos"]
    (choice,) = signed["certificates"]
    return signer_info, choice.chosen


def _is_signed_by(certificate: Any, signer_info: Any, digest: bytes) -> bool:
    """Tell whether the certificate's key signed this digest of the file (RFC 5652, 5.4)."""
    attributes = {
        attribute["type"].native: attribute["values"][0]
        for attribute in signer_info["signed_attrs"]
    }
    if attributes["message_digest"].native != digest:
        return False
    key = serialization.load_der_public_key(certificate.public_key.dump())
    if not isinstance(key, ec.EllipticCurvePublicKey):
        return False
    try:
        key.verify(
            signer_info["signature"].native,
            signer_info["signed_attrs"].untag().dump(),
            ec.ECDSA(hashes.SHA256()),
        )
    except InvalidSignature:
        return False
    return True


def _container(certificate: Any, signer_info: Any) -> bytes | None:
    """Return the container that we would write around these signed attributes and their signature;
    None when the signature has not the form that we write.

    A signature cannot cover its own container. Only the signed attributes in it and their signature
    are proven: everything else is rebuilt from them and the certificate.
    """
    if not is_canonical(signer_info["signature"].native):
        return None
    of_signer = cms.SignerInfo(
        {
            "version": "v1",
            "sid": cms.SignerIdentifier(
                {
                    "issuer_and_serial_number": {
                        "issuer": certificate.issuer,
                        "serial_number": certificate.serial_number,
                    }
                }
            ),
            "digest_algorithm": {"algorithm": "sha256"},
            "signed_attrs": signer_info["signed_attrs"],
            "signature_algorithm": {"algorithm": "sha256_ecdsa"},
            "signature": signer_info["signature"],
        }
    )
    written: bytes = cms.ContentInfo(
        {
            "content_type": "signed_data",
            "content": {
                "version": "v1",
                "digest_algorithms": [{"algorithm": "sha256"}],
                "encap_content_info": {"content_type": "data"},
                "certificates": [certificate],
                "signer_infos": [of_signer],
            },
        }
    ).dump()
    return written


def _is_held(content: bytes, signature: _Signature, written: bytes) -> bool:
    padded = written.ljust(len(signature.container), b"\0").hex().upper().encode()
    return content[signature.start : signature.end] == b"<" + padded + b">"


def _signed_at(signer_info: Any) -> datetime | None:
    for attribute in signer_info["signed_attrs"]:
        if attribute["type"].native == "signing_time":
            instant: datetime = attribute["values"][0].native
            return instant
    return None


def _seal_in(content: bytes) -> Seal | None:
    start = content.rfind(MARK)
    end = content.rfind(MARK_END)
    if not 0 <= start < end <= start + _MAX_SEAL_BYTES:
        return None
    try:
        return read_seal(content[start + len(MARK) : end].decode())
    except ValueError:
        return None


def check_json(content: bytes, certificate: bytes) -> Check:
    """Check an index that ``sign_json`` wrote against a PEM certificate.

    The result has the changed byte ranges and the line numbers of the changed entries.
    """
    digest = hashlib.sha256(content).hexdigest()
    if len(content) > MAX_INDEX_BYTES or not 4 <= content.count(b"\n") + 1 <= MAX_INDEX_LINES:
        # a head, the seal, the signature, and nothing after them
        return Check(False, "unreadable", sha256=digest)
    *lines, seal_line, signature_line, rest = content.split(b"\n")
    body = b"\n".join(lines) + b"\n"
    loaded = x509.load_pem_x509_certificate(certificate)
    key = loaded.public_key()
    if not isinstance(
        key, ec.EllipticCurvePublicKey
    ):  # not ours: indexes are signed with an EC key
        return Check(False, "stranger", sha256=digest)
    try:
        signature = bytes.fromhex(signature_line.decode())
        if rest or signature.hex().encode() != signature_line or not is_canonical(signature):
            raise ValueError("Not as it was written.")
        key.verify(signature, seal_line, ec.ECDSA(hashes.SHA256()))
        seal = read_seal(seal_line.decode())
    except (InvalidSignature, ValueError):
        return Check(False, "touched", ((len(body), len(content) - 1),), sha256=digest)
    touched = tuple(touched_bytes(seal, body))
    if touched:
        return Check(
            False, "touched", touched, sha256=digest, entries=tuple(_entries_at(lines, touched))
        )
    name = loaded.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return Check(True, signer=str(name[0].value) if name else "", sha256=digest)


def _entries_at(lines: list[bytes], touched: tuple[tuple[int, int], ...]) -> list[str]:
    """Return the numbers, as text, of the lines with changed bytes; line 0 is the head."""
    found = []
    start = 0
    for number, line in enumerate(lines):
        end = start + len(line)
        if any(first <= end and last >= start for first, last in touched):
            found.append(str(number))
        start = end + 1
    return found


def canonical(signature: bytes) -> bytes:
    """Return the low-s form of an ECDSA signature. Both s and order - s verify; accepting only one
    makes a swap detectable.
    """
    r, s = decode_dss_signature(signature)
    return encode_dss_signature(r, min(s, ORDER - s))


def is_canonical(signature: bytes) -> bool:
    return canonical(signature) == signature


def _der(certificate: bytes) -> bytes:
    loaded = x509.load_pem_x509_certificate(certificate)
    return loaded.public_bytes(serialization.Encoding.DER)
