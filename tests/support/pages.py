"""The pages of the configuration."""

from django.contrib import admin
from django.db import models
from django.test import Client

from tests.support.html import ChangeForm


def pages(client: Client) -> list[tuple[str, type[models.Model], dict[str, list[str]]]]:
    """Return address, model and unchanged data of the page of one row of each table."""
    found = []
    for model in admin.site._registry:
        row = model._base_manager.order_by("pk").first()
        if row is None:
            continue
        path = f"/admin/{model._meta.app_label}/{model._meta.model_name}/{row.pk}/change/"
        page = client.get(path)
        sent = ChangeForm(page.content.decode()).sent if page.status_code == 200 else {}
        if sent:
            found.append((path, model, sent))
    return found
