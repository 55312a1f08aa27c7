"""What stands becomes the first version of every contract, and of every matrix that has cells of its own."""

from datetime import UTC, datetime

from django.db import migrations
from django.utils import timezone

from foundation.core.classification import DEFAULT_MATRIX, Priority

SINCE_EVER = datetime(2000, 1, 1, tzinfo=UTC)
TERMS = ("reference", "validation_days", "validation_in_business_days", "reopen_days", "drp_contracted", "currency", "report_language")


def make_versions(apps, schema_editor):  # type: ignore[no-untyped-def]
    contracts = apps.get_model("catalog", "Contract")._base_manager.order_by("pk")
    covered = apps.get_model("catalog", "ContractService")._base_manager
    cells = apps.get_model("catalog", "MatrixCell")._base_manager
    now = timezone.now()
    for contract in contracts:
        same = {"organization_id": contract.organization_id, "contract": contract, "number": 1}
        terms = {name: getattr(contract, name) for name in TERMS}
        terms["starts_on"] = contract.starts_on.isoformat()
        terms["ends_on"] = contract.ends_on.isoformat() if contract.ends_on else None
        terms["services"] = list(covered.filter(contract=contract).order_by("service_id").values_list("service_id", flat=True))
        terms["report_recipients"] = sorted(person.pk for person in contract.report_recipients.all())
        apps.get_model("catalog", "ContractVersion")._base_manager.create(**same, published_at=now, terms=terms)
        own = {(cell.urgency, cell.impact): Priority(cell.priority).code for cell in cells.filter(contract=contract)}
        if not own:
            continue
        whole = {}
        for (urgency, impact), priority in DEFAULT_MATRIX.items():
            whole.setdefault(str(urgency), {})[str(impact)] = own.get((str(urgency), str(impact)), priority.code)
        apps.get_model("catalog", "MatrixVersion")._base_manager.create(
            **same, effective_from=SINCE_EVER, published_at=SINCE_EVER, cells=whole
        )


class Migration(migrations.Migration):
    dependencies = [("catalog", "0002_versions")]

    operations = [migrations.RunPython(make_versions, migrations.RunPython.noop)]
