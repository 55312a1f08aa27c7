"""The verbs that this app writes on the record; ``wording`` has the sentence of each."""

ORGANIZATION_CREATED = "organization.created"
TOKEN_ISSUED = "token.issued"  # noqa: S105 - a verb
PERSON_CREATED = "person.created"
ROLE_ASKED = "role.asked"
ROLE_GRANTED = "role.granted"
ROLE_REFUSED = "role.refused"
ROLE_WITHDRAWN = "role.withdrawn"
ROLE_TAKEN = "role.taken"
