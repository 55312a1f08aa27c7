"""When nothing can be stored: the disk is full, or read-only."""

import errno
from collections.abc import Iterator

from django.db.utils import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _

from web.doors import is_api
from web.resending import forget_messages, not_sent

_FULL = frozenset({errno.ENOSPC, errno.EROFS, errno.EDQUOT, errno.EFBIG})
# SQLite's words; PostgreSQL has codes: disk full, read-only transaction.
_SQLITE = ("readonly database", "disk is full", "disk I/O error", "unable to open database file")
_POSTGRESQL = frozenset({"53100", "25006"})


def cannot_store(error: BaseException) -> bool:
    """Tell whether an error says that the database or the files take nothing more."""
    return any(_says_so(each) for each in _chain(error))


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


def _says_so(error: BaseException) -> bool:
    if isinstance(error, OSError):
        return error.errno in _FULL
    if getattr(error, "sqlstate", None) in _POSTGRESQL:
        return True
    return isinstance(error, DatabaseError) and any(words in str(error) for words in _SQLITE)


def storage_refused(request: HttpRequest, *, asks_database: bool = True) -> HttpResponse:
    """Answer a request that could not be stored, with what was typed. ``asks_database`` as of
    ``not_sent``.
    """
    words = _(
        "Nothing can be stored on our side at the moment. We have noticed it: send it again in a "
        "few minutes."
    )
    if is_api(request):
        body = {"code": "storage_unavailable", "detail": words, "fields": {}}
        return JsonResponse(body, status=503, headers={"Retry-After": "60"})
    forget_messages(request)  # what they say is done was not stored
    return not_sent(request, words, 503, asks_database=asks_database)
