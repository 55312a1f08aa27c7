"""What a child answers when it does not take a file."""


class Refused(Exception):
    """The file is not taken. ``reason`` is a word of the task's docstring."""

    def __init__(self, reason: str, **details: int | str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.details = details
