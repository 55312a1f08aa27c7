from typing import Any

from django.conf import settings
from django.db import models

LONGEST_LINE = 120  # of a company, of a person


def person_field(verbose_name: Any = "") -> Any:
    return models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=verbose_name,
    )
