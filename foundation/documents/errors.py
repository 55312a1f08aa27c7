"""What may be said of files."""

from django.utils.translation import gettext as _

from foundation.core.errors import NotFound


class FileLost(NotFound):
    """The bytes of a stored file are missing, or some of them."""

    code = "file_lost"

    def __init__(self) -> None:
        super().__init__(_("The file is missing on our side. Attach it again, or call us."))
