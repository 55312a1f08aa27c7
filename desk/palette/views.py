"""What the command palette finds: the ticket with a number, and tickets by their texts. The pages
and the acts of the open page are found in the browser.
"""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from foundation.accounts.roles import Capability
from foundation.core.errors import Invalid
from tickets import queries
from web.access import needs
from web.requests import person

SHOWN = 8


@require_safe
@needs(Capability.SEE_TICKETS)
def palette(request: HttpRequest) -> HttpResponse:
    typed = request.GET.get("q", "").strip()
    reader = person(request)
    refusal = ""
    try:
        found = queries.matching(queries.visible_to(reader), typed, reader=reader)
        tickets = list(found.order_by("-pk")[:SHOWN]) if typed else []
        exact = queries.find_by_number(found, typed).first() if typed.isdecimal() else None
        if exact is not None:  # the number first, then the newest (DECISIONS 32)
            tickets = [exact, *(each for each in tickets if each != exact)][:SHOWN]
    except Invalid as error:
        tickets = []
        refusal = str(error.message)
    hits = queries.hits_of(tickets, typed, reader=reader)
    context = {
        "typed": typed,
        "refusal": refusal,
        "rows": [(ticket, hits.get(ticket.pk)) for ticket in tickets],
    }
    return render(request, "desk/palette/_results.html", context)
