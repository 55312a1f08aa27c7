"""Large files of a form, while they are received."""

from typing import Any

from django.core.files.uploadhandler import SkipFile, TemporaryFileUploadHandler
from django.http import HttpRequest

from web.doors import is_api
from web.storage import cannot_store


class SpooledUploadHandler(TemporaryFileUploadHandler):
    """Django's; when the disk takes no more, the file is skipped and the other fields of the form
    are read, so that what was typed can be kept (``lacks_upload``).
    """

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        try:
            super().new_file(*args, **kwargs)
        except OSError as error:
            self._skip(error)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        try:
            super().receive_data_chunk(raw_data, start)
        except OSError as error:
            self._skip(error)

    def file_complete(self, file_size: int) -> Any:
        try:
            return super().file_complete(file_size)
        except OSError as error:  # the last bytes are written here
            self._note(error)
            return None

    def _skip(self, error: OSError) -> None:
        self._note(error)
        raise SkipFile from error

    def _note(self, error: OSError) -> None:
        if self.request is None or is_api(self.request) or not cannot_store(error):
            raise error
        self.request.lacks_upload = True  # type: ignore[attr-defined]


def lacks_upload(request: HttpRequest) -> bool:
    """Tell whether a file of the request could not be received. Reads the form."""
    return request.method == "POST" and bool(request.POST) and hasattr(request, "lacks_upload")
