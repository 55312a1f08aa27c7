"""Keeps files by SHA-256, once per organization."""

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.storage import Storage
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from foundation.documents.checking import CheckedFile
from foundation.documents.models import Blob

_CHUNK_BYTES = 1024 * 1024
A_DAY = timedelta(days=1)


def store_file(*, organization_id: int, upload: CheckedFile, at: datetime) -> Blob:
    """Return the blob of this content in this organization, writing the bytes only when they are
    new, or lost.
    """
    digest = hashlib.sha256()
    upload.stream.seek(0)
    while chunk := upload.stream.read(_CHUNK_BYTES):
        digest.update(chunk)
    return _store(
        organization_id=organization_id,
        sha256=digest.hexdigest(),
        size_bytes=upload.size_bytes,
        content_type=upload.content_type,
        content=File(upload.stream),
        at=at,
    )


def store_bytes(*, organization_id: int, content: bytes, content_type: str, at: datetime) -> Blob:
    """Keep a file that the product itself made, such as a report's PDF."""
    return _store(
        organization_id=organization_id,
        sha256=hashlib.sha256(content).hexdigest(),
        size_bytes=len(content),
        content_type=content_type,
        content=ContentFile(content),
        at=at,
    )


def discard_blob(*, blob_id: int) -> bool:
    """Delete a blob that no row refers to, and its bytes after the commit. Return False when it is
    still referenced or does not exist.
    """
    blob = Blob.objects.filter(pk=blob_id).order_by("pk").first()
    if blob is None:
        return False
    try:
        with transaction.atomic():
            blob.delete()
    except (ProtectedError, IntegrityError):
        return False
    file = blob.file
    transaction.on_commit(lambda: file.storage.delete(file.name), robust=True)
    return True


def discard_strays(*, at: datetime) -> int:
    """Delete stored files without a ``Blob`` row that are older than a day; return how many.

    A rolled-back transaction leaves such files. Needs a scope over every organization: otherwise
    files of the others would look unreferenced.
    """
    storage = Blob._meta.get_field("file").storage
    count = 0
    for folder in _folders(storage, "blobs"):
        names = [f"{folder}/{name}" for name in storage.listdir(folder)[1]]
        known = set(Blob.objects.filter(file__in=names).order_by().values_list("file", flat=True))
        for name in names:
            if name not in known and storage.get_modified_time(name) < at - A_DAY:
                storage.delete(name)
                count += 1
    return count


def _folders(storage: Storage, root: str) -> Iterator[str]:
    """Yield the folders that hold files: organization, then the first letters of the digest
    (``blob_path``).
    """
    if not storage.exists(root):
        return
    for organization in storage.listdir(root)[0]:
        for letters in storage.listdir(f"{root}/{organization}")[0]:
            yield f"{root}/{organization}/{letters}"


def _store(
    *,
    organization_id: int,
    sha256: str,
    size_bytes: int,
    content_type: str,
    content: File,
    at: datetime,
) -> Blob:
    known = (
        Blob.objects.filter(organization_id=organization_id, sha256=sha256).order_by("pk").first()
    )
    if known is not None:
        if not known.is_whole:  # its row outlived its bytes: who sends them again brings them back
            known.file.storage.delete(known.file.name)
            known.file.storage.save(known.file.name, content)
        return known
    blob = Blob(
        organization_id=organization_id,
        sha256=sha256,
        size_bytes=size_bytes,
        content_type=content_type,
        created_at=at,
    )
    blob.file.save(sha256, content, save=False)
    blob.save()
    return blob
