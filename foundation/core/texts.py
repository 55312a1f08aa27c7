"""What a typed text shows: control, format and zero-width characters show nothing."""

import re
from unicodedata import category, normalize

_SHOWS_NOTHING = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp", "Zs"})
_MARKS = frozenset({"Mn", "Me"})  # drawn on the letter before them, and nothing without one
_FILLERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")  # letters by their class, drawn as nothing
# marks that draw nothing themselves: joiners, and the choice of a variant of a letter
_SELECTORS = frozenset(
    "\u034f\u17b4\u17b5\u180b\u180c\u180d\u180f"
    + "".join(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))
)


_BLANK_LINES = re.compile(r"\A(?:[^\S\n]*\n)+")


def shows(character: str) -> bool:
    return category(character) not in _SHOWS_NOTHING and character not in _FILLERS


def seen(text: str) -> int:
    """Return how many characters of the text a reader sees; accents count with their letter."""
    return sum(shows(each) and category(each) not in _MARKS for each in text)


def is_blank(text: str) -> bool:
    """Tell whether a reader would see nothing of the text."""
    return seen(text) == 0


def as_read(text: str) -> str:
    """Return what a reader tells a name by: without case, and without what shows nothing but one
    blank between words.
    """
    drawn = (each for each in text if each not in _SELECTORS)
    words = "".join(each if shows(each) or each.isspace() else "" for each in drawn).split()
    folded = normalize("NFKC", " ".join(words)).casefold()
    return normalize("NFKC", folded)  # what is folded may come apart


def without_blank_ends(text: str) -> str:
    """Return the text without blank lines before and after it. The first line keeps its
    indentation, as every line does.
    """
    return _BLANK_LINES.sub("", text).rstrip()


def one_line(text: str) -> str:
    """Return the text as a line: each run of blanks, line breaks and control characters becomes one
    blank, what shows nothing is cut off both ends, and a letter with its accent is one character.
    """
    text = normalize("NFC", text)
    line = " ".join("".join(" " if category(each) == "Cc" else each for each in text).split())
    first = next((place for place, each in enumerate(line) if shows(each)), len(line))
    last = next((place for place, each in enumerate(reversed(line)) if shows(each)), len(line))
    return line[first : len(line) - last]
