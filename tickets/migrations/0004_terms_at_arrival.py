"""The terms bound a ticket when it arrived, or when its contract changed in mid-flight: the record says when."""

from django.db import migrations
from django.db.models import F


def fill(apps, schema_editor):  # type: ignore[no-untyped-def]
    tickets, records = apps.get_model("tickets", "Ticket"), apps.get_model("activity", "Record")
    tickets._base_manager.update(terms_at=F("received_at"))
    changes = records._base_manager.filter(object_type="ticket", verb="ticket.contract_changed").order_by("pk")
    for change in changes:
        corrected = change.payload.get("from_start")
        tickets._base_manager.filter(pk=change.object_id).update(terms_at=F("received_at") if corrected else change.at)


class Migration(migrations.Migration):
    dependencies = [("tickets", "0003_terms_at"), ("activity", "0001_initial")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
