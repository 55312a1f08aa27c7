"""What a text will look like, while it is written."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from foundation.core.formatting import formatted
from foundation.core.texts import without_blank_ends
from web.originals import MOST_READ


@require_POST
@login_required
def preview(request: HttpRequest) -> HttpResponse:
    """Show the posted text as its reader will see it; nothing of it is kept. The page posts one
    text, under any name.
    """
    sent = [str(text) for name, text in request.POST.items() if name != "csrfmiddlewaretoken"]
    text = without_blank_ends("\n".join(sent)[:MOST_READ])
    return render(request, "web/_preview.html", {"text": formatted(text) if text else ""})
