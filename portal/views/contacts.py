"""Who answers for the service, level by level, and the link with which a level acknowledges."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.queries import memberships_of
from accounts.tenancy import organization_scope
from escalation.queries import get_escalation, matrix_of, read_token
from escalation.services import acknowledge_escalation
from portal.access import customer_required
from web.requests import person


@require_safe
@customer_required
def contacts(request: HttpRequest) -> HttpResponse:
    memberships = memberships_of(person(request).pk)
    matrices = [(membership.organization, matrix_of(membership.organization_id)) for membership in memberships]
    return render(request, "portal/contacts.html", {"matrices": matrices})


@require_http_methods(["GET", "HEAD", "POST"])
def acknowledge(request: HttpRequest, token: str) -> HttpResponse:
    """Let a contact without a login acknowledge by a signed link; opening it changes nothing, the button does."""
    organization_id, escalation_id = read_token(token)
    with organization_scope(organization_id):
        escalation = get_escalation(escalation_id)
        if request.method == "POST":
            acknowledge_escalation(escalation=escalation, user=None, at=timezone.now())
            escalation = get_escalation(escalation_id)
        return render(request, "portal/acknowledge.html", {"escalation": escalation, "token": token})
