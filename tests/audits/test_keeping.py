"""Retention of evidence, which database triggers enforce too (SPEC 9.9)."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from audits import services
from audits.models import Evidence, EvidenceClass, RequestedItem
from foundation.activity.models import Record
from foundation.core.errors import Invalid
from tests.support.audits import (
    ask,
    filled,
    leave,
    membership,
    picture,
    prepare,
    text,
    upload,
)
from tests.support.house import MONDAY_9AM, House, by


def refused_by_the_database(act: Callable[[], Any]) -> bool:
    try:
        with transaction.atomic():
            act()
    except DatabaseError as error:
        return "vidence" in str(error)
    return False


def test_database_triggers_protect_evidence_and_deliveries(house: House) -> None:
    audit = ask(house)
    waiting = prepare(house, audit, 2)
    left = leave(house, audit)

    def raw(statement: str) -> Callable[[], Any]:
        def run() -> None:
            with connection.cursor() as cursor:
                cursor.execute(statement)

        return run

    assert refused_by_the_database(raw(f"DELETE FROM audits_evidence WHERE id = {waiting.pk}"))
    assert refused_by_the_database(raw(f"DELETE FROM audits_evidence WHERE id = {left.pk}"))
    assert refused_by_the_database(
        raw(f"UPDATE audits_evidence SET name = 'x' WHERE id = {left.pk}")
    )
    assert refused_by_the_database(
        raw(f"UPDATE audits_evidence SET state = 'replaced' WHERE id = {left.pk}")
    )
    assert refused_by_the_database(
        raw(f"UPDATE audits_evidence SET retain_until = '2020-01-01' WHERE id = {left.pk}")
    )
    assert services.purge_evidence(at=datetime.now(UTC)) == 0
    assert Evidence.objects.count() == 2


def test_after_the_contract_evidence_is_kept_by_the_policy_and_then_goes_with_its_files(
    house: House, settings: Any
) -> None:
    settings.MESA_EVIDENCE_RETENTION_DAYS = 100
    audit = ask(house)
    evidence = leave(
        house,
        audit,
        classification=EvidenceClass.CONFIDENTIAL,
        file=text("secret"),
        redacted=picture("black"),
    )
    source = evidence.source
    assert source is not None
    today = datetime.now(UTC).date()
    house.contract.starts_on = date(2001, 1, 1)
    house.contract.ends_on = today - timedelta(days=250)
    house.contract.save()
    assert services.set_retention(at=datetime.now(UTC)) == 1
    assert services.purge_evidence(at=datetime.now(UTC)) == 0
    # from when the end was seen
    assert Evidence.objects.get().retain_until == today + timedelta(days=100)
    settings.MESA_EVIDENCE_RETENTION_DAYS = (
        30  # what was promised when it was made is not shortened
    )
    assert services.purge_evidence(at=datetime.now(UTC)) == 0
    house.contract.ends_on = today - timedelta(days=4000)  # by mistake, or not
    house.contract.save()
    assert services.purge_evidence(at=datetime.now(UTC)) == 0
    house.contract.ends_on = today - timedelta(days=1)  # entered late: the later end counts
    house.contract.save()
    Evidence.objects.update(
        retain_until=max(today - timedelta(days=1), evidence.prepared_at.date())
        + timedelta(days=100)
    )
    assert services.set_retention(at=datetime.now(UTC)) == 0
    assert Evidence.objects.get().retain_until == today + timedelta(days=99)
    house.contract.ends_on = today - timedelta(days=4000)
    house.contract.save()
    made = evidence.prepared_at.date()
    for early in (today - timedelta(days=3000), made + timedelta(days=99)):
        assert refused_by_the_database(lambda: Evidence.objects.update(retain_until=early))

    # as if it had been seen then
    Evidence.objects.update(
        retain_until=max(made + timedelta(days=100), today - timedelta(days=50))
    )
    assert services.purge_evidence(at=datetime.now(UTC)) == 1
    assert Record.objects.filter(verb="audit.evidence_purged").count() == 1
    from foundation.documents.models import Blob

    assert (Evidence.objects.count(), Blob.objects.filter(pk=source.pk).exists()) == (0, False)
    assert RequestedItem.objects.filter(audit=audit).count() == 2  # the request and its record stay


def test_an_audit_without_a_contract_is_refused(house: House) -> None:
    form = filled(house)
    house.contract.ends_on = date(2026, 2, 1)
    house.contract.save()
    house.north.refresh_from_db()
    with pytest.raises(Invalid):
        services.request_audit(
            membership=membership(house),
            form=upload(form, "s.xlsx"),
            by=by(house.requester),
            at=MONDAY_9AM,
        )
