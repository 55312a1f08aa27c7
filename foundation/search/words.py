"""The words of a text as the index keeps them, and a search as it asks for them. Pure: both
databases get the same.

A word is a run of letters and digits, without case and accents (``Caída`` is ``caida``, ``Año`` is
``ano``). Its stems come from Snowball, in Spanish and in English, so that ``actualizaciones`` finds
``actualización`` and ``printers`` finds ``printer``.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property, lru_cache
from unicodedata import category, normalize

import snowballstemmer

# In front of a stem. No folded word begins with one of them: ß becomes ss, and ÿ becomes y.
_SPANISH = "ß"
_ENGLISH = "ÿ"


class Field(StrEnum):
    """A part of an object that can be searched alone. The value stands in front of its words in the
    index, and no folded word begins with it either.
    """

    PERSON = "à"
    ORGANIZATION = "é"


LONGEST_WORD = 64  # letters of a word that are kept
_MOST_PHRASES = 12  # of a search
_QUOTED = re.compile(r'"([^"]*)"')
_stem_spanish = snowballstemmer.stemmer("spanish").stemWord
_stem_english = snowballstemmer.stemmer("english").stemWord


@dataclass(frozen=True)
class Phrase:
    """What a text must have: its words, one after the other if there are several. The last word of
    an open phrase may go on, for what was typed may be its beginning; where that is the only word,
    one of its stems is enough. What was quoted is not open. With a ``field``, which takes one word,
    that part of the text must have it.
    """

    words: tuple[str, ...]
    is_open: bool
    field: Field | None = None

    @property
    def lexemes(self) -> tuple[str, ...]:
        """The words as the index has them."""
        return tuple(f"{self.field or ''}{word}" for word in self.words)

    @cached_property
    def stems(self) -> tuple[str, ...]:
        is_one = len(self.words) == 1 and self.is_open and self.field is None
        return stems_of(self.words[0]) if is_one else ()


def words_of(text: str) -> list[str]:
    """Return the words of a text in their order, folded."""
    return list(_words(text))


@lru_cache(maxsize=100_000)
def stems_of(word: str) -> tuple[str, ...]:
    """Return the Spanish and the English stem of a folded word, each marked as such; none of a word
    with a digit in it.
    """
    if not word.isalpha():
        return ()
    return (_SPANISH + _stem_spanish(word), _ENGLISH + _stem_english(word))


def phrases_of(search: str) -> list[Phrase]:
    """Return what a typed search asks for, the first ``_MOST_PHRASES``. What stands in quotation
    marks, and a word with signs inside it (``497955-AIS``, ``10.0.0.1``), is one phrase.
    """
    found: list[Phrase] = []
    last = 0
    for quoted in _QUOTED.finditer(search):
        found += _loose(search[last : quoted.start()])
        found += _phrase(quoted[1], is_open=False)
        last = quoted.end()
    found += _loose(search[last:])
    return list(dict.fromkeys(found))[:_MOST_PHRASES]


def _loose(text: str) -> Iterator[Phrase]:
    for each in text.split():
        yield from _phrase(each, is_open=True)


def _phrase(text: str, *, is_open: bool) -> Iterator[Phrase]:
    words = tuple(_words(text))
    if words:
        yield Phrase(words, is_open)


def _words(text: str) -> Iterator[str]:
    for word in folded_letters(text).split():
        yield word[:LONGEST_WORD]


def folded_letters(text: str) -> str:
    """Return the folded letters and digits. Marks belong to the letter before them and are left
    out; everything else is a blank, which parts two words.
    """
    folded = normalize("NFKD", text).casefold()
    return "".join(
        each if category(each)[0] in "LN" else "" if category(each)[0] == "M" else " "
        for each in normalize("NFKD", folded)
    )
