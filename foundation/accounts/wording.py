"""The sentence of each of this app's verbs on the record."""

from django.utils.translation import gettext_noop

from foundation.accounts import verbs
from foundation.core.wording import Sentence, fixed

SENTENCES: dict[str, Sentence] = {
    verbs.ORGANIZATION_CREATED: fixed(gettext_noop("Organization added")),
    verbs.TOKEN_ISSUED: fixed(gettext_noop("API token issued")),
    verbs.PERSON_CREATED: fixed(gettext_noop("Person added")),
    verbs.ROLE_ASKED: fixed(gettext_noop("Role %(role)s asked for")),
    verbs.ROLE_GRANTED: fixed(gettext_noop("Role %(role)s confirmed")),
    verbs.ROLE_REFUSED: fixed(gettext_noop("Role %(role)s refused")),
    verbs.ROLE_WITHDRAWN: fixed(gettext_noop("Request for the role %(role)s withdrawn")),
    verbs.ROLE_TAKEN: fixed(gettext_noop("Role %(role)s taken away")),
}
