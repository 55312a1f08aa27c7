"""Sentences for this app's facts on the record."""

from django.utils.translation import gettext_noop

from foundation.core.wording import Sentence, fixed
from reports import verbs

SENTENCES: dict[str, Sentence] = {
    verbs.REPORT_ISSUED: fixed(gettext_noop("Report issued")),
    verbs.SIMULATION_REQUESTED: fixed(gettext_noop("Simulation asked for")),
}
