"""Pages as the tests open them."""

from typing import Any

from django.contrib import admin
from django.db import models
from django.test import Client

from foundation.accounts.models import User
from tests.support.house import House
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


def english(house: House, name: str = "agent") -> User:
    """Return a member of the staff who reads English."""
    person = house.staff[name]
    person.language = "en"
    person.save()
    return person


def words_of_messages(page: Any) -> list[str]:
    return [str(each) for each in page.context["messages"]]
