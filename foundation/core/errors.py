"""Base classes of the errors that people may read."""

from collections.abc import Mapping

from django.utils.functional import Promise

Text = str | Promise


class DomainError(Exception):
    """A refusal with a sentence for the user, a stable ``code`` for machines and
    messages by field.
    """

    code = "refused"

    def __init__(self, message: Text, *, fields: Mapping[str, Text] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.fields: dict[str, Text] = dict(fields or {})

    def __str__(self) -> str:
        return str(self.message)


class NotAllowed(DomainError):
    """The actor may see the object but may not do this with it."""

    code = "not_allowed"


class NotFound(DomainError):
    """The object does not exist, or the actor may not see it: both raise the same error."""

    code = "not_found"


class Invalid(DomainError):
    """The input is not valid; ``fields`` maps each wrong field to its message."""

    code = "invalid"
