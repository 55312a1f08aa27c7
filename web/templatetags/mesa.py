"""Template tags and filters of the screens: icons, badges, ledgers, turns."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from django import template
from django.http import QueryDict
from django.template import Context
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy, pgettext_lazy
from lucide import IconDoesNotExist
from lucide.templatetags.lucide import lucide

from escalation.rules import Condition, Outcome
from foundation.calendars.ledger import SegmentKind
from foundation.core.durations import short_duration
from foundation.core.templatetags.words import instant, priority_code, priority_label, zone_name
from foundation.core.wording import kept_by_language
from foundation.core.zones import near_words
from foundation.search.excerpts import Piece
from sla.clocks.explanation import Line, explain_clock
from sla.clocks.models import Clock, SegmentCause
from sla.clocks.queries import LoadedClock
from sla.policies.rules import TargetRule
from sla.templatetags.sla import metric_label
from tickets.models import Ticket
from tickets.queries import Held, TimelineEntry
from tickets.states import Holder
from tickets.stays import MARKED
from tickets.templatetags.tickets import state_label
from web.faces import ClockFace, clock_face
from web.once import once_input
from web.picture import picture
from web.promises import holder_words, rule_words, short_holder_words, turn_words
from web.requests import with_query
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
    """Render an inline SVG icon, hidden from screen readers: there is always text beside it."""
    return _icon(str(name), size)


@lru_cache(maxsize=256)
def _icon(name: str, size: int) -> SafeString:
    try:
        return _draw(name, size)
    except IconDoesNotExist:
        return _draw("circle", size)  # an administrator may have mistyped a category's icon


def _draw(name: str, size: int) -> SafeString:
    drawing = lucide(name, size=size, aria_hidden="true", focusable="false", **{"class": "icon"})
    return mark_safe(drawing)  # noqa: S308 - made by the icon library from a fixed name


@register.filter
def rule_outcome(code: str) -> str:
    """Return the translated outcome of a rule; an unknown code unchanged."""
    return str(Outcome(code).label) if code in Outcome.values else code


@register.filter
def rule_condition(code: str) -> str:
    """Return the translated condition that was not met; an unknown code unchanged."""
    return str(Condition(code).label) if code in Condition.values else code


@register.filter
def history(entry: TimelineEntry, time_zone: str) -> str:
    """Return the sentence of a fact, with its instants in the named zone."""
    return sentence(entry, time_zone)


@register.filter
def author(entry: TimelineEntry) -> str:
    """Return the actor of a fact, with the channel."""
    return author_words(entry)


@register.inclusion_tag("components/state.html")
def state_badge(code: str) -> dict[str, str]:
    return {"code": code, "label": state_label(code)}


@register.inclusion_tag("components/priority.html")
def priority_badge(value: int | str) -> dict[str, str]:
    return {"code": priority_code(value), "label": priority_label(value)}


@register.simple_tag
@kept_by_language
def priority_dot(value: int | str) -> SafeString:
    """Render a priority as a dot, with its name for screen readers."""
    label = priority_label(value)
    return format_html(
        '<span class="priority-dot priority-dot-{}" title="{}">'
        '<span class="sr-only">{}</span></span>',
        priority_code(value),
        label,
        label,
    )


@register.simple_tag
@kept_by_language
def state_dot(code: str) -> SafeString:
    """Render a state as a coloured dot and its name."""
    return format_html(
        '<span class="badge state state-{}"><span class="dot"></span>{}</span>',
        code,
        state_label(code),
    )


@register.simple_tag
def marked_pieces(pieces: Sequence[Piece]) -> SafeString:
    """Render a found text, with what was found marked."""
    return format_html_join(
        "",
        "{}",
        (
            (format_html("<mark>{}</mark>", each.text) if each.is_found else each.text,)
            for each in pieces
        ),
    )


@register.filter
def turn_icon(code: str) -> str:
    """Return the icon of the holder whose turn it is."""
    return {Holder.CUSTOMER: "user-round", Holder.SUPPLIER: "truck"}.get(Holder(code), "headset")


@register.inclusion_tag("components/clock.html", takes_context=True)
def clock_badge(
    context: Context, clock: Clock | None, ticket: Ticket, at: datetime, time_zone: str
) -> dict[str, Any]:
    """Render how a clock stands, in the words of the desk or, to a customer, of the portal."""
    for_desk = getattr(context.get("user"), "is_staff", False)
    face: ClockFace | None = (
        clock_face(clock, ticket, at, for_desk=for_desk) if clock is not None else None
    )
    return {"clock": clock, "face": face, "time_zone": time_zone}


@register.simple_tag
def clock_cell(clock: Clock, ticket: Ticket, at: datetime, *, initial: bool = True) -> SafeString:
    """Render a clock in a narrow column of the desk: icon, ``initial`` of its name, time left; an
    ended one in words. Where the time counts down, the page's script keeps it true. Without a
    template, which fifty rows would feel.
    """
    face = clock_face(clock, ticket, at, for_desk=True)
    metric = metric_label(clock.metric)
    words = f"{metric}: {face.text}"
    zone = ticket.organization.time_zone
    title = words
    due = ""
    if clock.due_at is not None:
        title += f" · {instant(clock.due_at, zone)} ({zone_name(zone)})"
        if clock.is_live and face.icon != "moon":  # outside hours it says when the desk opens
            due = clock.due_at.isoformat()
    shape = '<span class="clock clock-{tone}" title="{title}">{icon}'
    if initial:
        shape += '<span class="clock-initial" aria-hidden="true">{letter}</span>'
    if face.short:
        counted = ' data-due="{due}"' if due else ""
        shape += f'<span aria-hidden="true"{counted}>{{short}}</span>'
        shape += '<span class="sr-only">{read}</span></span>'
    else:
        shape += "<span>{read}</span></span>"
    return format_html(
        shape,
        tone=face.tone,
        title=title,
        icon=icon(face.icon, 14),
        letter=metric[:1],
        due=due,
        short=face.short,
        read=words if initial else face.text,
    )


@register.simple_tag
def near_moment(value: datetime, time_zone: str, at: datetime) -> SafeString:
    """Render an instant as ``<time>`` in a few letters: the hour alone on the day of ``at``. The
    title has it whole.
    """
    return format_html(
        '<time datetime="{}" title="{} ({})">{}</time>',
        value.isoformat(),
        instant(value, time_zone),
        zone_name(time_zone),
        near_words(value, time_zone, at),
    )


@register.inclusion_tag("components/ledger.html")
def ledger(item: LoadedClock, ticket: Ticket, at: datetime, time_zone: str) -> dict[str, Any]:
    """Render the ledger of a clock: sentences, drawing and table."""
    account = explain_clock(item, ticket=ticket, at=at)
    return {"account": account, "drawing": picture(account, at), "zone": time_zone}


@register.simple_tag
def once() -> SafeString:
    """Render the token of one opened form: sent twice, it acts once."""
    return once_input()


@register.filter
def stretch_label(kind: str) -> str:
    return str(_STRETCHES[SegmentKind(kind)])


_MARKED_STAY = gettext_lazy("marked stay")


@register.filter
def line_label(line: Line) -> str:
    """Return the label of a ledger line, with the holiday's name or the state that paused the
    clock.
    """
    label = str(_STRETCHES[line.kind])
    if not line.reason:
        return label
    reason = line.reason
    if line.kind is SegmentKind.PAUSED:
        reason = str(_MARKED_STAY) if reason == MARKED else state_label(reason)
    return f"{label}: {reason}"


@register.filter
def cause_label(code: str) -> str:
    return str(SegmentCause(code).label)


@register.filter
def rule_sentence(rule: TargetRule) -> str:
    """Return the sentence of a rule: the target it sets, or that it sets none."""
    return rule_words(rule)


@register.filter
def holder_label(code: str, for_staff: bool = False) -> str:
    """Return the name of a holder as the reader sees it: ``You`` for the customer, ``Us`` for the
    desk.
    """
    return str(holder_words(Holder(code), for_staff=bool(for_staff)))


@register.filter
def holder_short(code: str) -> str:
    """Return the name of a holder for a narrow column of the desk."""
    return str(short_holder_words(Holder(code)))


@register.filter
def held_words(held: list[Held], for_staff: bool = False) -> str:
    """Return how long each holder had the turn, such as ``Us 3 h 10 min · The customer 26 h``;
    empty for fewer than two holders.
    """
    if len(held) < 2:  # noqa: PLR2004 - with one holder, the state says it already
        return ""
    return " · ".join(
        f"{holder_words(each.holder, for_staff=bool(for_staff))} {short_duration(each.time)}"
        for each in held
    )


@register.filter
def turn_label(code: str, for_staff: bool = False) -> str:
    return str(turn_words(Holder(code), for_staff=bool(for_staff)))


@register.simple_tag(takes_context=True)
def query(context: dict[str, Any], **changes: Any) -> str:
    """Return the page's query string with some parameters replaced; None or an empty value removes
    one.
    """
    request = context.get("request")
    return with_query(request.GET if request is not None else QueryDict(), **changes)
