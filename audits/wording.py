"""Sentences for this app's facts on the record."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from audits import verbs
from audits.models import ReportedTo
from foundation.core.wording import Sentence, fixed
from foundation.core.zones import instant_words


def _stopped(payload: Mapping[str, Any], time_zone: str) -> str:
    told = payload.get("reported_to")
    if not told:
        return _("Audit stopped; there was nobody to report it to")
    whom = ReportedTo(told).label
    if payload.get("told_at"):
        when = instant_words(datetime.fromisoformat(payload["told_at"]), time_zone)
        return _("Audit stopped; %(whom)s is told on %(when)s") % {"whom": whom, "when": when}
    return _("Audit stopped and reported to %(whom)s") % {"whom": whom}


SENTENCES: dict[str, Sentence] = {
    verbs.REQUESTED: fixed(gettext_noop("Audit asked for")),
    verbs.EVALUATED: fixed(gettext_noop("The environment of the audit was evaluated")),
    verbs.EVIDENCE_PREPARED: fixed(gettext_noop("Evidence of item %(item)s prepared")),
    verbs.EVIDENCE_UNREADABLE: fixed(
        gettext_noop("Evidence of item %(item)s could not become PDF")
    ),
    verbs.EVIDENCE_APPROVED: fixed(gettext_noop("Evidence of item %(item)s approved")),
    verbs.EVIDENCE_REFUSED: fixed(gettext_noop("Evidence of item %(item)s sent back")),
    verbs.EVIDENCE_DELIVERED: fixed(gettext_noop("Evidence of item %(item)s delivered")),
    verbs.EVIDENCE_PURGED: fixed(
        gettext_noop("Evidence of item %(item)s deleted: its retention has ended")
    ),
    verbs.ITEM_PLANNED: fixed(gettext_noop("Item %(item)s: who prepares it and by when")),
    verbs.ITEM_SET_ASIDE: fixed(gettext_noop("Item %(item)s answered without evidence")),
    verbs.WAIVED: fixed(gettext_noop("Waiver for an editable file of item %(item)s")),
    verbs.DELAY_NOTICE_SENT: fixed(gettext_noop("Delay notice of the audit")),
    verbs.CONFERENCE_SCHEDULED: fixed(gettext_noop("Conference scheduled")),
    verbs.CONFERENCE_MOVED: fixed(gettext_noop("Conference moved")),
    verbs.CONFERENCE_CANCELLED: fixed(gettext_noop("Conference cancelled")),
    verbs.VISIT_ANNOUNCED: fixed(gettext_noop("Site visit announced")),
    verbs.VISIT_ANSWERED: fixed(gettext_noop("Site visit answered")),
    verbs.STOPPED: _stopped,
    verbs.RESUMED: fixed(gettext_noop("Audit resumed")),
    verbs.RELEASED: fixed(gettext_noop("Who worked with the evidence may send files again")),
    verbs.DELIVERED: fixed(gettext_noop("Audit delivered")),
    verbs.PLANNED: fixed(gettext_noop("Audit planned")),
    verbs.PLAN_CHANGED: fixed(gettext_noop("Plan of an audit changed")),
    verbs.PLAN_ENDED: fixed(gettext_noop("Planned audit called off")),
    verbs.PLAN_MET: fixed(gettext_noop("A planned audit was asked for")),
    verbs.PLAN_RELEASED: fixed(gettext_noop("A planned audit is expected again")),
}
