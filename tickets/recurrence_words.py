"""A recurrence rule as a sentence."""

from collections.abc import Iterator

from django.utils.dates import MONTHS, WEEKDAYS
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from foundation.core.wording import day_words
from tickets.recurrence import WORKING_DAYS, Frequency, Rule


def rule_words(rule: Rule) -> str:
    """Return the rule as a sentence in the active language, without the time of day: ``Every 2
    weeks, Monday and Wednesday, until Dec 31, 2026``.
    """
    parts = [_every(rule)]
    if rule.weekdays or rule.month_days:
        parts.append(_days_words(rule))
    if rule.months:
        parts.append(
            _("in %(months)s") % {"months": _and(str(MONTHS[each]) for each in rule.months)}
        )
    if rule.count:
        words = ngettext("once", "%(count)d times", rule.count)
        parts.append(words % {"count": rule.count})
    if rule.until:
        parts.append(_("until %(day)s") % {"day": day_words(rule.until)})
    return ", ".join(parts)


def _every(rule: Rule) -> str:
    count = rule.interval
    words = {
        Frequency.DAILY: ngettext("Every day", "Every %(count)d days", count),
        Frequency.WEEKLY: ngettext("Every week", "Every %(count)d weeks", count),
        Frequency.MONTHLY: ngettext("Every month", "Every %(count)d months", count),
        Frequency.YEARLY: ngettext("Every year", "Every %(count)d years", count),
    }[rule.frequency]
    return words % {"count": count}


def _days_words(rule: Rule) -> str:
    every_one = tuple(each.number for each in rule.weekdays)
    has_nth = any(each.nth for each in rule.weekdays)
    if every_one == WORKING_DAYS and not has_nth and not rule.month_days:
        if rule.position:
            return _nth_words(rule.position) % {"day": pgettext("the nth", "weekday")}
        return _("Monday to Friday")
    words = _and(
        _nth_words(each.nth) % {"day": WEEKDAYS[each.number]}
        if each.nth
        else str(WEEKDAYS[each.number])
        for each in rule.weekdays
    )
    if rule.month_days:
        days = _and(_month_day_words(day) for day in rule.month_days)
        both = _("%(days)s that is %(weekdays)s") % {"days": days, "weekdays": words}
        words = both if words else days
    if rule.position:
        words = _("%(nth)s of these: %(days)s") % {
            "nth": _nth_words(rule.position) % {"day": _("day")},
            "days": words,
        }
    return words


def _nth_words(nth: int) -> str:
    """Return what stands around the name of a day, which is ``%(day)s``."""
    known = {
        1: _("the first %(day)s"),
        2: _("the second %(day)s"),
        3: _("the third %(day)s"),
        4: _("the fourth %(day)s"),
        5: _("the fifth %(day)s"),
        -1: _("the last %(day)s"),
        -2: _("the last %(day)s but one"),
    }
    if nth in known:
        return known[nth]
    words = _("%(day)s number %(number)d")
    if nth < 0:
        words = _("%(day)s number %(number)d from the end")
    return words % {"day": "%(day)s", "number": abs(nth)}


def _month_day_words(day: int) -> str:
    if day == -1:
        return _("the last day")
    if day < 0:
        return _("day %(number)d from the end") % {"number": -day}
    return _("on day %(number)d") % {"number": day}


def _and(words: Iterator[str]) -> str:
    return get_text_list([*words], _("and"))
