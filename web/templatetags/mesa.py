"""The template tags that the doors share. A builtin library: no template needs to load it."""

from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from django import template
from django.http import QueryDict
from django.utils import formats
from django.utils.dateparse import parse_datetime
from django.utils.dates import WEEKDAYS, WEEKDAYS_ABBR
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from lucide import IconDoesNotExist
from lucide.templatetags.lucide import lucide

from escalation.rules import Condition, Outcome
from foundation.accounts.zones import instant_words, zone, zone_words
from foundation.calendars.ledger import SegmentKind
from foundation.core.classification import Kind, Priority, SupportType
from foundation.core.wording import day_words, is_spanish
from reports.metrics import DEFINITIONS
from sla.clocks.explanation import Line, explain_clock
from sla.clocks.models import Clock, SegmentCause
from sla.clocks.queries import LoadedClock
from sla.metrics import Metric
from sla.policies.rules import TargetRule
from sla.targets import Target
from tickets.models import Ticket
from tickets.queries import Held, TimelineEntry
from tickets.states import TRANSITIONS, ClosureCode, Holder, State
from web.durations import exact_duration, promise_words, short_duration
from web.faces import ClockFace, clock_face
from web.picture import picture
from web.promises import holder_words, rule_words, turn_words
from web.timeline import author_words, sentence

register = template.Library()

_STRETCHES = {
    SegmentKind.OPEN: pgettext_lazy("ledger", "Open"),
    SegmentKind.OUTSIDE_HOURS: gettext_lazy("Outside hours"),
    SegmentKind.HOLIDAY: gettext_lazy("Holiday"),
    SegmentKind.PAUSED: gettext_lazy("Paused"),
    SegmentKind.START_DAY: gettext_lazy("First day: it does not count"),
}


@register.simple_tag
def icon(name: str, size: int = 18) -> SafeString:
    """An inline icon, hidden from screen readers: the text beside it speaks."""
    return _icon(str(name), size)


@lru_cache(maxsize=256)
def _icon(name: str, size: int) -> SafeString:
    try:
        return _draw(name, size)
    except IconDoesNotExist:
        return _draw("circle", size)  # a name that an administrator mistyped breaks no page


def _draw(name: str, size: int) -> SafeString:
    drawing = lucide(name, size=size, aria_hidden="true", focusable="false", **{"class": "icon"})
    return mark_safe(drawing)  # noqa: S308 - made by the icon library from a fixed name


@register.filter
def instant(value: datetime | str | None, time_zone: str) -> str:
    """Show an instant in a named zone: ``22 nov 2026, 14:05``. ISO text is accepted, empty shows
    nothing.
    """
    moment = parse_datetime(value) if isinstance(value, str) and value else value
    if not isinstance(moment, datetime):
        return ""
    return instant_words(moment, time_zone)


@register.filter
def day(value: date | None) -> str:
    """Show a date: ``22 nov 2026``; nothing for none."""
    return day_words(value) if value is not None else ""


@register.filter
def exact_instant(value: datetime | None, time_zone: str) -> str:
    """Show an instant to the second, for ledgers."""
    if value is None:
        return ""
    return f"{instant(value, time_zone)}:{value.astimezone(zone(time_zone)):%S}"


@register.filter
def zone_name(time_zone: str) -> str:
    """Show a zone as people say it: ``America/Mexico_City`` is ``Ciudad de México``."""
    return zone_words(time_zone)


@register.filter
def ago(value: datetime | None, at: datetime) -> str:
    return short_duration(at - value) if value is not None else ""


@register.filter
def short(value: timedelta) -> str:
    return short_duration(value)


@register.filter
def promised(target: Target) -> str:
    return promise_words(target)


@register.filter
def exact(value: timedelta) -> str:
    return exact_duration(value)


@register.filter
def state_label(code: str) -> str:
    return str(State(code).label) if code in State.values else code


@register.filter
def kind_label(code: str) -> str:
    return str(Kind(code).label) if code in Kind.values else code


@register.filter
def support_type_label(code: str) -> str:
    return str(SupportType(code).label) if code in SupportType.values else code


@register.filter
def metric_label(code: str) -> str:
    return str(Metric(code).label) if code in Metric.values else code


@register.filter
def rule_outcome(code: str) -> str:
    """Say what a rule made of a fact."""
    return str(Outcome(code).label) if code in Outcome.values else code


@register.filter
def rule_condition(code: str) -> str:
    """Say which condition of a rule was not met."""
    return str(Condition(code).label) if code in Condition.values else code


@register.filter
def weekday_name(day: int) -> str:
    """Name a day of the week, Monday is 0."""
    return str(WEEKDAYS[day])


@register.filter
def month_of(value: date) -> str:
    """Name a month with its year: ``noviembre de 2026``."""
    return (
        formats.date_format(value, "F \\d\\e Y").lower()
        if is_spanish()
        else formats.date_format(value, "F Y")
    )


@register.filter
def weekday_of(value: date) -> str:
    """Name the weekday of a date in short."""
    return (
        str(WEEKDAYS_ABBR[value.weekday()]).lower()
        if is_spanish()
        else str(WEEKDAYS_ABBR[value.weekday()])
    )


