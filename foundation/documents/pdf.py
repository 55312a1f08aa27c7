"""Render HTML to PDF. WeasyPrint needs the system's Pango, so it is imported inside the function:
everything else runs without Pango.
"""

from functools import cache
from pathlib import Path

from django.contrib.staticfiles import finders

STATIC = "static:"  # the only addresses that a PDF may fetch: files of the product itself


class PdfUnavailable(RuntimeError):
    """The system libraries for PDF are missing; the message says which packages to install."""


def render_pdf(*, html: str, stylesheet: str) -> bytes:
    """Return the PDF/UA-1 of a self-contained HTML page, styled by ``stylesheet`` (CSS text).

    Fetches only ``static:`` addresses, which are static files of the product. Raises
    ``PdfUnavailable`` when Pango is missing.
    """
    try:
        import weasyprint  # late: raises OSError where Pango is missing
        from weasyprint.text.fonts import FontConfiguration
        from weasyprint.urls import URLFetcher, URLFetcherResponse
    except OSError as error:
        raise PdfUnavailable(
            "PDF needs Pango: install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 and "
            "try again."
        ) from error

    class ProductFiles(URLFetcher):
        def fetch(self, url: str, headers: object = None) -> object:
            if not url.startswith(STATIC):
                raise ValueError(f"A PDF is made of what is on the page; it may not fetch {url}.")
            return URLFetcherResponse(url, _static(url.removeprefix(STATIC)).read_bytes())

    fonts = FontConfiguration()
    files = ProductFiles()
    style = weasyprint.CSS(string=stylesheet, url_fetcher=files, font_config=fonts)
    document = weasyprint.HTML(string=html, url_fetcher=files)
    content: bytes = document.write_pdf(
        stylesheets=[style], font_config=fonts, pdf_variant="pdf/ua-1"
    )
    return content


@cache
def print_stylesheet() -> str:
    """Return the stylesheet of everything that is printed: letters, reports, covers."""
    return _static("css/report.css").read_text(encoding="utf-8")


def _static(name: str) -> Path:
    path = finders.find(name)
    if not isinstance(path, str):
        raise FileNotFoundError(f"static/{name} is missing")
    return Path(path)
