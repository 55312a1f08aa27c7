"""Components shared by portal and desk. The gallery of the desk shows each of them."""

from datetime import datetime
from typing import Any

from django import template
from django.forms.utils import flatatt
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString

from foundation.core.templatetags.words import instant, zone_name

register = template.Library()


@register.simple_block_tag
def badge(content: str, tone: str = "", icon: str = "") -> SafeString:
    """A short word on one line. ``tone``: ``good``, ``warning``, ``danger`` or neutral."""
    return render_to_string(
        "components/badge.html", {"content": content, "tone": tone, "icon": icon}
    )


@register.simple_block_tag
def empty_state(content: str, icon: str = "inbox", card: bool = True) -> SafeString:
    """Render the message of an empty list; the content of the block is the message and its
    links.
    """
    return render_to_string(
        "components/empty.html", {"content": content, "icon": icon, "card": card}
    )


@register.simple_block_tag
def card(content: str, title: str = "", anchor: str = "", classes: str = "") -> SafeString:
    """Render a section with a border. ``title`` is its heading, ``anchor`` its id, ``classes`` are
    further CSS classes.
    """
    context = {"content": content, "title": title, "anchor": anchor, "classes": classes}
    return render_to_string("components/card.html", context)


@register.simple_block_tag
def button(
    content: str,
    tone: str = "",
    *,
    href: str | None = None,
    icon: str = "",
    small: bool = False,
    **attributes: Any,
) -> SafeString:
    """Render a button, or a link that looks like one when ``href`` is given. ``tone``: ``primary``,
    ``danger``, ``quiet`` or neutral. Other arguments become HTML attributes, with ``-`` for ``_``.
    """
    return render_to_string(
        "components/button.html",
        {
            "content": content,
            "tone": tone,
            "href": href,
            "icon": icon,
            "small": small,
            "attributes": _html_attributes(attributes),
        },
    )


@register.simple_block_tag
def disclosure(
    content: str,
    label: str,
    *,
    tone: str = "",
    icon: str = "",
    is_open: bool = False,
    **attributes: Any,
) -> SafeString:
    """Render a button that shows the content of the block under it, closed unless ``is_open``.
    Other arguments become HTML attributes of the whole, with ``-`` for ``_``.
    """
    return render_to_string(
        "components/disclosure.html",
        {
            "content": content,
            "label": label,
            "tone": tone,
            "icon": icon,
            "is_open": is_open,
            "attributes": _html_attributes(attributes),
        },
    )


@register.simple_block_tag
def tool_menu(
    content: str,
    label: str,
    icon: str,
    *,
    tone: str = "quiet",
    is_icon: bool = False,
    is_open: bool = False,
    classes: str = "",
    **attributes: Any,
) -> SafeString:
    """Render a button that opens the content of the block as a menu: a small one of a toolbar, or
    an icon alone. ``classes`` and other arguments, with ``-`` for ``_``, are those of the whole.
    """
    context = {"content": content, "label": label, "icon": icon, "tone": tone, "is_icon": is_icon}
    whole = {"is_open": is_open, "classes": classes, "attributes": _html_attributes(attributes)}
    return render_to_string("components/tool_menu.html", context | whole)


@register.filter
def equals(value: object, other: object) -> bool:
    """Compare inside the arguments of a tag, where ``{% if %}`` is not possible."""
    return value == other


def _html_attributes(attributes: dict[str, Any]) -> SafeString:
    return flatatt({name.replace("_", "-"): value for name, value in attributes.items()})


@register.simple_tag
def moment(value: datetime | None, time_zone: str) -> SafeString:
    """Render an instant in a named zone as ``<time>``, with the zone's name in its title; empty for
    None.
    """
    if value is None:
        return SafeString()
    text = instant(value, time_zone)
    return format_html(
        '<time datetime="{}" title="{} ({})">{}</time>',
        value.isoformat(),
        text,
        zone_name(time_zone),
        text,
    )
