"""The PDF of a service-level report, from its frozen figures and the same fragments as the page."""

from datetime import datetime
from typing import Any

from django.template.loader import render_to_string
from django.utils import translation

from foundation.documents.pdf import print_stylesheet, render_pdf
from reports.sections import shown_sections


def service_level_pdf(
    data: dict[str, Any], *, language: str, version: int, sha256: str, cutoff_at: datetime
) -> bytes:
    """Return the PDF in the language; the figures are those of ``data`` and nothing else."""
    with translation.override(language):
        html = render_to_string(
            "reports/service_level_pdf.html",
            {
                "report": data,
                "sections": shown_sections(data),
                "version": version,
                "sha256": sha256,
                "cutoff_at": cutoff_at,
                "language": language,
            },
        )
    return render_pdf(html=html, stylesheet=print_stylesheet())
