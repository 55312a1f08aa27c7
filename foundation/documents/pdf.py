"""Renders the product's own pages to PDF."""

from functools import cache
from pathlib import Path

from django.contrib.staticfiles import finders

from foundation.documents.isolated.printing import PdfUnavailable, print_html, read_nothing

__all__ = ["PdfUnavailable", "print_stylesheet", "render_pdf"]

STATIC = "static:"  # the only addresses that a PDF may fetch: files of the product itself


def render_pdf(*, html: str, stylesheet: str) -> bytes:
    """Return the PDF/UA-1 of a self-contained HTML page, styled by ``stylesheet`` (CSS text).

    Fetches only ``static:`` addresses, which are static files of the product. Raises
    ``PdfUnavailable`` when Pango is missing.
    """
    return print_html(html=html, stylesheet=stylesheet, read=_read)


def _read(url: str) -> bytes:
    if not url.startswith(STATIC):
        return read_nothing(url)
    return _static(url.removeprefix(STATIC)).read_bytes()


@cache
def print_stylesheet() -> str:
    """Return the stylesheet of everything that is printed: letters, reports, covers."""
    return _static("css/report.css").read_text(encoding="utf-8")


def _static(name: str) -> Path:
    path = finders.find(name)
    if not isinstance(path, str):
        raise FileNotFoundError(f"static/{name} is missing")
    return Path(path)
