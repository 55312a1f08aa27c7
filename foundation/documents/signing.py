"""Signs PDF and JSON with the installation's key, and checks them without a server (SPEC 9.4,
17.6).
"""

import hashlib
import json
import os
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

from asn1crypto import cms
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.x509.oid import NameOID
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from pyhanko.keys import load_certs_from_pemder_data, load_private_key_from_pemder_data
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import signers
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

from foundation.documents.seal import (
    Seal,
    read_seal,
    seal_of,
    touched_bytes,
)

KEY_FILE = "signing-key.pem"
CERTIFICATE_FILE = "signing-certificate.pem"
VALID_FOR = timedelta(days=3650 * 2)
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256 (FIPS 186)
_MARK = b"%MESA-SEAL-1 "
_MARK_END = b" MESA-SEAL-END"


@dataclass(frozen=True)
class Keys:
    """The private key and its certificate as PEM."""

    key: bytes
    certificate: bytes

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate in hexadecimal, for comparison by people."""
        return x509.load_pem_x509_certificate(self.certificate).fingerprint(hashes.SHA256()).hex()


@lru_cache(maxsize=1)
def signing_keys() -> Keys:
    """Return the configured key (``MESA_SIGNING_KEY``, ``MESA_SIGNING_CERTIFICATE``: PEM files),
    otherwise the key that was generated on first use.

    The generated key is stored in ``VAR_DIR/keys`` with mode 0600. ``os.link`` is atomic, so
    processes that start together all use the same key.
    """
    given = settings.MESA_SIGNING_KEY, settings.MESA_SIGNING_CERTIFICATE
    if all(given):
        return _usable(Keys(Path(given[0]).read_bytes(), Path(given[1]).read_bytes()))
    folder = Path(settings.VAR_DIR) / "keys"
    key_file = folder / KEY_FILE
    certificate_file = folder / CERTIFICATE_FILE
    if not key_file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        made = _made()
        temporary = folder / f".{os.getpid()}.pem"
        temporary.touch(mode=0o600)
        temporary.write_bytes(made.key + made.certificate)
        try:
            # fails when another process created the key first: use that one
            os.link(temporary, key_file)
        except FileExistsError:
            pass
        finally:
            temporary.unlink()
    both = key_file.read_bytes()
    begins = both.index(b"-----BEGIN CERTIFICATE-----")
    if not certificate_file.exists():
        certificate_file.write_bytes(both[begins:])
    return Keys(both[:begins], both[begins:])


def _usable(keys: Keys) -> Keys:
    """Return configured keys. Raises ``ImproperlyConfigured`` unless the key is P-256 and the
    certificate is for it.
    """
    key = serialization.load_pem_private_key(keys.key, password=None)
    certified = x509.load_pem_x509_certificate(keys.certificate).public_key()
    is_ours = (
        isinstance(key, ec.EllipticCurvePrivateKey)
        and isinstance(key.curve, ec.SECP256R1)
        and key.public_key() == certified
    )
    if not is_ours:
        raise ImproperlyConfigured(
            "MESA_SIGNING_KEY has to be a P-256 key without a password, and "
            "MESA_SIGNING_CERTIFICATE its certificate."
        )
    return keys


def _made() -> Keys:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, settings.MESA_SIGNER_NAME)])
    now = datetime.now(UTC)
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=True,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + VALID_FOR)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return Keys(private, certificate.public_bytes(serialization.Encoding.PEM))


def sign_pdf(content: bytes, *, reason: str) -> bytes:
    """Return the PDF with one appended revision: a seal over the original bytes and a signature
    over the whole file.
    """
    keys = signing_keys()
    writer = IncrementalPdfFileWriter(BytesIO(content))
    mark = _MARK + seal_of(content).as_text().encode() + _MARK_END
    writer.root["/MesaSeal"] = writer.add_object(generic.StreamObject(stream_data=mark))
    writer.update_root()
    signer = _Signer(
        signing_cert=_as_asn1(keys.certificate),
        signing_key=load_private_key_from_pemder_data(keys.key, passphrase=None),
        cert_registry=SimpleCertificateStore(),
    )
    meta = signers.PdfSignatureMetadata(
        field_name="Mesa", reason=reason, md_algorithm="sha256", name=settings.MESA_SIGNER_NAME
    )
    return bytes(signers.sign_pdf(writer, meta, signer=signer).getvalue())


def _as_asn1(certificate: bytes) -> Any:
    """Return a PEM certificate as the asn1crypto object that pyHanko needs."""
    return next(iter(load_certs_from_pemder_data(certificate)))


def _canonical(signature: bytes) -> bytes:
    """Return the low-s form of an ECDSA signature. Both s and order - s verify; accepting only one
    makes a swap detectable.
    """
    r, s = decode_dss_signature(signature)
    return encode_dss_signature(r, min(s, _ORDER - s))


def _is_canonical(signature: bytes) -> bool:
    return _canonical(signature) == signature


class _Signer(signers.SimpleSigner):
    async def async_sign_raw(self, *args: Any, **kwargs: Any) -> bytes:
        signature: bytes = await super().async_sign_raw(*args, **kwargs)
        return _canonical(signature) if any(signature) else signature  # zeros: a size placeholder


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
    entries: tuple[str, ...] = field(default=())


def check_pdf(content: bytes, *, certificate: bytes | None = None) -> Check:
    """Check a delivered PDF against a PEM certificate, by default the installation's. A file that
    pyHanko cannot parse is ``touched`` or ``unreadable``. Needs neither server nor database.
    """
    trusted = _as_asn1(certificate or signing_keys().certificate)
    digest = hashlib.sha256(content).hexdigest()
    touched = _touched_in(content)
    try:
        signatures = PdfFileReader(BytesIO(content), strict=False).embedded_signatures
        if not signatures:
            return Check(False, "touched" if touched else "unsigned", touched, sha256=digest)
        context = ValidationContext(trust_roots=[trusted], allow_fetching=False)
        status = validate_pdf_signature(
            signatures[0], signer_validation_context=context, skip_diff=True
        )
        covers_all = (
            len(signatures) == 1
            and signatures[0].evaluate_signature_coverage().name == "ENTIRE_FILE"
        )
    except Exception:  # noqa: BLE001 - damaged input can make pyHanko raise anything
        return Check(
            False,
            "touched" if touched or _MARK in content else "unreadable",
            touched,
            sha256=digest,
        )
    if not (status.intact and status.valid and covers_all) or touched:
        return Check(False, "touched", touched or _appended(content), sha256=digest)
    if not status.trusted:
        return Check(False, "stranger", sha256=digest)
    if (gap := _touched_gap(signatures[0], content, trusted)) is not None:
        return Check(False, "touched", (gap,), sha256=digest)
    name = signatures[0].signer_cert.subject.native.get("common_name", "")
    return Check(True, signer=name, signed_at=status.signer_reported_dt, sha256=digest)


def _touched_gap(signature: Any, content: bytes, certificate: Any) -> tuple[int, int] | None:
    """Return the byte range of the signature container when it differs from the bytes that we would
    write; None when it is equal.

    A signature cannot cover its own container. Only the signed attributes in it and their signature
    are proven. Everything else is rebuilt from them and the certificate, and compared.
    """
    _start, length, resumes, _rest = signature.byte_range
    held = signature.pkcs7_content
    info = cms.ContentInfo.load(held)["content"]["signer_infos"][0]
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
            "signed_attrs": info["signed_attrs"],
            "signature_algorithm": {"algorithm": info["signature_algorithm"]["algorithm"].native},
            "signature": info["signature"],
        }
    )
    whole = cms.ContentInfo(
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
    if not _is_canonical(info["signature"].native):
        return length, resumes - 1
    written = b"<" + whole.ljust(len(held), b"\0").hex().upper().encode() + b">"
    return None if content[length:resumes] == written else (length, resumes - 1)


def _seal_in(content: bytes) -> Seal | None:
    start = content.rfind(_MARK)
    end = content.rfind(_MARK_END)
    try:
        return read_seal(content[start + len(_MARK) : end].decode()) if 0 <= start < end else None
    except ValueError:
        return None


def _touched_in(content: bytes) -> tuple[tuple[int, int], ...]:
    seal = _seal_in(content)
    return tuple(touched_bytes(seal, content[: seal.size])) if seal is not None else ()


def _appended(content: bytes) -> tuple[tuple[int, int], ...]:
    """Return the range after the sealed content, where seal and signature are; the whole file
    without a readable seal.
    """
    seal = _seal_in(content)
    return ((seal.size if seal is not None else 0, len(content) - 1),)


def sign_json(data: dict[str, Any]) -> bytes:
    """Return the data as signed lines: the head, one line per element of ``entries``, the seal, and
    the signature of the seal.
    """
    body = _body_of(data)
    seal = seal_of(body).as_text()
    key = serialization.load_pem_private_key(signing_keys().key, password=None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    signature = _canonical(key.sign(seal.encode(), ec.ECDSA(hashes.SHA256()))).hex()
    return body + seal.encode() + b"\n" + signature.encode() + b"\n"


def _body_of(data: dict[str, Any]) -> bytes:
    head = {name: value for name, value in data.items() if name != "entries"}
    return "".join(
        json.dumps(each, ensure_ascii=False, sort_keys=True) + "\n"
        for each in [head, *data["entries"]]
    ).encode()


def check_json(content: bytes, *, certificate: bytes | None = None) -> Check:
    """Check an index that ``sign_json`` wrote, by default against the installation's certificate.

    The result has the changed byte ranges and the line numbers of the changed entries.
    """
    digest = hashlib.sha256(content).hexdigest()
    lines = content.split(b"\n")
    if len(lines) < 4:  # noqa: PLR2004 - a head, the seal, the signature, and nothing after them
        return Check(False, "unreadable", sha256=digest)
    *lines, seal_line, signature_line, rest = lines
    body = b"\n".join(lines) + b"\n"
    loaded = x509.load_pem_x509_certificate(certificate or signing_keys().certificate)
    key = loaded.public_key()
    if not isinstance(
        key, ec.EllipticCurvePublicKey
    ):  # not ours: indexes are signed with an EC key
        return Check(False, "stranger", sha256=digest)
    try:
        signature = bytes.fromhex(signature_line.decode())
        if rest or signature.hex().encode() != signature_line or not _is_canonical(signature):
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


def certificate_from(path: str) -> bytes:
    """Return the bytes of a PEM certificate file. Raises ``ValueError`` when it is not one, and
    ``OSError`` when it cannot be read.
    """
    data = Path(path).read_bytes()
    x509.load_pem_x509_certificate(data)
    return data
