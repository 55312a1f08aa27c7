"""Writes the index, in the transaction of the text."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import F, Value
from django.db.models.functions import Concat, Length

from foundation.search.models import Audience, Entry
from foundation.search.words import stems_of, words_of

MAX_WORDS = 400_000  # characters of one row; what comes later is not found


@dataclass(frozen=True)
class Text:
    """A text of an object; customers do not read an internal one."""

    text: str
    is_internal: bool = False


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
            **_kept("\n".join(text.text for text in texts)),
        )
        for each in objects
        for audience, texts in _by_audience(each.texts).items()
    )


def _by_audience(texts: Sequence[Text]) -> dict[Audience, Sequence[Text]]:
    to_customers = [each for each in texts if not each.is_internal]
    if len(to_customers) == len(texts):
        return {Audience.BOTH: texts}
    return {Audience.CUSTOMERS: to_customers, Audience.STAFF: texts}


def add_text(*, object_type: str, object_id: int, text: Text) -> None:
    """Add a text to the rows of an object that has some; the first internal one parts the row of
    the staff from that of the customers. The caller has locked the object until the commit.
    """
    rows = Entry.objects.filter(object_type=object_type, object_id=object_id)
    if text.is_internal and not (own := rows.filter(audience=Audience.STAFF)).exists():
        both = rows.filter(audience=Audience.BOTH).order_by("pk").first()
        if both is None:
            return
        rows.filter(pk=both.pk).update(audience=Audience.CUSTOMERS)
        both.pk = None
        both.audience = Audience.STAFF
        both._state.adding = True  # noqa: SLF001 - a copy
        both.save()
    elif text.is_internal:
        rows = own
    if text.is_internal:
        rows = rows.filter(audience=Audience.STAFF)
    more = _kept(text.text)
    rows.annotate(size=Length("words")).filter(size__lt=MAX_WORDS).update(
        **{name: Concat(F(name), Value(f" {value}")) for name, value in more.items()}
    )


def _kept(text: str) -> dict[str, str]:
    words = words_of(text)
    stems = sorted({stem for word in set(words) for stem in stems_of(word)})
    return {"words": " ".join(words)[:MAX_WORDS], "stems": " ".join(stems)[:MAX_WORDS]}
