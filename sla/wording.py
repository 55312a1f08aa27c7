"""Sentences for the facts of clocks and policies on the record, by verb."""

from collections.abc import Mapping
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from foundation.core.wording import Sentence, fixed
from foundation.core.zones import instant_words
from sla import verbs
from sla.metrics import Metric


def _clock(text: str) -> Sentence:
    def say(payload: Mapping[str, Any], time_zone: str) -> str:
        due_at = parse_datetime(payload.get("due_at") or "")
        return _(text) % {
            "clock": Metric(payload["metric"]).label,
            "percent": payload.get("percent", ""),
            "due": instant_words(due_at, time_zone) if due_at else "—",
        }

    return say


SENTENCES: dict[str, Sentence] = {
    verbs.STARTED: _clock(gettext_noop("%(clock)s: the clock started, due %(due)s")),
    verbs.STOPPED: _clock(gettext_noop("%(clock)s: the clock stopped")),
    verbs.WITHDRAWN: _clock(gettext_noop("%(clock)s: the clock was withdrawn")),
    verbs.WARNED: _clock(gettext_noop("%(clock)s: %(percent)s %% of the time used")),
    verbs.BREACHED: _clock(gettext_noop("%(clock)s: the target was missed")),
    verbs.RESTARTED: _clock(gettext_noop("%(clock)s: measured again from the start, due %(due)s")),
    verbs.BREACH_TAKEN_BACK: _clock(gettext_noop("%(clock)s: the target is not missed after all")),
    verbs.REDATED: _clock(gettext_noop("%(clock)s: the calendar changed, due %(due)s")),
    verbs.REBOUND: _clock(gettext_noop("%(clock)s: another policy with the same target")),
    verbs.RESUMED: _clock(gettext_noop("%(clock)s: the clock runs again")),
    verbs.REINSTATED: _clock(gettext_noop("%(clock)s: the clock runs on as if never withdrawn")),
    verbs.RETARGETED: _clock(gettext_noop("%(clock)s: new target, due %(due)s")),
    verbs.POLICY_PUBLISHED: fixed(gettext_noop("Service level policy: new version")),
}
