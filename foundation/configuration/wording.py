"""The sentence of each of this app's verbs on the record."""

from django.utils.translation import gettext_noop

from foundation.configuration import verbs
from foundation.core.wording import Sentence, fixed

SENTENCES: dict[str, Sentence] = {
    verbs.CREATED: fixed(gettext_noop("Configuration added")),
    verbs.CHANGED: fixed(gettext_noop("Configuration changed")),
}
