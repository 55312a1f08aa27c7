"""Finds the objects whose texts have what a search asks for."""

from collections.abc import Sequence
from typing import NamedTuple

from django.db import connection
from django.db.models.expressions import RawSQL

from foundation.search.models import Audience
from foundation.search.words import Phrase


class _Syntax(NamedTuple):
    condition: str
    quote: str
    every: str
    either: str
    beginning: str


_SYNTAX = {
    "sqlite": _Syntax(
        "id IN (SELECT rowid FROM search_words WHERE search_words MATCH %s)",
        quote='"',
        every=" AND ",
        either=" OR ",
        beginning="*",
    ),
    "postgresql": _Syntax(
        "lexemes @@ %s::tsquery", quote="'", every=" & ", either=" | ", beginning=":*"
    ),
}


def matching_ids(object_type: str, phrases: Sequence[Phrase], *, reads_internal: bool) -> RawSQL:
    """Return a subquery of the ids of objects that have every one of ``phrases`` (at least one).
    It is for ``filter(pk__in=...)`` of a queryset in its scope: it knows no organization.
    """
    syntax = _SYNTAX[connection.vendor]
    own = Audience.STAFF if reads_internal else Audience.CUSTOMERS
    longer = [phrase for phrase in phrases if len(phrase.words) > 1]
    conditions = ["object_type = %s", "audience IN (%s, %s)", syntax.condition]
    conditions += ["(' ' || words || ' ') LIKE %s"] * len(longer)
    sql = f"SELECT object_id FROM search_entry WHERE {' AND '.join(conditions)}"  # noqa: S608
    match = _asked(phrases, syntax)
    params = [object_type, own, Audience.BOTH, match, *map(_as_pattern, longer)]
    return RawSQL(sql, params)  # noqa: S611 - our names; what was typed is a parameter


def _as_pattern(phrase: Phrase) -> str:
    """Return the pattern of words that stand one after the other. They have no sign in them."""
    return f"% {' '.join(phrase.words)}{'' if phrase.is_open else ' '}%"


def _asked(phrases: Sequence[Phrase], syntax: _Syntax) -> str:
    """Return the search in the database's own language: of each phrase all words or one stem."""

    def one(phrase: Phrase) -> str:
        words = [f"{syntax.quote}{word}{syntax.quote}" for word in phrase.lexemes]
        words[-1] += syntax.beginning if phrase.is_open else ""
        stems = [f"{syntax.quote}{stem}{syntax.quote}" for stem in phrase.stems]
        return syntax.either.join([syntax.every.join(words), *stems])

    return syntax.every.join(f"({one(phrase)})" for phrase in phrases)
