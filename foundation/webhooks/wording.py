"""The sentence of each of this app's verbs on the record."""

from django.utils.translation import gettext_noop

from foundation.core.wording import Sentence, fixed
from foundation.webhooks import verbs

SENTENCES: dict[str, Sentence] = {
    verbs.SECRET_RENEWED: fixed(gettext_noop("New secret of the webhook")),
    verbs.TESTED: fixed(gettext_noop("Test event sent to the webhook")),
    verbs.SENT_AGAIN: fixed(gettext_noop("Events of the webhook queued again")),
    verbs.STOPPED: fixed(gettext_noop("Webhook switched off: its address is gone")),
}
