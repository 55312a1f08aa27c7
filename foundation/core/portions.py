"""A sweep works in portions: each is a transaction, and one that fails is repeated in parts."""

import logging
from collections.abc import Callable, Sequence

logger = logging.getLogger(__name__)

# Tickets per transaction: some tenths of a second of lock wait for other writers of these tickets.
PORTION = 50


def in_portions(
    ids: Sequence[int],
    *,
    what: str,
    together: Callable[[Sequence[int]], object],
    alone: Callable[[int], object],
    size: int = PORTION,
) -> None:
    """Call ``together`` with ``size`` ids at a time. After an error call it with each half, and in
    the end ``alone`` with the id that cannot be worked on in a set. If that fails too, log it as
    ``what`` and leave it due for the next tick.
    """

    def work(part: Sequence[int]) -> None:
        try:
            together(part)
        except Exception:
            logger.warning("A sweep of %d rows is repeated in parts", len(part), exc_info=True)
            half = len(part) // 2
            if half:
                work(part[:half])
                work(part[half:])
            else:
                repeat(part[0])

    def repeat(row_id: int) -> None:
        try:
            alone(row_id)
        except Exception:
            logger.exception("%s %s of a sweep could not be worked on", what, row_id)

    for start in range(0, len(ids), size):
        work(ids[start : start + size])


def by_organization(due: Sequence[tuple[int, int]]) -> dict[int, list[int]]:
    """Return organization id -> its ids of (organization id, id) pairs, both in their order."""
    found: dict[int, list[int]] = {}
    for organization_id, row_id in due:
        found.setdefault(organization_id, []).append(row_id)
    return found
