"""The escalation matrices of a customer as a PDF, with the words of the portal's page."""

from datetime import datetime

from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.utils import translation

from escalation.queries import matrices_in_force
from foundation.accounts.models import Organization
from foundation.documents.pdf import render_pdf


def matrices_pdf(organization: Organization, *, at: datetime, language: str) -> bytes:
    """Return the matrices in force at the aware instant ``at``, in the language."""
    path = finders.find("css/report.css")
    if not isinstance(path, str):
        raise FileNotFoundError("static/css/report.css is missing")
    context = {
        "organization": organization,
        "shown": matrices_in_force(organization.pk, at),
        "at": at,
        "language": language,
    }
    with translation.override(language), open(path, encoding="utf-8") as stylesheet:
        return render_pdf(
            html=render_to_string("portal/contacts_pdf.html", context), stylesheet=stylesheet.read()
        )
