"""Finds the objects that share telling words with a text, and says which words."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import log2
from typing import Any

from django.db import connection

from foundation.search.models import Audience
from foundation.search.queries import COMMON, SYNTAX
from foundation.search.words import LONGEST_WORD, folded_letters, stems_of

MOST_WORDS = 12  # of a text that are looked up
NEWEST = 200  # objects that are looked at for each word
LEAST_SHARE = 0.4  # of the weight of the words that are looked up
UNKNOWN = 0.25  # the weight of a word that no other object has
# Folded words of Spanish and English that tell nothing.
_COMMON_WORDS = frozenset(
    """
    a al and as at be by can con como cuando de del desde do does donde el ella ellos en entre es
    esta este esto estos for from ha hay he i in is it its la las le les lo los mas me mi mis my no
    nos not of on or para pero por porque que se ser si sin sobre son su sus the their this to todo
    todos tras un una unas uno unos was we when with y ya yo you
    """.split()  # noqa: SIM905 - a list of them would be a hundred lines
)


@dataclass(frozen=True)
class Alike:
    """An object that shares ``words`` with a text: as they stand in the text, the rarest first.
    ``share`` is their part of the weight of all words that were looked up, above 0 up to 1.
    """

    object_id: int
    words: tuple[str, ...]
    share: float


def telling_words(text: str, *more: str) -> dict[str, str]:
    """Return folded word -> the word as it stands, of those that may tell what a text is about:
    all of ``text`` but short and common ones; of ``more`` those with a digit (codes, numbers).
    """
    found: dict[str, str] = {}
    for number, source in enumerate((text, *more)):
        for written in source.split():
            for word in folded_letters(written).split():
                has_digit = not word.isalpha()
                is_telling = len(word) > 2 and word not in _COMMON_WORDS
                if is_telling and (has_digit or number == 0):
                    shown = written.strip(".,;:!?¡¿()[]«»“”\"'")
                    found.setdefault(word[:LONGEST_WORD], shown[:LONGEST_WORD])
    return dict(list(found.items())[:MOST_WORDS])


def alike(
    object_type: str,
    words: dict[str, str],
    *,
    reads_internal: bool,
    organization_id: int,
) -> list[Alike]:
    """Return the objects that share ``LEAST_SHARE`` of the weight of ``words``, which
    ``telling_words`` returned, the most alike first. A word weighs the more, the fewer objects have
    it. Of each word the newest ``NEWEST`` objects are looked at, and the newest of this
    organization; a word that PostgreSQL knows as common is left out. The ids are for
    ``filter(pk__in=...)`` of a queryset in its scope. Runs up to two queries.
    """
    asked = _without_common([_Asked(word, object_type, reads_internal) for word in words])
    if not asked:
        return []
    found = _newest([*asked, *(replace(each, organization_id=organization_id) for each in asked)])
    weights = {word: 1 / log2(2 + len(ids)) for word, ids in found.items() if ids}
    whole = sum(weights.values()) + (len(asked) - len(weights)) * UNKNOWN
    shared: dict[int, list[str]] = {}
    for word in sorted(weights, key=lambda each: -weights[each]):
        for pk in found[word]:
            shared.setdefault(pk, []).append(word)
    scored = [
        Alike(pk, tuple(words[each] for each in own), sum(weights[each] for each in own) / whole)
        for pk, own in shared.items()
    ]
    return sorted(
        (each for each in scored if each.share >= LEAST_SHARE),
        key=lambda each: (-each.share, -each.object_id),
    )


@dataclass(frozen=True)
class _Asked:
    """A word that is looked up, in any of its forms."""

    word: str
    object_type: str
    reads_internal: bool
    organization_id: int | None = None

    def select(self, columns: str) -> tuple[str, list[Any]]:
        syntax = SYNTAX[connection.vendor]
        forms = stems_of(self.word) or (self.word,)
        match = syntax.either.join(f"{syntax.quote}{each}{syntax.quote}" for each in forms)
        own = Audience.STAFF if self.reads_internal else Audience.CUSTOMERS
        conditions = ["object_type = %s", "audience IN (%s, %s)", syntax.condition]
        params: list[Any] = [self.object_type, own, Audience.BOTH, match]
        if self.organization_id is not None:
            conditions.append("organization_id = %s")
            params.append(self.organization_id)
        sql = f"SELECT {columns} FROM search_entry WHERE {' AND '.join(conditions)}"  # noqa: S608
        return sql, params


def _without_common(asked: Sequence[_Asked]) -> list[_Asked]:
    """Leave out the words of which PostgreSQL expects more than ``COMMON`` objects."""
    if connection.vendor != "postgresql" or not asked:
        return list(asked)
    parts = [each.select("1") for each in asked]
    sql = " UNION ALL ".join(part for part, _params in parts)
    with connection.cursor() as cursor:
        # a cursor is planned without parallel workers, among whom the rows would be divided
        cursor.execute(
            f"EXPLAIN (FORMAT JSON) DECLARE words CURSOR FOR {sql}",
            [value for _part, params in parts for value in params],
        )
        plan = cursor.fetchone()[0][0]["Plan"]
    plans = plan["Plans"] if len(asked) > 1 else [plan]
    return [each for each, own in zip(asked, plans, strict=True) if own["Plan Rows"] <= COMMON]


def _newest(asked: Sequence[_Asked]) -> dict[str, set[int]]:
    """Return word -> the ids of the newest objects that have it. The order is by an expression, so
    that no index of the ids is walked in search of a rare word.
    """
    parts: list[str] = []
    values: list[Any] = []
    for number, each in enumerate(asked):
        sql, params = each.select("object_id")
        parts.append(
            f"SELECT {number} AS word, object_id FROM "  # noqa: S608 - numbers alone
            f"({sql} ORDER BY object_id + 0 DESC LIMIT {NEWEST}) AS newest"
        )
        values += params
    found: dict[str, set[int]] = {each.word: set() for each in asked}
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), values)
        for number, pk in cursor.fetchall():
            found[asked[number].word].add(pk)
    return found
