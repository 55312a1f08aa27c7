"""Sentences for this app's facts on the record."""

from django.utils.translation import gettext_noop

from escalation import verbs
from foundation.core.wording import Sentence, fixed

SENTENCES: dict[str, Sentence] = {
    verbs.ESCALATED: fixed(gettext_noop("Escalated to level %(position)s")),
    verbs.DEESCALATED: fixed(gettext_noop("Escalation taken back to level %(position)s")),
    verbs.ACKNOWLEDGED: fixed(gettext_noop("Level %(position)s acknowledged the escalation")),
    verbs.DRILL_STARTED: fixed(gettext_noop("Drill sent")),
    verbs.MATRIX_PUBLISHED: fixed(gettext_noop("Escalation matrix: new version")),
}
