"""``Idempotency-Key`` (DECISIONS 14): the same body gets the stored response, another body 422, a
key in flight 409. Keys are stored for 24 hours.
"""

import hashlib
import json
import zlib
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial, wraps
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.encoders import JSONEncoder

from api.models import IdempotencyKey
from foundation.core.errors import DomainError, NotFound

KEPT = timedelta(hours=24)
MAX_KEY = 100


class KeyReused(DomainError):
    code = "idempotency_key_reused"


class KeyTooLong(DomainError):
    code = "idempotency_key_too_long"


class KeyInFlight(DomainError):
    code = "idempotency_key_in_flight"


def once(request: Request, work: Callable[[], Response], at: datetime) -> Response:
    """Run ``work`` and store its response in one transaction; return the stored response for a used
    key.

    Raises ``KeyReused`` for another body, ``KeyTooLong``, or ``KeyInFlight`` while the key is used
    elsewhere.
    """
    key = request.headers.get("Idempotency-Key", "").strip()
    if not key:
        return work()
    if len(key) > MAX_KEY:
        raise KeyTooLong(
            _("The Idempotency-Key may have up to %(limit)d characters.") % {"limit": MAX_KEY}
        )
    owner = _owner(request)
    digest = _digest(request)
    try:
        with transaction.atomic():
            _claim(owner, key)
            response = work()
            _keep(response, owner, key, digest, at)
            return response
    except NotFound:
        raise  # no stored response for a user who can no longer see the object
    except (IntegrityError, DomainError):
        # A used key violates the unique constraint, which rolls the work back: so a first use needs
        # no lookup.
        kept = _kept(owner, key, digest)
        if kept is None:
            raise
        return kept


def idempotent(view: Callable[..., Response]) -> Callable[..., Response]:
    """Wrap an action in ``once``, and pass it the request's instant as ``at``."""

    @wraps(view)
    def answer(viewset: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        at = timezone.now()
        return once(request, partial(view, viewset, request, *args, at=at, **kwargs), at)

    return answer


def _keep(response: Response, owner: str, key: str, digest: str, at: datetime) -> None:
    IdempotencyKey.objects.create(
        owner=owner,
        key=key,
        body_sha256=digest,
        response_status=response.status_code,
        response_body=_plain(response.data),
        etag=response.headers.get("ETag", ""),
        created_at=at,
    )


def _claim(owner: str, key: str) -> None:
    """Take an advisory lock on the key until the commit; raise ``KeyInFlight`` when another
    transaction has it. SQLite has one writer at a time and needs no lock.
    """
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", lock_numbers(owner, key))
        if not cursor.fetchone()[0]:
            raise KeyInFlight(
                _("A request with this Idempotency-Key is still at work. Ask again in a moment.")
            )


def lock_numbers(owner: str, key: str) -> list[int]:
    """Return the two signed 32-bit numbers of the advisory lock. Keys with equal numbers block each
    other while in flight.
    """
    return [zlib.crc32(owner.encode()) - 2**31, zlib.crc32(key.encode()) - 2**31]


def _kept(owner: str, key: str, digest: str) -> Response | None:
    kept = IdempotencyKey.objects.filter(owner=owner, key=key).order_by("pk").first()
    if kept is None:
        return None
    if kept.body_sha256 != digest:
        raise KeyReused(_("This Idempotency-Key was used for another request. Use a new one."))
    headers = {"Idempotent-Replay": "true"} | ({"ETag": kept.etag} if kept.etag else {})
    return Response(kept.response_body, status=kept.response_status, headers=headers)


def forget_before(at: datetime) -> int:
    """Delete the keys stored more than 24 hours before ``at``; return how many."""
    return IdempotencyKey.objects.filter(created_at__lt=at - KEPT).delete()[0]


def _owner(request: Request) -> str:
    token = getattr(request, "api_token", None) or getattr(request._request, "api_token", None)
    return f"token {token.pk}" if token is not None else f"user {request.user.pk}"


def _digest(request: Request) -> str:
    """Return the SHA-256 of path and body. For a multipart form, hash its fields and files: the
    boundary differs in each request.
    """
    digest = hashlib.sha256(request.path.encode() + b"\n")
    if not (request.content_type or "").startswith("multipart/"):
        digest.update(request._request.body)
        return digest.hexdigest()
    for name, values in sorted(request._request.POST.lists()):
        digest.update(json.dumps([name, values]).encode())
    for name, files in sorted(request._request.FILES.lists()):
        for file in files:
            content = hashlib.sha256(b"".join(file.chunks())).hexdigest()
            file.seek(0)
            digest.update(json.dumps([name, file.name, content]).encode())
    return digest.hexdigest()


def _plain(data: Any) -> Any:
    return json.loads(json.dumps(data, cls=JSONEncoder))
