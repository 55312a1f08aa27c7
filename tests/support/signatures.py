"""Checks of signed files against the installation's certificate, in this process."""

from foundation.documents.isolated import signatures
from foundation.documents.isolated.signatures import Check
from foundation.documents.signing import signing_keys


def check_pdf(content: bytes, *, certificate: bytes | None = None) -> Check:
    return signatures.check_pdf(content, certificate or signing_keys().certificate)


def check_json(content: bytes) -> Check:
    return signatures.check_json(content, signing_keys().certificate)
