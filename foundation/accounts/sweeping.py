"""A sweep over the rows that are due, of every customer."""

from collections.abc import Callable, Sequence

from foundation.accounts.tenancy import organization_scope
from foundation.core.memo import reading_once
from foundation.core.portions import by_organization, in_portions


def sweep(
    due: Sequence[tuple[int, int]],
    *,
    what: str,
    together: Callable[[Sequence[int]], object],
    alone: Callable[[int], object],
) -> None:
    """Work on ``due``, pairs of organization id and row id, by organization and in its scope:
    ``what``, ``together`` and ``alone`` as of ``in_portions``. What they share is read once.
    """
    with reading_once():
        for organization_id, ids in by_organization(due).items():
            with organization_scope(organization_id):
                in_portions(ids, what=what, together=together, alone=alone)