@register.filter
def priority_label(value: int | str | None) -> str:
    """Name a priority given as number or as code; None is every priority together."""
    if value is None:
        return _("All")
    return str((Priority[value.upper()] if isinstance(value, str) else Priority(value)).label)


@register.filter
def priority_code(value: int | str) -> str:
    return value if isinstance(value, str) else Priority(value).code


@register.filter
def closure_label(code: str) -> str:
    return str(ClosureCode(code).label) if code in ClosureCode.values else code


@register.filter
def transition_label(name: str) -> str:
    return str(TRANSITIONS[name].label) if name in TRANSITIONS else name


@register.filter
def verdict_label(code: str) -> str:
    return str(
        next((definition.label for definition in DEFINITIONS if definition.name == code), code)
    )


@register.filter
def get(mapping: dict[str, Any], key: str) -> Any:
    return mapping.get(key)


@register.filter
def history(entry: TimelineEntry, time_zone: str) -> str:
    """Say in words what one line of the record tells."""
    return sentence(entry, time_zone)


@register.filter
def author(entry: TimelineEntry) -> str:
    """Say who did what one line of the record tells, and by which way."""
    return author_words(entry)


@register.inclusion_tag("web/state.html")
def state_badge(code: str) -> dict[str, str]:
    return {"code": code, "label": state_label(code)}


@register.inclusion_tag("web/priority.html")
def priority_badge(value: int | str) -> dict[str, str]:
    return {"code": priority_code(value), "label": priority_label(value)}


@register.inclusion_tag("web/clock.html")
def clock_badge(
    clock: Clock | None, ticket: Ticket, at: datetime, time_zone: str
) -> dict[str, Any]:
    face: ClockFace | None = clock_face(clock, ticket, at) if clock is not None else None
    return {"clock": clock, "face": face, "time_zone": time_zone}


@register.inclusion_tag("web/ledger.html")
def ledger(item: LoadedClock, ticket: Ticket, at: datetime, time_zone: str) -> dict[str, Any]:
    """The account of a clock in words, as a picture and as a table."""
    account = explain_clock(item, ticket=ticket, at=at)
    return {"account": account, "drawing": picture(account, at), "zone": time_zone}


@register.filter
def stretch_label(kind: str) -> str:
    return str(_STRETCHES[SegmentKind(kind)])


@register.filter
def line_label(line: Line) -> str:
    """Say what a stretch was, with the holiday's name or whom the pause waited for."""
    label = str(_STRETCHES[line.kind])
    if not line.reason:
        return label
    reason = state_label(line.reason) if line.kind is SegmentKind.PAUSED else line.reason
    return f"{label}: {reason}"


@register.filter
def cause_label(code: str) -> str:
    return str(SegmentCause(code).label)


@register.filter
def rule_sentence(rule: TargetRule) -> str:
    """Say what a rule promised, or that it says nothing here."""
    return rule_words(rule)


@register.filter
def holder_label(code: str, for_staff: bool = False) -> str:
    """Name a side as the reader sees it: the customer reads "you", the desk "us"."""
    return str(holder_words(Holder(code), for_staff=bool(for_staff)))


@register.filter
def held_words(held: list[Held], for_staff: bool = False) -> str:
    """Say how long each side held the ball, once more than one has: ``Us 3 h 10 min · The customer
    26 h``.
    """
    if len(held) < 2:  # noqa: PLR2004 - what lies with one side alone, the state says
        return ""
    return " · ".join(
        f"{holder_words(each.holder, for_staff=bool(for_staff))} {short_duration(each.time)}"
        for each in held
    )


@register.filter
def turns_words(turns: dict[str, int] | None) -> str:
    """Say how long each side could move tickets (seconds by ``Holder``), in words for everybody:
    ``The desk 3 h 10 min · A supplier 4 h``.
    """
    told = [
        (Holder(code), timedelta(seconds=seconds))
        for code, seconds in (turns or {}).items()
        if seconds
    ]
    return " · ".join(
        f"{holder_words(holder, for_staff=holder is not Holder.DESK)} {short_duration(time)}"
        for holder, time in told
    )


@register.filter
def turn_label(code: str, for_staff: bool = False) -> str:
    return str(turn_words(Holder(code), for_staff=bool(for_staff)))


@register.simple_tag(takes_context=True)
def query(context: dict[str, Any], **changes: Any) -> str:
    """Return the page's query string with some words changed; an empty value drops the word."""
    request = context.get("request")
    words: QueryDict = request.GET.copy() if request is not None else QueryDict(mutable=True)
    for name, value in changes.items():
        words.pop(name, None)
        if value not in (None, ""):
            words[name] = str(value)
    return f"?{words.urlencode()}"


@register.simple_tag
def bar(percent: float | None, width: int = 160) -> SafeString:
    """A compliance bar as SVG, the same in page and PDF; without a figure the bar is empty."""
    filled = 0 if percent is None else round(width * percent / 100)
    return format_html(
        '<svg class="bar" width="{0}" height="10" viewBox="0 0 {0} 10" '
        'preserveAspectRatio="none" role="img" aria-hidden="true">'
        '<rect class="bar-track" fill="#e6ebe8" width="{0}" height="10" rx="3"></rect>'
        '<rect class="bar-fill" fill="#0e6655" '
        'width="{1}" height="10" rx="3"></rect></svg>',
        width,
        filled,
    )
