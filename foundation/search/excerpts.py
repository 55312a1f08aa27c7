"""The sentence of a text in which a search was found, with what was found marked. Pure."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from foundation.search.words import LONGEST_WORD, Phrase, folded_letters, stems_of

_SENTENCE_ENDS = re.compile(r"(?<=[.!?…])\s+|[\r\n]+")
_LONGEST = 160  # characters of an excerpt
_BEFORE = 30  # of them in front of what was found: a row shows little more


class Piece(NamedTuple):
    """A part of an excerpt: what was found, or what stands around it."""

    text: str
    is_found: bool


class _Word(NamedTuple):
    folded: str
    begin: int
    end: int


def excerpt(text: str, phrases: Sequence[Phrase]) -> list[Piece]:
    """Return the first sentence of ``text`` that has one of the phrases, cut to about
    ``_LONGEST`` characters; [] when none has.
    """
    for begin, end in _sentences(text):
        sentence = text[begin:end]
        found = _found_in(sentence, phrases)
        if found:
            return list(_pieces(sentence, found))
    return []


def marked(text: str, phrases: Sequence[Phrase]) -> list[Piece]:
    """Return the whole text in pieces, with what was found marked."""
    return list(_cut(text, _found_in(text, phrases), 0, len(text)))


def _sentences(text: str) -> Iterator[tuple[int, int]]:
    begin = 0
    for end in _SENTENCE_ENDS.finditer(text):
        yield begin, end.start()
        begin = end.end()
    yield begin, len(text)


def _found_in(text: str, phrases: Sequence[Phrase]) -> list[tuple[int, int]]:
    """Return where the phrases stand in a text, in their order, without overlaps."""
    words = _words_in(text)
    spans = sorted(
        (words[place].begin, words[place + len(phrase.words) - 1].end)
        for phrase in phrases
        for place in range(len(words) - len(phrase.words) + 1)
        if _stands_at(words, place, phrase)
    )
    kept: list[tuple[int, int]] = []
    for begin, end in spans:
        if not kept or begin >= kept[-1][1]:
            kept.append((begin, end))
    return kept


def _words_in(text: str) -> list[_Word]:
    """Return the words of ``words_of`` with their places."""
    found: list[_Word] = []
    letters: list[str] = []
    begin = end = 0

    def close() -> None:
        if letters:
            found.append(_Word("".join(letters)[:LONGEST_WORD], begin, end))
            letters.clear()

    for place, sign in enumerate(text):
        folded = _folded(sign)
        for letter in folded:
            if letter == " ":
                close()
                continue
            if not letters:
                begin = place
            letters.append(letter)
            end = place + 1
        if letters and not folded:  # a mark on the letter before it
            end = place + 1
    close()
    return found


@lru_cache(maxsize=10_000)
def _folded(sign: str) -> str:
    return folded_letters(sign)


def _stands_at(words: Sequence[_Word], place: int, phrase: Phrase) -> bool:
    *first, last = phrase.words
    if any(words[place + number].folded != word for number, word in enumerate(first)):
        return False
    ending = words[place + len(first)].folded
    if ending == last or (phrase.is_open and ending.startswith(last)):
        return True
    # a stem keeps the first letters of its word
    may_be = bool(phrase.stems) and ending[:2] == last[:2]
    return may_be and any(stem in phrase.stems for stem in stems_of(ending))


def _pieces(sentence: str, found: Sequence[tuple[int, int]]) -> Iterator[Piece]:
    """Yield a sentence, or the part around the first place that was found."""
    begin = _at_blank(sentence, max(0, found[0][0] - _BEFORE))
    end = _end_of_word(sentence, max(begin + _LONGEST, found[0][1]), found[0][1])
    shown = [span for span in found if span[1] <= end]
    if begin:
        yield Piece("… ", is_found=False)
    yield from _cut(sentence, shown, begin, end)
    if end < len(sentence):
        yield Piece(" …", is_found=False)


def _at_blank(text: str, place: int) -> int:
    """Return the beginning of the word after ``place``, if one begins soon."""
    blank = text.find(" ", place, place + 20) if place else -1
    return place if blank < 0 else blank + 1


def _end_of_word(text: str, place: int, least: int) -> int:
    """Return where the last whole word before ``place`` ends, no earlier than ``least``."""
    if place >= len(text):
        return len(text)
    blank = text.rfind(" ", least, place)
    return place if blank < 0 else blank


def _cut(text: str, found: Sequence[tuple[int, int]], begin: int, end: int) -> Iterator[Piece]:
    last = begin
    for first, after in found:
        if first > last:
            yield Piece(text[last:first], is_found=False)
        yield Piece(text[first:after], is_found=True)
        last = after
    if last < end:
        yield Piece(text[last:end], is_found=False)
