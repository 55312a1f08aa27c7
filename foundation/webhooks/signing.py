"""Signatures of webhooks, as Standard Webhooks 1.0.0 (standardwebhooks.com) describes them.

The content that is signed is ``<id>.<seconds>.<body>``, with HMAC-SHA256 under the bytes that the
secret has in base64 after ``whsec_``. The receiver computes it again, and compares the time.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime

_PREFIX = "whsec_"
_BYTES = 32


def new_secret() -> str:
    return _PREFIX + base64.b64encode(secrets.token_bytes(_BYTES)).decode()


def signature_headers(
    *, event_id: str, body: str, keys: Sequence[str], at: datetime
) -> dict[str, str]:
    """Return the headers of a request: its id, the instant in seconds, and a signature for each
    secret; two while one replaces the other.
    """
    seconds = str(int(at.timestamp()))
    content = f"{event_id}.{seconds}.{body}".encode()
    return {
        "webhook-id": event_id,
        "webhook-timestamp": seconds,
        "webhook-signature": " ".join(f"v1,{_signature(key, content)}" for key in keys),
    }


def _signature(secret: str, content: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(_PREFIX))
    return base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode()
