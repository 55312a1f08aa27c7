"""A customer's escalation matrices as a PDF, with the content of the portal's page."""

from datetime import datetime

from django.template.loader import render_to_string
from django.utils import translation

from escalation.queries import matrices_in_force
from foundation.accounts.models import Organization
from foundation.documents.pdf import print_stylesheet, render_pdf


def matrices_pdf(organization: Organization, *, at: datetime, language: str) -> bytes:
    """Return a PDF of the matrices in force at the aware instant ``at``, in ``language`` (``es`` or
    ``en``).
    """
    context = {
        "organization": organization,
        "shown": matrices_in_force(organization.pk, at),
        "at": at,
        "language": language,
    }
    with translation.override(language):
        html = render_to_string("portal/contacts/pdf.html", context)
        return render_pdf(html=html, stylesheet=print_stylesheet())
