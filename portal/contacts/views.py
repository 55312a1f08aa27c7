"""The escalation matrices of a customer, and the signed link that acknowledges an escalation."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_safe

from escalation.queries import (
    get_escalation,
    link_still_works,
    matrices_in_force,
    read_token,
)
from escalation.services import acknowledge_by_link
from foundation.accounts.queries import memberships_of
from foundation.accounts.tenancy import organization_scope
from foundation.core.errors import NotAllowed, NotFound
from portal.access import customer_required
from web.contacts import matrices_pdf
from web.language import current_language
from web.requests import person


@require_safe
@customer_required
def contacts(request: HttpRequest) -> HttpResponse:
    memberships = memberships_of(person(request).pk)
    now = timezone.now()
    matrices = [
        (membership.organization, matrices_in_force(membership.organization_id, now))
        for membership in memberships
    ]
    return render(request, "portal/contacts/page.html", {"matrices": matrices})


@require_safe
@customer_required
def contacts_pdf(request: HttpRequest, slug: str) -> HttpResponse:
    """Serve the matrices in force as a PDF, to hand to the service owner (SPEC 5.4)."""
    memberships = memberships_of(person(request).pk)
    now = timezone.now()
    organization = next((m.organization for m in memberships if m.organization.slug == slug), None)
    if organization is None:
        raise NotFound(_("There is no such organization."))
    content = matrices_pdf(organization, at=now, language=current_language())
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = (
        f'attachment; filename="{organization.slug}-contacts-{now:%Y-%m-%d}.pdf"'
    )
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@cache_control(private=True, no_store=True)
def acknowledge(request: HttpRequest, token: str) -> HttpResponse:
    """Acknowledge an escalation by a signed link, without a login. GET only shows the page, POST
    acknowledges. Somebody who is signed in acknowledges in their own name alone.
    """
    link = read_token(token)
    if request.user.is_authenticated and request.user.pk != link.person_id:
        raise NotAllowed(
            _("This link was sent to %(name)s. Acknowledge in your own name on the ticket's page.")
            % {"name": link.name}
        )
    with organization_scope(link.organization_id):
        if not link_still_works(link):
            raise NotFound(_("This link is not valid any more."))
        escalation = get_escalation(link.escalation_id)
        if request.method == "POST":
            acknowledge_by_link(escalation=escalation, name=link.name, at=timezone.now())
            escalation = get_escalation(link.escalation_id)
        # A contact without an account reads what the level needs, not what the customer wrote.
        context = {"escalation": escalation, "has_account": link.person_id is not None}
        return render(request, "portal/contacts/acknowledge.html", context)
