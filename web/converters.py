"""URL path converters."""

from django.urls import register_converter


class TicketNumber:
    """A ticket's number, with its prefix or without: ``TK-000123``, ``123``."""

    regex = r"(?:[A-Za-z]+-)?[0-9]+"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


def register_converters() -> None:
    register_converter(TicketNumber, "ticket_number")
