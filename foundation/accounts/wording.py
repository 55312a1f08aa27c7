"""The sentence of each of this app's verbs on the record."""

from django.utils.translation import gettext_noop

from foundation.accounts import verbs
from foundation.core.wording import Sentence, fixed

SENTENCES: dict[str, Sentence] = {
    verbs.ORGANIZATION_CREATED: fixed(gettext_noop("Organization added")),
    verbs.TOKEN_ISSUED: fixed(gettext_noop("API token issued")),
    verbs.PERSON_CREATED: fixed(gettext_noop("Person added")),
}
