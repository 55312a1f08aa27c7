"""The verbs that this app writes on the record; ``wording`` has the sentence of each."""

VERSION_PUBLISHED = "calendar.version_published"
