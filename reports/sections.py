"""The sections of the service-level report, in order, the same on the page and in the PDF.

An app with figures of its own adds a section here and its figures in ``queries/service_level.py``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Section:
    """``needs`` names the figure without which the section has nothing to show; a section without
    one is always shown.
    """

    name: str
    needs: str = ""

    @property
    def template(self) -> str:
        return f"reports/sections/{self.name}.html"


SECTIONS = (
    Section("figures"),
    Section("breakdowns"),
    Section("turns", needs="turns"),
    Section("compliance"),
    Section("breaches"),
    Section("audits", needs="audits"),
    Section("tickets"),
)


def shown_sections(figures: Mapping[str, Any]) -> list[Section]:
    """Return the sections that have something to show; ``figures`` is the data of a report."""
    return [each for each in SECTIONS if not each.needs or figures.get(each.needs)]
