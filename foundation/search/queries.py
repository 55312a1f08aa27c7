"""Finds the objects whose texts have what a search asks for."""

from collections.abc import Sequence

from django.db import connection
from django.db.models.expressions import RawSQL

from foundation.search.models import Audience
from foundation.search.words import Term

_MATCHES = {
    "sqlite": "id IN (SELECT rowid FROM search_words WHERE search_words MATCH %s)",
    "postgresql": "lexemes @@ %s::tsquery",
}


def matching_ids(object_type: str, terms: Sequence[Term], *, reads_internal: bool) -> RawSQL:
    """Return a subquery of the ids of objects that have every one of ``terms`` (at least one), for
    use in ``filter(pk__in=...)`` of a queryset in its scope: it knows no organization.
    """
    own = Audience.STAFF if reads_internal else Audience.CUSTOMERS
    phrases = [term for term in terms if len(term.words) > 1]
    conditions = ["object_type = %s", "audience IN (%s, %s)", _MATCHES[connection.vendor]]
    conditions += ["(' ' || words || ' ') LIKE %s"] * len(phrases)
    sql = f"SELECT object_id FROM search_entry WHERE {' AND '.join(conditions)}"  # noqa: S608
    ask = _asked_of_sqlite if connection.vendor == "sqlite" else _asked_of_postgresql
    match = ask(terms)
    params = [object_type, own, Audience.BOTH, match, *map(_as_pattern, phrases)]
    return RawSQL(sql, params)  # noqa: S611 - our names; what was typed is a parameter


def _as_pattern(term: Term) -> str:
    """Return the pattern of words that stand one after the other. They have no sign in them."""
    return f"% {' '.join(term.words)}{'' if term.is_open else ' '}%"


def _asked_of_postgresql(terms: Sequence[Term]) -> str:
    def one(term: Term) -> str:
        *whole, last = term.words
        lexemes = [f"'{word}'" for word in whole] + [f"'{last}'{':*' if term.is_open else ''}"]
        return " | ".join([" & ".join(lexemes), *(f"'{stem}'" for stem in term.stems)])

    return " & ".join(f"({one(term)})" for term in terms)


def _asked_of_sqlite(terms: Sequence[Term]) -> str:
    def one(term: Term) -> str:
        *whole, last = term.words
        lexemes = [f'"{word}"' for word in whole] + [f'"{last}"{"*" if term.is_open else ""}']
        return " OR ".join([" AND ".join(lexemes), *(f'"{stem}"' for stem in term.stems)])

    return " AND ".join(f"({one(term)})" for term in terms)
