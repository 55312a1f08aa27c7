"""Finds the objects whose texts have what a search asks for."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.db import connection
from django.db.models.expressions import RawSQL

from foundation.search.models import Audience
from foundation.search.words import Phrase


class Syntax(NamedTuple):
    condition: str
    quote: str
    every: str
    either: str
    beginning: str


SYNTAX = {
    "sqlite": Syntax(
        "id IN (SELECT rowid FROM search_words WHERE search_words MATCH %s)",
        quote='"',
        every=" AND ",
        either=" OR ",
        beginning="*",
    ),
    "postgresql": Syntax(
        "lexemes @@ %s::tsquery", quote="'", every=" & ", either=" | ", beginning=":*"
    ),
}


FEW = 5000
COMMON = 20_000


def matching_ids(
    object_type: str, phrases: Sequence[Phrase], *, reads_internal: bool
) -> RawSQL | list[int]:
    """Return the ids of the objects that have every one of ``phrases`` (at least one), or a
    subquery when there are more than ``FEW``. It is for ``filter(pk__in=...)`` of a queryset in its
    scope: it knows no organization. Runs up to two queries.

    The ids are looked up first because PostgreSQL guesses badly how rare a word is: it would read
    the newest objects one by one until it has a page, all of them for a word that none has. It
    knows which words are common: of those it needs the newest alone.
    """
    syntax = SYNTAX[connection.vendor]
    own = Audience.STAFF if reads_internal else Audience.CUSTOMERS
    longer = [phrase for phrase in phrases if len(phrase.words) > 1]
    conditions = ["object_type = %s", "audience IN (%s, %s)", syntax.condition]
    conditions += ["(' ' || words || ' ') LIKE %s"] * len(longer)
    sql = f"SELECT object_id FROM search_entry WHERE {' AND '.join(conditions)}"  # noqa: S608
    match = _asked(phrases, syntax)
    params: list[Any] = [object_type, own, Audience.BOTH, match, *map(_as_pattern, longer)]
    few = _few(sql, params)
    return RawSQL(sql, params) if few is None else few  # noqa: S611 - what was typed is a parameter


def _few(sql: str, params: Sequence[Any]) -> list[int] | None:
    """Return the ids that a query finds; None for more than ``FEW``."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", params)
            if cursor.fetchone()[0][0]["Plan"]["Plan Rows"] > COMMON:
                return None
        cursor.execute(f"{sql} LIMIT {FEW + 1}", params)
        found = [row[0] for row in cursor.fetchall()]
    return found if len(found) <= FEW else None


def _as_pattern(phrase: Phrase) -> str:
    """Return the pattern of words that stand one after the other. They have no sign in them."""
    return f"% {' '.join(phrase.words)}{'' if phrase.is_open else ' '}%"


def _asked(phrases: Sequence[Phrase], syntax: Syntax) -> str:
    """Return the search in the database's own language: of each phrase all words or one stem."""

    def one(phrase: Phrase) -> str:
        words = [f"{syntax.quote}{word}{syntax.quote}" for word in phrase.lexemes]
        words[-1] += syntax.beginning if phrase.is_open else ""
        stems = [f"{syntax.quote}{stem}{syntax.quote}" for stem in phrase.stems]
        return syntax.either.join([syntax.every.join(words), *stems])

    return syntax.every.join(f"({one(phrase)})" for phrase in phrases)
