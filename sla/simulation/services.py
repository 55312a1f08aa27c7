"""Publication of a simulated draft."""

from datetime import datetime

from django.db import transaction

from catalog.models import Contract
from catalog.queries import matrix_for
from catalog.services import publish_matrix
from foundation.core.actor import Actor
from sla.policies.models import (
    POLICY_CALENDARS,
    POLICY_SAYS,
    PolicyTarget,
    PolicyVersion,
)
from sla.policies.services.publishing import publish_policy
from sla.simulation.drafts import Draft


@transaction.atomic
def publish_draft(
    *, draft: Draft, contract: Contract, effective_from: datetime, by: Actor, at: datetime
) -> PolicyVersion:
    """Publish the targets, pauses and matrix of a draft for a contract. Copy the rest of the policy
    from the contract's newest version.

    Hours are not published: the calendar's page first previews the tickets that move. Raises
    ``Invalid`` as ``publish_policy`` does.
    """
    last = PolicyVersion.objects.filter(contract=contract).order_by("-number").first()
    kept = (
        {name: getattr(last, name) for name in (*POLICY_CALENDARS, *POLICY_SAYS)}
        if last is not None
        else {}
    )
    standing = PolicyTarget.objects.filter(policy=last).order_by("pk") if last is not None else ()
    rows = [row for row in standing if not draft.covers(row)] + draft.rows()
    for row in rows:
        row.pk = None
    kept |= draft.pauses
    if draft.matrix:
        cells = {**matrix_for(contract.organization, contract.pk, effective_from), **draft.matrix}
        publish_matrix(contract=contract, cells=cells, effective_from=effective_from, by=by, at=at)
    return publish_policy(
        organization=contract.organization,
        contract=contract,
        targets=rows,
        effective_from=effective_from,
        by=by,
        at=at,
        **kept,
    )
