"""The sentence of each of this app's verbs on the record."""

from django.utils.translation import gettext_noop

from foundation.core.wording import Sentence, fixed
from foundation.notifications import verbs

SENTENCES: dict[str, Sentence] = {
    verbs.REQUEUED: fixed(gettext_noop("Message put back in the queue")),
}
