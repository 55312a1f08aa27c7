"""Every requirement that is written down is pinned in the lock that belongs to it: a package that
only the development lock holds is missing where Mesa is run.
"""

import re
from pathlib import Path

import pytest

REQUIREMENTS = Path(__file__).resolve().parents[2] / "requirements"
_NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]*", re.MULTILINE)


def _names(path: Path) -> set[str]:
    """Return the distributions that a file names at the start of a line, normalized (PEP 503)."""
    return {re.sub(r"[-_.]+", "-", name).lower() for name in _NAME.findall(path.read_text())}


@pytest.mark.parametrize("written", sorted(REQUIREMENTS.glob("*.in")), ids=lambda path: path.name)
def test_every_requirement_is_pinned_in_its_lock(written: Path) -> None:
    assert _names(written) - _names(written.with_suffix(".txt")) == set()
