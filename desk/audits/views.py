"""External audits at the desk: list, page, acts, and the files of evidence not yet delivered."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from mimetypes import guess_extension
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_safe

from audits import paper, queries, services
from audits.models import AuditRequest, Conference, Evidence, EvidenceState
from audits.permissions import (
    Act,
    acts_of,
    can,
    opener,
    plans_audits,
    sees_evidence,
)
from audits.queries import ItemView
from desk.audits.acts import FormArguments, FormOn, carry_out
from desk.audits.forms import DONE, FORMS, form_of
from desk.frame import frame
from foundation.accounts.models import User
from foundation.accounts.roles import Capability
from foundation.core.errors import DomainError, NotFound
from foundation.core.zones import in_zone
from web.access import needs
from web.errors import first_error, page_status, put_on_form
from web.panels import PanelResponse, is_partial
from web.requests import person, posted_from
from web.resending import with_typed_text
from web.tabs import Tab
from web.views import file_response

PAGE_SIZE = 50
_TABS = {
    "running": gettext_lazy("Running"),
    "mine": gettext_lazy("For me to prepare"),
    "ended": pgettext_lazy("audits", "Ended"),
}


@require_safe
@needs(Capability.SEE_TICKETS)
def audits(request: HttpRequest) -> HttpResponse:
    """List the audits, and mark those that need a delay notice; ``?show`` is one of ``_TABS``."""
    user = person(request)
    now = timezone.now()
    show = request.GET.get("show", "")
    show = show if show in _TABS else "running"
    page = Paginator(queries.audits_in(user, show), PAGE_SIZE).get_page(request.GET.get("page"))
    own = reverse("admin:audits")
    context = {
        "page": page,
        "rows": queries.rows_of(list(page), user, now),
        "now": now,
        "show": show,
        "tabs": [Tab(words, f"{own}?show={name}", name == show) for name, words in _TABS.items()],
        "plans_audits": plans_audits(user),
    }
    return render(request, "desk/audits/list.html", frame(request) | context)


@require_safe
@needs(Capability.SEE_TICKETS)
def audit(request: HttpRequest, number: str) -> HttpResponse:
    return _page(request, queries.get_audit(person(request), number))


def _page(
    request: HttpRequest, audit: AuditRequest, *, refused: FormOn | None = None, status: int = 200
) -> HttpResponse:
    user = person(request)
    now = timezone.now()
    view = queries.view_of(audit, user)
    attachments = queries.attachments_of(view)
    may_open = opener(user, audit)

    arguments = FormArguments(audit, view)
    allowed = acts_of(user, audit)
    today = in_zone(now, audit.organization.time_zone).date()

    def offer(act: str, target: int = 0, *, aside: bool = False) -> list[FormOn]:
        if act not in allowed:
            return []
        if refused is not None and (refused.act, refused.target) == (act, target):
            return [refused]
        form = form_of(act, target, **arguments.of(act, target))
        return [FormOn(act, target, FORMS[act][1], form, is_open=False, is_aside=aside)]

    context = frame(request) | {
        "audit": audit,
        "view": view,
        "ticket": audit.ticket,
        "zone": audit.organization.time_zone,
        "now": now,
        "wants_notice": queries.needs_delay_notice(view, now),
        "sees_decision": sees_evidence(user, audit.organization_id),
        "handlers": queries.handlers_of(audit),
        "preparers": arguments.people if Act.PLAN_ITEM in allowed else [],
        "items": [
            {**_item(each, offer, user, may_open, attachments), "is_late": each.is_late(today)}
            for each in view.items
        ],
        "acts": [
            form
            for act in (
                Act.EVALUATE,
                *([Act.COMPLETE] if audit.reopened_at else []),
                Act.SEND_DELAY_NOTICE,
                Act.SCHEDULE,
                Act.RESUME,
                Act.STOP,
                *([] if audit.released_at else [Act.RELEASE]),
            )
            for form in offer(act)
        ],
        "visits": [
            (visit, offer(Act.ANSWER_VISIT, visit.pk) if visit.is_authorized is None else [])
            for visit in view.visits
        ],
        "conferences": [
            (each, [] if each.is_cancelled else _conference_acts(each, offer, now))
            for each in view.conferences
        ],
        "index": queries.index_attachment(audit),
        "refused": refused,
    }
    return render(request, "desk/audits/page.html", context, status=status)


Offer = Callable[..., list[FormOn]]


def _conference_acts(conference: Conference, offer: Offer, now: datetime) -> list[FormOn]:
    moves = offer(Act.MOVE_CONFERENCE, conference.pk) if conference.ends_at > now else []
    return [*moves, *offer(Act.CANCEL_CONFERENCE, conference.pk)]


def _item(
    each: ItemView,
    offer: Offer,
    user: User,
    may_open: Callable[[Evidence], bool],
    attachments: dict[int, int],
) -> dict[str, Any]:
    number = each.item.number
    waits = each.is_answered or any(row.state in _WAITS for row in each.evidence)
    acts = [] if each.item.set_aside_reason else offer(Act.PREPARE, number, aside=waits)
    acts = [replace(form, label=_("Prepare more evidence")) if waits else form for form in acts]
    if not each.is_answered:
        acts += offer(Act.PLAN_ITEM, number, aside=True) + offer(Act.SET_ASIDE, number, aside=True)
    if not each.item.waived_at and not each.item.set_aside_reason:
        acts += offer(Act.WAIVE, number, aside=True)
    return {
        "view": each,
        "evidence": [
            (
                row,
                _evidence_acts(row, offer, user),
                attachments.get(row.pk),
                may_open(row),
            )
            for row in each.evidence
        ],
        "acts": acts,
    }


def _evidence_acts(row: Evidence, offer: Offer, user: User) -> list[FormOn]:
    if row.state == EvidenceState.PREPARED:
        approves = offer(Act.APPROVE, row.pk) if row.prepared_by_id != user.pk else []
        return [*approves, *offer(Act.REFUSE, row.pk)]
    if row.state == EvidenceState.APPROVED:
        return [*offer(Act.DELIVER, row.pk), *offer(Act.REFUSE, row.pk)]
    return []


# Evidence that waits for another step: it is not the preparer's turn.
_WAITS = frozenset({EvidenceState.CONVERTING, EvidenceState.PREPARED, EvidenceState.APPROVED})


@posted_from("admin:audit", "number")
@needs(Capability.SEE_TICKETS)
def act(request: HttpRequest, number: str, name: str, target: int) -> HttpResponse:
    """Run one act and redirect to the page. A refusal renders the typed fields again: the form of
    the act alone for htmx, else the whole page.
    """
    audit = queries.get_audit(person(request), number)
    if name not in FORMS:
        raise NotFound(_("There is no such step."))
    arguments = FormArguments(audit).of(name, target)
    form = form_of(name, target, request.POST, request.FILES, **arguments)
    status = 400
    if form.is_valid():
        try:
            carry_out(request, audit, name, target, form)
        except DomainError as error:
            put_on_form(form, error)
            status = page_status(error)
        except ValidationError as error:  # a local time that does not exist
            form.add_error("starts_at", error)
        else:
            messages.success(request, str(DONE[name]))
            return redirect("admin:audit", number)
    refused = FormOn(name, target, FORMS[name][1], form, is_open=True)
    fresh = queries.get_audit(person(request), number)
    if is_partial(request) and can(person(request), Act(name), fresh):
        part = render_to_string(
            "desk/audits/_act.html", {"each": refused, "ticket": fresh.ticket}, request
        )
        return PanelResponse(part, status=status)
    page = _page(request, fresh, refused=refused, status=status)
    return with_typed_text(request, page, first_error(form))


@require_safe
@needs(Capability.SEE_TICKETS)
def evidence_file(
    request: HttpRequest, number: str, evidence_id: int, kind: str
) -> HttpResponseBase:
    """Serve evidence to the staff who prepare or approve it: the original (``source``), or the file
    to be delivered (``draft``). Raises ``NotAllowed`` and ``NotFound``.
    """
    user = person(request)
    audit = queries.get_audit(user, number)
    evidence = queries.get_undelivered_evidence(user, audit, evidence_id)
    services.note_reading(evidence=evidence, reader=user, at=timezone.now())
    if kind == "source" and evidence.source is not None:
        # ``evidence.name`` names what will be delivered; the original gets a name of its own
        ending = guess_extension(evidence.source.content_type) or ""
        return file_response(
            evidence.source,
            f"{number}-{evidence.item.number:03d}-{evidence.number}-original{ending}",
        )
    if evidence.deliverable is None:
        raise NotFound(_("There is no such file."))
    if kind == "draft" and evidence.is_editable:
        return file_response(evidence.deliverable, evidence.name)
    if kind == "draft":
        draft = services.draft_of(audit=audit, evidence=evidence)
        response = HttpResponse(draft, content_type="application/pdf")
        response["Content-Disposition"] = (
            f'inline; filename="draft-{paper.file_name(audit, evidence)}"'
        )
        response["Cache-Control"] = "private, no-store"
        return response
    raise NotFound(_("There is no such file."))
