"""People who are mentioned in a note: ``@`` and the full name, or the address, at the beginning of
a word.
"""

import re
from collections.abc import Sequence
from unicodedata import combining, normalize

from foundation.accounts.models import User


def mentioned_in(text: str, people: Sequence[User]) -> list[User]:
    """Return those of ``people`` who are mentioned, in their order: of a name that several bear,
    all of them. Case and accents do not count, and where one name begins another, the longer one is
    meant.
    """
    rest = _folded(text)
    bearers: dict[str, list[int]] = {}
    for person in people:
        for name in {_folded(person.full_name), _folded(person.email)} - {""}:
            bearers.setdefault(name, []).append(person.pk)
    found: set[int] = set()
    for name in sorted(bearers, key=len, reverse=True):
        pattern = rf"(?<![\w.@])@{re.escape(name)}(?!\w)"
        if re.search(pattern, rest):
            found.update(bearers[name])
            rest = re.sub(pattern, " ", rest)
    return [person for person in people if person.pk in found]


def _folded(text: str) -> str:
    letters = normalize("NFKD", text).casefold()
    return " ".join("".join(each for each in letters if not combining(each)).split())
