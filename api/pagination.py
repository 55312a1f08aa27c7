import re
from typing import Any

from rest_framework.exceptions import NotFound
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request

from web.requests import public_address


class TicketPagination(CursorPagination):
    """Pages of 50, newest first; the cursor costs the same on the last page as on the first."""

    page_size = 50
    ordering = "-id"

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> Any:
        page: Any = super().paginate_queryset(queryset, request, view=view)
        self.base_url = public_address(request.get_full_path())
        return page

    def decode_cursor(self, request: Request) -> Any:
        """Decode the cursor; raise ``NotFound`` when its position is not an id, as for any other
        invalid cursor.
        """
        cursor = super().decode_cursor(request)
        if (
            cursor is not None
            and cursor.position is not None
            and not re.fullmatch(r"\d{1,18}", str(cursor.position))
        ):
            raise NotFound(self.invalid_cursor_message)
        return cursor
