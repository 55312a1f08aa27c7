"""What a typed text shows: control, format and zero-width characters show nothing."""

from unicodedata import category

_SHOWS_NOTHING = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp", "Zs"})
_FILLERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")  # letters by their class, drawn as nothing


def shows(character: str) -> bool:
    return category(character) not in _SHOWS_NOTHING and character not in _FILLERS


def is_blank(text: str) -> bool:
    """Tell whether a reader would see nothing of the text."""
    return not any(map(shows, text))


def one_line(text: str) -> str:
    """Return the text as a line: each run of blanks, line breaks and control characters becomes one
    blank, and what shows nothing is cut off both ends.
    """
    line = " ".join("".join(" " if category(each) == "Cc" else each for each in text).split())
    first = next((place for place, each in enumerate(line) if shows(each)), len(line))
    last = next((place for place, each in enumerate(reversed(line)) if shows(each)), len(line))
    return line[first : len(line) - last]
