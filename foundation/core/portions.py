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
) -> None:
    """Call ``together`` with ``PORTION`` ids at a time. After an error call it with each half, and
    in the end ``alone`` with the id that fails in a set. If that fails too, log it as ``what`` and
    leave it due for the next tick.

    Returns after a portion of several ids of which none could be worked on: then something fails
    that they share, such as the database.
    """

    def work(part: Sequence[int]) -> int:
        """Return how many of these ids were worked on."""
        try:
            together(part)
        except Exception as error:  # noqa: BLE001 - whatever fails is repeated in parts
            logger.warning("A sweep of %d rows is repeated in parts: %r", len(part), error)
            if len(part) == 1:
                return repeat(part[0])
            half = len(part) // 2
            return work(part[:half]) + work(part[half:])
        return len(part)

    def repeat(row_id: int) -> int:
        try:
            alone(row_id)
        except Exception:
            logger.exception("%s %s of a sweep could not be worked on", what, row_id)
            return 0
        return 1

    for start in range(0, len(ids), PORTION):
        part = ids[start : start + PORTION]
        if not work(part) and len(part) > 1:
            return


def by_organization(due: Sequence[tuple[int, int]]) -> dict[int, list[int]]:
    """Return organization id -> its ids of (organization id, id) pairs, both in their order."""
    found: dict[int, list[int]] = {}
    for organization_id, row_id in due:
        found.setdefault(organization_id, []).append(row_id)
    return found
