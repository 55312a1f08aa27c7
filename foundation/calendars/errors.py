"""Errors of the calendar arithmetic. Pure."""


def gettext_noop(text: str) -> str:
    """Return the text unchanged and mark it for ``makemessages``. ``foundation.calendars.wording``
    translates it, so that the arithmetic needs no Django.
    """
    return text


class CalendarError(ValueError):
    """Base of the arithmetic's errors. ``code`` is stable; ``text`` is the English message with
    ``%(name)s`` placeholders for ``values``.
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
