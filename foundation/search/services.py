"""Writes the index, in the transaction of the text."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Func, IntegerField, QuerySet, Value
from django.db.models.functions import Concat

from foundation.search.models import Audience, Entry
from foundation.search.words import Field, stems_of, words_of

# PostgreSQL takes a megabyte of lexemes in a row. What comes later is not found.
MAX_TEXT_BYTES = 80_000  # of the words of a text, and of its stems
MAX_ROW_BYTES = 800_000  # of a row to which a text is still added
BETWEEN = " | "  # two texts of a row: no phrase goes over it


class _Bytes(Func):
    function = "octet_length"
    output_field = IntegerField()

    def as_sqlite(self, compiler: Any, connection: Any, **options: Any) -> Any:
        template = "length(CAST(%(expressions)s AS BLOB))"
        return self.as_sql(compiler, connection, template=template, **options)


@dataclass(frozen=True)
class Text:
    """A text of an object; customers do not read an internal one. The text of a ``field`` can be
    searched alone too.
    """

    text: str
    is_internal: bool = False
    field: Field | None = None


@dataclass(frozen=True)
class Texts:
    """All texts of an object, named by its id."""

    object_id: int
    organization_id: int
    texts: Sequence[Text]


def put_texts(*, object_type: str, objects: Sequence[Texts]) -> None:
    """Write the rows of these objects anew."""
    ids = [each.object_id for each in objects]
    Entry.objects.filter(object_type=object_type, object_id__in=ids).delete()
    put_new_texts(object_type=object_type, objects=objects)


def put_new_texts(*, object_type: str, objects: Iterable[Texts]) -> None:
    """Write the rows of objects that have none yet."""
    Entry.objects.bulk_create(
        Entry(
            organization_id=each.organization_id,
            object_type=object_type,
            object_id=each.object_id,
            audience=audience,
            **_joined(texts),
        )
        for each in objects
        for audience, texts in _by_audience(each.texts).items()
    )


def _by_audience(texts: Sequence[Text]) -> dict[Audience, Sequence[Text]]:
    to_customers = [each for each in texts if not each.is_internal]
    if len(to_customers) == len(texts):
        return {Audience.BOTH: texts}
    return {Audience.CUSTOMERS: to_customers, Audience.STAFF: texts}


def add_texts(*, object_type: str, object_id: int, texts: Sequence[str], is_internal: bool) -> None:
    """Add texts to the rows of an object that has some; the first internal ones part the row of the
    staff from that of the customers. The caller has locked the object until the commit.
    """
    rows = Entry.objects.filter(object_type=object_type, object_id=object_id)
    if is_internal:
        _part(rows)
        rows = rows.filter(audience=Audience.STAFF)
    rows.annotate(size=_Bytes("words") + _Bytes("stems")).filter(size__lt=MAX_ROW_BYTES).update(
        **{
            name: Concat(F(name), Value(f"{BETWEEN}{value}"))
            for name, value in _joined([Text(text) for text in texts]).items()
        }
    )


def _part(rows: QuerySet[Entry]) -> None:
    """Give an object whose one row is for both a row of the staff's own."""
    both = rows.filter(audience=Audience.BOTH).order_by("pk").first()
    if both is None:
        return
    rows.filter(pk=both.pk).update(audience=Audience.CUSTOMERS)
    Entry.objects.create(
        organization_id=both.organization_id,
        object_type=both.object_type,
        object_id=both.object_id,
        audience=Audience.STAFF,
        words=both.words,
        stems=both.stems,
    )


def _joined(texts: Sequence[Text]) -> dict[str, str]:
    """Return the words and the stems of a row, as if the texts were added one after the other."""
    parts: dict[str, list[str]] = {"words": [], "stems": []}
    size = 0
    for text in texts:
        if size < MAX_ROW_BYTES:
            for name, value in indexed(text).items():
                parts[name].append(value)
                size += len(value.encode())
    return {name: BETWEEN.join(values) for name, values in parts.items()}


def indexed(text: Text) -> dict[str, str]:
    """Return the words and the stems of a text, the first ``MAX_TEXT_BYTES`` of each."""
    words = words_of(text.text)
    stems = sorted({stem for word in set(words) for stem in stems_of(word)})
    if text.field is not None:
        stems += sorted({f"{text.field}{word}" for word in words})
    return {"words": _first_of(words), "stems": _first_of(stems)}


def _first_of(words: Sequence[str]) -> str:
    return " ".join(words).encode()[:MAX_TEXT_BYTES].decode(errors="ignore")
