"""Secrets that the product must read again, encrypted at rest with a key outside the database:
derived from ``SECRET_KEY``, one for each purpose.
"""

import base64

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.utils.encoding import force_bytes


class CannotUnseal(ValueError):
    """The text was sealed with another key or for another purpose, or it was changed."""


def seal(text: str, *, purpose: str) -> str:
    """Return the text encrypted and authenticated, in ASCII."""
    return _box(purpose, settings.SECRET_KEY).encrypt(text.encode()).decode("ascii")


def unseal(sealed: str, *, purpose: str) -> str:
    """Return the text that was sealed, also under one of ``SECRET_KEY_FALLBACKS``. Raises
    ``CannotUnseal``.
    """
    for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        try:
            return _box(purpose, key).decrypt(sealed.encode()).decode()
        except InvalidToken:
            continue
    raise CannotUnseal("Sealed with another key: see MESA_SECRET_KEY.")


def _box(purpose: str, key: str | bytes) -> Fernet:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose.encode())
    return Fernet(base64.urlsafe_b64encode(derived.derive(force_bytes(key))))
