"""Makes PDF from HTML. WeasyPrint needs the system's Pango: it is imported late, so that everything
else runs without.
"""


class PdfUnavailable(RuntimeError):
    """The system libraries for PDF are missing; the message says which packages to install."""


def render_pdf(*, html: str, stylesheet: str) -> bytes:
    """Return the PDF of a self-contained HTML page, styled by ``stylesheet`` (CSS text). Fetches
    nothing.
    """
    try:
        import weasyprint  # late: raises OSError where Pango is missing
    except OSError as error:
        raise PdfUnavailable(
            "PDF needs Pango: install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 and "
            "try again."
        ) from error

    document = weasyprint.HTML(string=html, url_fetcher=_refuse)
    content: bytes = document.write_pdf(
        stylesheets=[weasyprint.CSS(string=stylesheet)], pdf_variant="pdf/ua-1"
    )
    return content


def _refuse(url: str, *_args: object, **_kwargs: object) -> dict[str, object]:
    raise ValueError(f"A PDF is made of what is on the page; it may not fetch {url}.")
