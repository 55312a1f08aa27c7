"""Coverage: the recipients of a customer's tickets in each hour of the coming week, and the
gaps.
"""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from catalog.models import Contract
from catalog.queries import get_contract_by_reference
from desk.frame import frame
from escalation.coverage import CoverageForecast, forecasts_of
from escalation.gaps import (
    DAY_HOURS,
    HOURS,
    GapRange,
    Recipients,
    gap_ranges,
    kept_gaps,
)
from escalation.models import Coverage
from escalation.queries import coverage_rows, drills_of
from escalation.services import start_drill
from foundation.accounts.models import Organization, User
from foundation.accounts.queries import get_organization_by_slug
from foundation.accounts.roles import Capability
from foundation.core.classification import Channel, Priority
from web.access import needs
from web.requests import actor, person, posted_from
from web.tabs import Tab

DRILLS = 5


@dataclass(frozen=True)
class Square:
    """An hour of the forecast: ``tone`` is covered, gap or idle."""

    hour: int
    tone: str

    @property
    def day(self) -> int:
        return self.hour // DAY_HOURS

    @property
    def clock(self) -> str:
        return f"{self.hour % DAY_HOURS:02d}:00"


@dataclass(frozen=True)
class PercentRow:
    """The recipients at one percentage of a clock in the chosen hour."""

    percent: int
    recipients: list[Recipients]
    is_gap: bool


@require_safe
@needs(Capability.SEE_REPORTS)
def coverage(request: HttpRequest) -> HttpResponse:
    """List the customers with their gaps. ``?customer=`` adds its forecast of the week and the
    recipients in one hour (``?hour=``, by default the present one).
    """
    user = person(request)
    now = timezone.now()
    rows = [(row, gap_ranges(kept_gaps(row))) for row in coverage_rows()]
    context = frame(request) | {"rows": [_row(row, ranges) for row, ranges in rows], "now": now}
    if slug := request.GET.get("customer"):
        context |= _week(request, get_organization_by_slug(slug), user, now)
    return render(request, "desk/coverage/page.html", context)


def _row(row: Coverage, ranges: list[GapRange]) -> dict[str, object]:
    return {
        "row": row,
        "hours": sum(each.last - each.first + 1 for each in ranges),
        "zone": row.organization.time_zone,
        "link": _link(row.organization, row.contract),
    }


def _link(organization: Organization, contract: Contract | None) -> str:
    """Return the query string that opens a customer's week."""
    named = {"contract": contract.reference} if contract is not None else {}
    return urlencode({"customer": organization.slug, **named})


def _week(
    request: HttpRequest, organization: Organization, user: User, now: datetime
) -> dict[str, object]:
    forecasts = forecasts_of(organization, now)
    wanted = request.GET.get("contract", "")
    forecast = next(
        (
            each
            for each in forecasts
            if each.contract is not None and each.contract.reference == wanted
        ),
        forecasts[0],
    )
    priority = next(
        (each for each in Priority if each.code == request.GET.get("priority")), Priority.CRITICAL
    )
    asked = request.GET.get("hour", "")
    hour = int(asked) if asked.isdecimal() and int(asked) < HOURS else forecast.hour_of(now)
    chosen_week = _link(organization, forecast.contract)
    return {
        "forecast": forecast,
        "chosen_week": chosen_week,
        "forecasts": forecasts,
        "priority": priority,
        "tabs": [
            Tab(
                each.label,
                f"?{chosen_week}&priority={each.code}&hour={hour}#week",
                is_current=each == priority,
            )
            for each in Priority
        ],
        "hour": hour,
        "hours": range(DAY_HOURS),
        "squares": _squares(forecast, priority),
        "ranges": gap_ranges(forecast.gaps),
        "percent_rows": _percent_rows(forecast, priority, hour),
        "hour_at": forecast.instant_of(hour),
        "next_recipients": forecast.next_recipients(forecast.instant_of(hour)),
        "is_needed": (hour, priority) in forecast.needed,
        "chosen": divmod(hour, DAY_HOURS),
        "can_drill": user.can(Capability.SUPERVISE) or user.can(Capability.CONFIGURE),
        "drills": drills_of(organization.pk, DRILLS),
    }


def _squares(forecast: CoverageForecast, priority: Priority) -> list[Square]:
    lacking = {gap.hour for gap in forecast.gaps if gap.priority == priority}
    squares = []
    for hour in range(HOURS):
        tone = (
            "gap"
            if hour in lacking
            else "covered"
            if (hour, priority) in forecast.needed
            else "idle"
        )
        squares.append(Square(hour, tone))
    return squares


def _percent_rows(forecast: CoverageForecast, priority: Priority, hour: int) -> list[PercentRow]:
    at = forecast.instant_of(hour)
    lacking = {gap.percent for gap in forecast.gaps if (gap.hour, gap.priority) == (hour, priority)}
    return [
        PercentRow(percent, forecast.recipients(priority, percent, at), percent in lacking)
        for percent in forecast.percents
    ]


@posted_from("admin:coverage")
@needs(Capability.SEE_REPORTS)
def drill(request: HttpRequest) -> HttpResponse:
    """Send everybody who would answer now for ``?customer=&contract=`` a notice marked
    as a test.
    """
    organization = get_organization_by_slug(request.GET.get("customer", ""))
    reference = request.GET.get("contract", "")
    contract = get_contract_by_reference(organization, reference) if reference else None
    made = start_drill(
        organization=organization,
        contract=contract,
        by=actor(request, Channel.DESK),
        at=timezone.now(),
    )
    messages.success(
        request,
        _("The test was sent to %(count)d people.")
        % {"count": len({each["email"] for each in made.notified})},
    )
    return redirect(
        f"{reverse('admin:coverage')}?customer={organization.slug}&contract={reference}#drills"
    )
