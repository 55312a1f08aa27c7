"""The sentence of each of this app's verbs on the record."""

from django.utils.translation import gettext_noop

from catalog import verbs
from foundation.core.wording import Sentence, fixed

SENTENCES: dict[str, Sentence] = {
    verbs.MATRIX_PUBLISHED: fixed(gettext_noop("Priority matrix of the contract: new version")),
    verbs.CONTRACT_PUBLISHED: fixed(gettext_noop("Contract: new version")),
}
