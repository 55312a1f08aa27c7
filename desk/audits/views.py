"""External audits at the desk: list, page, acts, and the files of evidence not yet delivered."""

from collections.abc import Callable
from dataclasses import dataclass
from mimetypes import guess_extension
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from audits import paper, queries, services
from audits.models import AuditRequest, Evidence, EvidenceClass, EvidenceState
from audits.permissions import (
    Act,
    can,
    opener,
    sees_evidence,
)
from audits.queries import ItemView
from audits.services import NewEvidence
from desk.audits.forms import FORMS, form_of
from desk.frame import frame
from foundation.accounts.models import User
from foundation.accounts.roles import Capability
from foundation.core.classification import Channel
from foundation.core.errors import DomainError, NotFound
from foundation.core.zones import local_instant
from web.access import needs
from web.errors import first_error, page_status, put_on_form
from web.panels import PanelResponse, is_partial
from web.requests import actor, person, posted_from
from web.resending import with_typed_text
from web.uploads import checked_files
from web.views import file_response

PAGE_SIZE = 50


@require_safe
@needs(Capability.SEE_TICKETS)
def audits(request: HttpRequest) -> HttpResponse:
    """List the audits, and mark those that need a delay notice."""
    user = person(request)
    now = timezone.now()
    page = Paginator(queries.audits_of(user), PAGE_SIZE).get_page(request.GET.get("page"))
    return render(
        request,
        "desk/audits/list.html",
        frame(request) | {"page": page, "rows": queries.rows_of(list(page), user, now), "now": now},
    )


@dataclass(frozen=True)
class FormOn:
    """The form of an act. ``target`` is the number or id of its object, 0 for the audit itself."""

    act: str
    target: int
    label: str | Promise
    form: forms.Form
    is_open: bool

    @property
    def is_button(self) -> bool:
        return not self.form.fields

    @property
    def tone(self) -> str:
        """The tone of its button: ``primary``, ``danger`` or neutral."""
        if self.act == Act.STOP:
            return "danger"
        is_next_step = self.act in {Act.APPROVE, Act.DELIVER}
        return "primary" if is_next_step or not self.is_button else ""


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

    def offer(act: str, target: int = 0) -> list[FormOn]:
        if not can(user, Act(act), audit):
            return []
        if refused is not None and (refused.act, refused.target) == (act, target):
            return [refused]
        return [FormOn(act, target, FORMS[act][1], form_of(act, target), is_open=False)]

    context = frame(request) | {
        "audit": audit,
        "view": view,
        "ticket": audit.ticket,
        "zone": audit.organization.time_zone,
        "now": now,
        "wants_notice": queries.needs_delay_notice(view, now),
        "sees_decision": sees_evidence(user, audit.organization_id),
        "handlers": queries.handlers_of(audit),
        "items": [_item(each, offer, user, may_open, attachments) for each in view.items],
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
            (each, [] if each.is_cancelled else offer(Act.CANCEL_CONFERENCE, each.pk))
            for each in view.conferences
        ],
        "index": queries.index_attachment(audit),
        "refused": refused,
    }
    return render(request, "desk/audits/page.html", context, status=status)


Offer = Callable[..., list[FormOn]]


def _item(
    each: ItemView,
    offer: Offer,
    user: User,
    may_open: Callable[[Evidence], bool],
    attachments: dict[int, int],
) -> dict[str, Any]:
    answered = each.is_answered
    acts = [] if each.item.set_aside_reason else offer(Act.PREPARE, each.item.number)
    if not answered:
        acts += offer(Act.SET_ASIDE, each.item.number)
    if not each.item.waived_at and not each.item.set_aside_reason:
        acts += offer(Act.WAIVE, each.item.number)
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


@posted_from("admin:audit", "number")
@needs(Capability.SEE_TICKETS)
def act(request: HttpRequest, number: str, name: str, target: int) -> HttpResponse:
    """Run one act and redirect to the page. A refusal renders the typed fields again: the form of
    the act alone for htmx, else the whole page.
    """
    audit = queries.get_audit(person(request), number)
    if name not in FORMS:
        raise NotFound(_("There is no such step."))
    form = form_of(name, target, request.POST, request.FILES)
    status = 400
    if form.is_valid():
        try:
            _carry_out(request, audit, name, target, form.cleaned_data)
        except DomainError as error:
            put_on_form(form, error)
            status = page_status(error)
        except ValidationError as error:  # a local time that does not exist
            form.add_error("starts_at", error)
        else:
            messages.success(request, _("Done."))
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


def _carry_out(
    request: HttpRequest, audit: AuditRequest, name: str, target: int, data: dict[str, Any]
) -> None:
    by = actor(request, Channel.DESK)
    at = timezone.now()
    same: dict[str, Any] = {"audit": audit, "by": by, "at": at}
    if name == Act.PREPARE:
        services.prepare_evidence(wanted=_wanted(request, target, data), **same)
        return
    calls: dict[str, Callable[[], Any]] = {
        Act.EVALUATE: lambda: services.evaluate_environment(
            approves=data["approves"] == "yes", reason=data["reason"], **same
        ),
        Act.APPROVE: lambda: services.approve_evidence(evidence_id=target, **same),
        Act.REFUSE: lambda: services.refuse_evidence(
            evidence_id=target, reason=data["reason"], **same
        ),
        Act.DELIVER: lambda: services.deliver_evidence(evidence_id=target, **same),
        Act.SET_ASIDE: lambda: services.set_aside(number=target, reason=data["reason"], **same),
        Act.WAIVE: lambda: services.waive(
            number=target, reason=data["reason"], agreed_by=data["agreed_by"], **same
        ),
        Act.SEND_DELAY_NOTICE: lambda: services.send_delay_notice(
            reason=data["reason"], new_date=data["new_date"], **same
        ),
        Act.SCHEDULE: lambda: services.schedule_conference(
            starts_at=local_instant(data["starts_at"], audit.organization.time_zone),
            minutes=data["minutes"],
            place=data["place"],
            attendees=data["attendees"].splitlines(),
            **same,
        ),
        Act.CANCEL_CONFERENCE: lambda: services.cancel_conference(conference_id=target, **same),
        Act.ANSWER_VISIT: lambda: services.answer_visit(
            visit_id=target, authorizes=data["authorizes"] == "yes", answer=data["answer"], **same
        ),
        Act.COMPLETE: lambda: services.complete_audit(**same),
        Act.STOP: lambda: services.stop_audit(reason=data["reason"], **same),
        Act.RESUME: lambda: services.resume_audit(reason=data["reason"], **same),
        Act.RELEASE: lambda: services.release_handlers(reason=data["reason"], **same),
    }
    calls[name]()


def _wanted(request: HttpRequest, number: int, data: dict[str, Any]) -> NewEvidence:
    return NewEvidence(
        number=number,
        classification=EvidenceClass(data["classification"]),
        file=next(iter(checked_files(request, "file")), None),
        redacted=next(iter(checked_files(request, "redacted")), None),
        summary=data["summary"],
        as_editable=data["as_editable"],
    )


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
