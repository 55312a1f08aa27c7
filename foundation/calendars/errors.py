"""What the arithmetic refuses. Pure."""


def gettext_noop(text: str) -> str:
    """Mark a text for the catalogue: the arithmetic itself speaks no language,
    ``foundation.calendars.wording`` does.
    """
    return text


class CalendarError(ValueError):
    """Base of what the arithmetic refuses; ``code`` is stable. ``text`` is the English sentence,
    with ``values`` to be put in.
    """

    code = "calendar_error"

    def __init__(self, text: str, /, **values: object) -> None:
        super().__init__(text % values)
        self.text = text
        self.values = values


class NoHours(CalendarError):
    code = "no_hours"


class NegativeDuration(CalendarError):
    code = "negative_duration"


class NaiveDatetime(CalendarError):
    code = "naive_datetime"


class BadWindow(CalendarError):
    code = "bad_window"


class BadPause(CalendarError):
    code = "bad_pause"


class UnknownTimezone(CalendarError):
    code = "unknown_timezone"


class BeyondHorizon(CalendarError):
    code = "beyond_horizon"
