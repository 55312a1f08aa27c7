"""Planned audits: those that customers are expected to ask for, and the contracts without one."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from audits import queries, services
from audits.models import PlannedAudit
from audits.models.fields import LONGEST_LINE
from audits.models.planning import LONGEST_NOTES
from audits.services import AuditPlan, StalePlan
from catalog.models import Contract
from desk.audits.forms import ReasonForm
from desk.frame import frame
from foundation.accounts.roles import Capability
from foundation.core.classification import Channel
from foundation.core.errors import DomainError
from foundation.core.zones import in_zone
from web.access import needs
from web.errors import page_status, put_on_form
from web.forms import TextField, take_version
from web.once import acts_once
from web.requests import actor, person, posted_from
from web.tabs import Tab

PAGE_SIZE = 50
_TABS = {
    "coming": gettext_lazy("Expected"),
    "contracts": gettext_lazy("By contract"),
    "closed": gettext_lazy("Asked for or called off"),
}


class PlanForm(forms.Form):
    """``version`` is that of the plan that is changed."""

    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    contract: "forms.ModelChoiceField[Contract]" = forms.ModelChoiceField(
        label=gettext_lazy("Contract"), queryset=None
    )
    expected_on = forms.DateField(
        label=gettext_lazy("Day on which the request is expected"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("The audit area is reminded two weeks before."),
    )
    auditor_company = forms.CharField(
        label=gettext_lazy("Auditing company"), required=False, max_length=LONGEST_LINE
    )
    notes = TextField(
        label=gettext_lazy("Notes"),
        required=False,
        max_length=LONGEST_NOTES,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("For the desk; the customer does not read them."),
    )

    def __init__(self, *args: Any, contracts: list[Contract], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        contract = fields["contract"]
        contract.queryset = (
            Contract.objects.filter(pk__in=[each.pk for each in contracts])
            .select_related("organization")
            .order_by("organization__name", "reference", "pk")
        )
        contract.label_from_instance = lambda each: f"{each.organization} · {each.reference}"

    def plan(self) -> AuditPlan:
        data = self.cleaned_data
        return AuditPlan(
            contract=data["contract"],
            expected_on=data["expected_on"],
            auditor_company=data["auditor_company"],
            notes=data["notes"],
        )


@require_safe
@needs(Capability.SEE_TICKETS)
def planned_audits(request: HttpRequest) -> HttpResponse:
    """List what is planned; ``?show`` is one of ``_TABS``."""
    services.require_planner(person(request))
    reader = person(request)
    now = timezone.now()
    show = request.GET.get("show", "")
    show = show if show in _TABS else "coming"
    rows: Any
    if show == "contracts":
        rows = queries.current_contracts(now)
    elif show == "closed":
        rows = queries.plans_for(reader).exclude(pk__in=queries.coming_plans().values("pk"))
    else:
        rows = queries.plans_for(reader).filter(pk__in=queries.coming_plans().values("pk"))
        rows = rows.order_by("expected_on", "pk")
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    own = reverse("admin:planned_audits")
    context = {
        "show": show,
        "tabs": [Tab(words, f"{own}?show={name}", name == show) for name, words in _TABS.items()],
        "page": page,
        "query": f"show={show}",
        "years": queries.contract_years(list(page), now) if show == "contracts" else [],
        "plans": [
            (each, each.expected_on < in_zone(now, each.organization.time_zone).date())
            for each in (page if show != "contracts" else ())
        ],
    }
    return render(request, "desk/audits/plan.html", frame(request) | context)


@require_http_methods(["GET", "HEAD", "POST"])
@acts_once
@needs(Capability.SEE_TICKETS)
def new_plan(request: HttpRequest) -> HttpResponse:
    """Plan an audit; ``?contract`` is the id of the contract that is offered first."""
    services.require_planner(person(request))
    form = PlanForm(
        request.POST or None,
        initial={"contract": request.GET.get("contract")},
        contracts=queries.plannable_contracts(timezone.now()),
    )
    status = 400 if form.errors else 200
    if form.is_valid():
        try:
            services.plan_audit(plan=form.plan(), **_by(request))
        except DomainError as error:
            put_on_form(form, error)
            status = page_status(error)
        else:
            messages.success(request, _("The audit is planned."))
            return redirect("admin:planned_audits")
    context = frame(request) | {"form": form}
    return render(request, "desk/audits/plan_form.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@acts_once
@needs(Capability.SEE_TICKETS)
def planned_audit(request: HttpRequest, plan_id: int) -> HttpResponse:
    """Show a planned audit, and change it while it is coming."""
    found = queries.get_plan(person(request), plan_id)
    if not found.is_coming and request.method != "POST":
        return render(request, "desk/audits/plan_closed.html", frame(request) | {"plan": found})
    form = _form_of(found, request.POST or None)
    if form.is_valid():
        try:
            services.change_plan(
                planned=found,
                plan=form.plan(),
                expected_version=form.cleaned_data["version"],
                **_by(request),
            )
        except StalePlan as error:
            found = queries.get_plan(person(request), plan_id)
            put_on_form(form, error)
            take_version(form, found.version)
            return _plan_page(request, found, form=form, saved=found, status=page_status(error))
        except DomainError as error:
            put_on_form(form, error)
            return _plan_page(request, found, form=form, status=page_status(error))
        messages.success(request, _("The plan was changed."))
        return redirect("admin:planned_audits")
    return _plan_page(request, found, form=form, status=400 if form.errors else 200)


@posted_from("admin:planned_audit", "plan_id")
@needs(Capability.SEE_TICKETS)
def end_plan(request: HttpRequest, plan_id: int) -> HttpResponse:
    """Call off a planned audit, with the reason."""
    found = queries.get_plan(person(request), plan_id)
    form = ReasonForm(request.POST)
    status = 400
    if form.is_valid():
        try:
            services.end_plan(planned=found, reason=form.cleaned_data["reason"], **_by(request))
        except DomainError as error:
            put_on_form(form, error)
            status = page_status(error)
        else:
            messages.success(request, _("The planned audit was called off."))
            return redirect("admin:planned_audits")
    return _plan_page(request, found, end_form=form, status=status)


def _form_of(planned: PlannedAudit, data: Any) -> PlanForm:
    return PlanForm(
        data,
        initial={
            "version": planned.version,
            "contract": planned.contract_id,
            "expected_on": planned.expected_on,
            "auditor_company": planned.auditor_company,
            "notes": planned.notes,
        },
        contracts=list(Contract.objects.filter(organization_id=planned.organization_id)),
    )


def _plan_page(
    request: HttpRequest,
    planned: PlannedAudit,
    *,
    form: PlanForm | None = None,
    end_form: ReasonForm | None = None,
    saved: PlannedAudit | None = None,
    status: int,
) -> HttpResponse:
    context = {
        "plan": planned,
        "register_address": f"{reverse('admin:register_audit')}?plan={planned.pk}",
        "form": form or _form_of(planned, None),
        "end_form": end_form or ReasonForm(auto_id="end_%s"),
        "ends": end_form is not None,
        "saved": saved,
    }
    return render(request, "desk/audits/plan_form.html", frame(request) | context, status=status)


def _by(request: HttpRequest) -> dict[str, Any]:
    return {"by": actor(request, Channel.DESK), "at": timezone.now()}
