"""Sensitive data in what people write (SPEC 3.15): passwords, numbers of cards and of people, IP
and MAC addresses. It is found by its form, with check digits where it has any. A text is never
changed here: a masked copy is returned.
"""

from foundation.core.sensitive.finding import find, has_secrets, kinds_in, masked
from foundation.core.sensitive.kinds import EVERY, MASK, SECRET, Finding, Sensitive

__all__ = [
    "EVERY",
    "MASK",
    "SECRET",
    "Finding",
    "Sensitive",
    "find",
    "has_secrets",
    "kinds_in",
    "masked",
]
