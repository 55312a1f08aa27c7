import logging

from django.core.files import File
from django.db import models

from foundation.core.tenancy import TenantModel
from foundation.documents.errors import FileLost

logger = logging.getLogger(__name__)


def blob_path(blob: "Blob", filename: str) -> str:
    """Return ``blobs/<organization id>/<first two digits>/<SHA-256>``. The uploaded name is never
    used as a path.
    """
    return f"blobs/{blob.organization_id}/{blob.sha256[:2]}/{blob.sha256}"


PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})


class Blob(TenantModel):
    """The bytes of a file, once per organization, named by their SHA-256."""

    organization_id = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    size_bytes = models.PositiveBigIntegerField()
    content_type = models.CharField(max_length=120)
    file = models.FileField(upload_to=blob_path, max_length=200)
    created_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(fields=("organization_id", "sha256"), name="blob_unique"),
        )

    def __str__(self) -> str:
        return self.sha256

    @property
    def is_picture(self) -> bool:
        """Whether a browser shows it: its bytes were checked to be what its type says."""
        return self.content_type in PICTURES

    @property
    def is_whole(self) -> bool:
        """Whether the stored file exists and has its length."""
        storage = self.file.storage
        name = str(self.file.name)
        return storage.exists(name) and storage.size(name) == self.size_bytes

    def open(self) -> File:
        """Open the file. Raises ``FileLost`` when it is missing or has lost bytes, and logs it."""
        if not self.is_whole:
            logger.critical("%s of blob %s is missing, or has not its length", self.file, self.pk)
            raise FileLost
        stream: File = self.file.open("rb")
        return stream

    def read(self) -> bytes:
        """Return the bytes of the file. Raises ``FileLost`` as ``open`` does."""
        with self.open() as stream:
            content: bytes = stream.read()
        return content
