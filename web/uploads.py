"""Files of a form, checked by content before any service sees them."""

from django.http import HttpRequest

from foundation.documents.checking import CheckedFile, check_upload


def checked_files(request: HttpRequest, field: str = "attachments") -> list[CheckedFile]:
    """Return the uploaded files of a field; raise ``FileRefused`` for the first that is not
    accepted.
    """
    found = []
    for upload in request.FILES.getlist(field):
        if upload.file is not None:
            found.append(
                check_upload(
                    name=upload.name or "", stream=upload.file, size_bytes=upload.size or 0
                )
            )
    return found
