"""The configured signing key: which pairs of files are accepted."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from django.core.exceptions import ImproperlyConfigured

from foundation.documents.signing import certificate_from, signing_keys


@pytest.fixture(autouse=True)
def _forget_keys() -> Iterator[None]:
    signing_keys.cache_clear()
    yield
    signing_keys.cache_clear()


def certificate_of(key: Any) -> bytes:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Desk")])
    start = datetime(2026, 1, 1, tzinfo=UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=400))
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM)


def configure(settings: Any, folder: Path, key: Any, certificate: bytes) -> None:
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "key.pem").write_bytes(private)
    (folder / "certificate.pem").write_bytes(certificate)
    settings.MESA_SIGNING_KEY = str(folder / "key.pem")
    settings.MESA_SIGNING_CERTIFICATE = str(folder / "certificate.pem")


def test_a_p256_key_with_its_certificate_is_used(settings: Any, tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = certificate_of(key)
    configure(settings, tmp_path, key, certificate)

    assert signing_keys().certificate == certificate
    assert certificate_from(str(tmp_path / "certificate.pem")) == certificate


def test_a_key_that_is_made_signs_documents_and_nothing_else(settings: Any, tmp_path: Path) -> None:
    settings.MESA_SIGNING_KEY = settings.MESA_SIGNING_CERTIFICATE = ""
    settings.VAR_DIR = tmp_path / "not" / "there"

    made = x509.load_pem_x509_certificate(signing_keys().certificate)

    basic = made.extensions.get_extension_for_class(x509.BasicConstraints)
    assert (basic.critical, basic.value) == (True, x509.BasicConstraints(ca=True, path_length=0))
    usage = made.extensions.get_extension_for_class(x509.KeyUsage)
    assert usage.critical
    assert usage.value == x509.KeyUsage(
        digital_signature=True,
        content_commitment=True,
        key_cert_sign=True,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )


@pytest.mark.parametrize("kind", ["another key", "another curve", "rsa"])
def test_another_pair_is_refused_with_the_cure(settings: Any, tmp_path: Path, kind: str) -> None:
    key: Any = ec.generate_private_key(ec.SECP256R1())
    certificate = certificate_of(key)
    if kind == "another key":
        key = ec.generate_private_key(ec.SECP256R1())
    elif kind == "another curve":
        key = ec.generate_private_key(ec.SECP384R1())
        certificate = certificate_of(key)
    else:
        key = rsa.generate_private_key(65537, 2048)
        certificate = certificate_of(key)
    configure(settings, tmp_path, key, certificate)

    with pytest.raises(ImproperlyConfigured, match="P-256"):
        signing_keys()


def test_one_file_alone_is_not_used(settings: Any, tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    configure(settings, tmp_path, key, certificate_of(key))
    settings.MESA_SIGNING_CERTIFICATE = ""
    settings.VAR_DIR = tmp_path

    assert signing_keys().certificate != certificate_of(key)
    assert (tmp_path / "keys").is_dir()


def test_a_file_that_is_no_certificate_is_refused(tmp_path: Path) -> None:
    (tmp_path / "c.pem").write_bytes(b"not a certificate")

    with pytest.raises(ValueError, match="PEM|load"):
        certificate_from(str(tmp_path / "c.pem"))
    with pytest.raises(OSError, match="nothing"):
        certificate_from(str(tmp_path / "nothing.pem"))
