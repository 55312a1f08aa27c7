from rest_framework.pagination import CursorPagination


class TicketPagination(CursorPagination):
    """Pages of 50, newest first; the cursor costs the same on the last page as on the first."""

    page_size = 50
    ordering = "-id"
