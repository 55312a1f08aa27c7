"""Signs PDF and JSON with the installation's key (SPEC 9.4, 17.6). ``isolated.signatures`` checks
them.
"""

import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from foundation.documents.isolated.seal import seal_of
from foundation.documents.isolated.signatures import MARK, MARK_END, canonical

KEY_FILE = "signing-key.pem"
CERTIFICATE_FILE = "signing-certificate.pem"
VALID_FOR = timedelta(days=3650 * 2)


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
    from pyhanko.keys import load_certs_from_pemder_data, load_private_key_from_pemder_data
    from pyhanko.pdf_utils import generic
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign import signers  # late: it takes half a second, and a delivery alone needs it
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    class Signer(signers.SimpleSigner):
        async def async_sign_raw(self, *args: Any, **kwargs: Any) -> bytes:
            signature: bytes = await super().async_sign_raw(*args, **kwargs)
            # zeros: a size placeholder
            return canonical(signature) if any(signature) else signature

    keys = signing_keys()
    writer = IncrementalPdfFileWriter(BytesIO(content))
    mark = MARK + seal_of(content).as_text().encode() + MARK_END
    writer.root["/MesaSeal"] = writer.add_object(generic.StreamObject(stream_data=mark))
    writer.update_root()
    signer = Signer(
        signing_cert=next(iter(load_certs_from_pemder_data(keys.certificate))),
        signing_key=load_private_key_from_pemder_data(keys.key, passphrase=None),
        cert_registry=SimpleCertificateStore(),
    )
    meta = signers.PdfSignatureMetadata(
        field_name="Mesa", reason=reason, md_algorithm="sha256", name=settings.MESA_SIGNER_NAME
    )
    return bytes(signers.sign_pdf(writer, meta, signer=signer).getvalue())


def sign_json(data: dict[str, Any]) -> bytes:
    """Return the data as signed lines: the head, one line per element of ``entries``, the seal, and
    the signature of the seal.
    """
    body = _body_of(data)
    seal = seal_of(body).as_text()
    key = serialization.load_pem_private_key(signing_keys().key, password=None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    signature = canonical(key.sign(seal.encode(), ec.ECDSA(hashes.SHA256()))).hex()
    return body + seal.encode() + b"\n" + signature.encode() + b"\n"


def _body_of(data: dict[str, Any]) -> bytes:
    head = {name: value for name, value in data.items() if name != "entries"}
    return "".join(
        json.dumps(each, ensure_ascii=False, sort_keys=True) + "\n"
        for each in [head, *data["entries"]]
    ).encode()


def certificate_from(path: str) -> bytes:
    """Return the bytes of a PEM certificate file. Raises ``ValueError`` when it is not one, and
    ``OSError`` when it cannot be read.
    """
    data = Path(path).read_bytes()
    x509.load_pem_x509_certificate(data)
    return data
