"""Renders HTML to PDF. WeasyPrint needs the system's Pango, so it is imported inside the function:
everything else runs without Pango.
"""

from collections.abc import Callable


class PdfUnavailable(RuntimeError):
    """The system libraries for PDF are missing; the message says which packages to install."""


def print_html(*, html: str, stylesheet: str, read: Callable[[str], bytes]) -> bytes:
    """Return the PDF/UA-1 of a self-contained HTML page, styled by ``stylesheet`` (CSS text).

    ``read`` returns the content of an address, or raises ``ValueError`` where the page may not
    fetch it. Raises ``PdfUnavailable`` when Pango is missing.
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

    class Files(URLFetcher):
        def fetch(self, url: str, headers: object = None) -> object:
            return URLFetcherResponse(url, read(url))

    fonts = FontConfiguration()
    files = Files()
    style = weasyprint.CSS(string=stylesheet, url_fetcher=files, font_config=fonts)
    document = weasyprint.HTML(string=html, url_fetcher=files)
    content: bytes = document.write_pdf(
        stylesheets=[style], font_config=fonts, pdf_variant="pdf/ua-1"
    )
    return content


def read_nothing(url: str) -> bytes:
    raise ValueError(f"A PDF is made of what is on the page; it may not fetch {url}.")
