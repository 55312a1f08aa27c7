"""Names that a reader cannot tell apart are the same name."""

from collections.abc import Collection, Iterator

from django.db import models
from django.utils.translation import gettext as _

from foundation.core.texts import as_read


def same_names(instance: models.Model, changed: Collection[str]) -> Iterator[tuple[str, str]]:
    """Yield each of the ``changed`` names of a row that must be unique and reads as that of another
    row, with the error: field and message. A name that is equal letter by letter is found by its
    constraint.
    """
    model = type(instance)
    constraints = [tuple(each.fields) for each in model._meta.total_unique_constraints]
    alone = [(field.name,) for field in model._meta.concrete_fields if field.unique]
    for names in (*constraints, *alone):
        for name in (each for each in names if each in changed and _is_name(model, each)):
            fields = [model._meta.get_field(each) for each in names if each != name]
            columns = [field.attname for field in fields if isinstance(field, models.Field)]
            beside = {column: getattr(instance, column) for column in columns}
            if None in beside.values():
                continue
            typed = getattr(instance, name)
            others = model._default_manager.filter(**beside).exclude(pk=instance.pk)
            for other in others.order_by().values_list(name, flat=True):
                if other != typed and as_read(other) == as_read(typed):
                    yield name, taken_words(other)
                    break


def taken_words(other: str) -> str:
    return _("It reads as “%(other)s”, which exists. Write a name that differs.") % {"other": other}


def _is_name(model: type[models.Model], name: str) -> bool:
    field = model._meta.get_field(name)
    return type(field) is models.CharField and not field.choices


def alike(texts: list[str]) -> Iterator[tuple[int, str]]:
    """Yield the place of each text that reads as an earlier one and is not equal to it, and the
    earlier one.
    """
    first: dict[str, str] = {}
    for place, text in enumerate(texts):
        earlier = first.setdefault(as_read(text), text)
        if earlier != text:
            yield place, earlier
