"""Signatures: what stands under the messages of a person of the desk, in the letters about them."""

from django.conf import settings
from django.db import models

LONGEST_SIGNATURE = 1_000  # characters


class Signature(models.Model):
    """``body_en`` is for customers who read English; without it they get ``body_es``."""

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
    )
    body_es = models.TextField()
    body_en = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"{self.person_id}"

    def text_in(self, language: str) -> str:
        return str((self.body_en if language == "en" else "") or self.body_es)
