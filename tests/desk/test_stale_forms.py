"""A configuration page carries what it was opened with: a save over somebody else's is refused
once, with who saved it, and the typed values kept.
"""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import models
from django.test import Client
from django.utils import timezone

from catalog.models import Contract
from desk.configuration.contracts import ContractAdmin
from escalation.models import EscalationMatrix
from foundation.accounts.models import Team, User
from foundation.calendars.models import Calendar, CalendarVersion
from foundation.configuration.services import record_configuration_change
from sla.policies.models import PolicyVersion
from tests.support.house import House, by
from tests.support.html import ChangeForm
from tests.support.pages import pages
from tests.support.policies import every_priority, publish_for
from tests.support.world import world

__all__ = ["world"]
FIXED = (PolicyVersion, EscalationMatrix)  # a version in force is saved as a new one
MEANWHILE = "Somebody saved this while you had it open"


def path_of(row: models.Model) -> str:
    return f"/admin/{row._meta.app_label}/{row._meta.model_name}/{row.pk}/change/"


def opened(client: Any, row: models.Model) -> dict[str, Any]:
    return ChangeForm(client.get(path_of(row)).content.decode()).sent


def two_administrators(house: House) -> tuple[Client, Client]:
    second = house.staff["desk_manager"]
    second.staff_roles = ["administrator"]
    for user in (house.staff["administrator"], second):
        user.language = "en"
        user.save()
    clients = (Client(), Client())
    for client, user in zip(clients, (house.staff["administrator"], second), strict=True):
        client.force_login(user, "allauth.account.auth_backends.AuthenticationBackend")
    return clients


def errors_of(page: Any) -> str:
    return str(page.context["adminform"].form.non_field_errors())


def test_the_second_save_is_refused_once_with_who_made_the_first(
    house: House,
) -> None:
    first, second = two_administrators(house)
    mine = opened(first, house.contract)
    theirs = opened(second, house.contract)

    assert first.post(path_of(house.contract), {**mine, "reopen_days": "5"}).status_code == 302
    refused = second.post(path_of(house.contract), {**theirs, "currency": "MXN"})

    assert refused.status_code == 200
    assert MEANWHILE in errors_of(refused)
    assert "Administrator," in errors_of(refused)
    contract = Contract.objects.get(pk=house.contract.pk)
    assert (contract.reopen_days, contract.currency) == (5, "USD")
    again = ChangeForm(refused.content.decode()).sent
    assert again["currency"] == ["MXN"]
    assert second.post(path_of(house.contract), again).status_code == 302
    assert Contract.objects.get(pk=house.contract.pk).currency == "MXN"


def test_a_refused_form_that_is_sent_again_is_refused_for_what_was_saved_since(
    house: House,
) -> None:
    first, second = two_administrators(house)
    mine = opened(first, house.contract)
    theirs = opened(second, house.contract)
    first.post(path_of(house.contract), {**mine, "reopen_days": "5"})
    refused = second.post(path_of(house.contract), {**theirs, "currency": "MXN"})
    again = ChangeForm(refused.content.decode()).sent

    mine = opened(first, house.contract)
    assert first.post(path_of(house.contract), {**mine, "reopen_days": "7"}).status_code == 302
    refused = second.post(path_of(house.contract), again)

    assert refused.status_code == 200
    assert MEANWHILE in errors_of(refused)
    assert Contract.objects.get(pk=house.contract.pk).currency == "USD"


def test_what_is_saved_while_a_page_is_read_counts_as_saved_since(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The row is read after the mark: a save between the two refuses the form once too often, and
    never overrides unseen.
    """
    first, second = two_administrators(house)
    mine = opened(first, house.contract)
    renders = ContractAdmin.get_fieldsets

    def save_first(self: Any, *arguments: Any) -> Any:
        monkeypatch.undo()
        assert first.post(path_of(house.contract), {**mine, "reopen_days": "5"}).status_code == 302
        return renders(self, *arguments)

    monkeypatch.setattr(ContractAdmin, "get_fieldsets", save_first)
    theirs = opened(second, house.contract)
    refused = second.post(path_of(house.contract), {**theirs, "currency": "MXN"})

    assert MEANWHILE in errors_of(refused)
    assert Contract.objects.get(pk=house.contract.pk).reopen_days == 5


def test_two_versions_of_a_calendar_do_not_override_each_other(
    house: House,
) -> None:
    calendar = Calendar.objects.filter(organization=house.north).order_by("pk")[0]
    first, second = two_administrators(house)
    mine = opened(first, calendar)
    theirs = opened(second, calendar)
    before = CalendarVersion.objects.filter(calendar=calendar).count()

    def holiday(sent: dict[str, Any], day: str) -> dict[str, Any]:
        return {**sent, "holidays": f"{sent['holidays'][0]}\n{day} Added"}

    shown = first.post(path_of(calendar), holiday(mine, "2027-05-03"))  # a warning is shown first
    again = ChangeForm(shown.content.decode()).sent
    assert first.post(path_of(calendar), again).status_code == 302
    refused = second.post(path_of(calendar), holiday(theirs, "2027-05-04"))

    assert MEANWHILE in errors_of(refused)
    assert CalendarVersion.objects.filter(calendar=calendar).count() == before + 1
    newest = CalendarVersion.objects.filter(calendar=calendar).order_by("-number")[0]
    assert "2027-05-03" in newest.holidays


def test_a_new_version_of_a_policy_that_has_another_one_since_is_refused_once(house: House) -> None:
    version = publish_for(house, every_priority(minutes=30), contract=house.contract)
    first, second = two_administrators(house)
    mine = opened(first, version)
    theirs = opened(second, version)

    saved = first.post(path_of(version), {**mine, "_saveasnew": "1"})
    refused = second.post(path_of(version), {**theirs, "_saveasnew": "1"})

    assert saved.status_code == 302, errors_of(saved)
    assert MEANWHILE in errors_of(refused)
    assert PolicyVersion.objects.count() == 2


def test_two_added_versions_of_a_policy_do_not_override_each_other(house: House) -> None:
    first, second = two_administrators(house)
    path = "/admin/sla/policyversion/add/"
    mine, theirs = (
        ChangeForm(client.get(path).content.decode()).sent for client in (first, second)
    )
    owner = {"organization": str(house.north.pk), "contract": str(house.contract.pk)}
    count = PolicyVersion.objects.count()

    saved = first.post(path, {**mine, **owner, "reason": "One."})
    refused = second.post(path, {**theirs, **owner, "reason": "Two."})
    again = ChangeForm(refused.content.decode()).sent
    elsewhere = second.post(
        path, {**theirs, "organization": str(house.south.pk), "reason": "Another customer's."}
    )
    anyhow = second.post(path, {**again, **owner, "reason": "Two."})

    assert (saved.status_code, refused.status_code) == (302, 200)
    assert MEANWHILE in errors_of(refused)
    assert (elsewhere.status_code, anyhow.status_code) == (302, 302)
    assert PolicyVersion.objects.count() == count + 3


def test_a_page_without_the_mark_and_a_bad_mark_are_saved_as_before(house: House) -> None:
    first, second = two_administrators(house)
    team = Team.objects.get(name="Level two")
    sent = opened(second, team)
    assert first.post(path_of(team), {**sent, "email": "one@desk.example"}).status_code == 302

    for mark in ("x", "\u0663", "9" * 30):
        sent["opened_with"] = [mark]
        assert second.post(path_of(team), sent).status_code == 302


@pytest.mark.long
@pytest.mark.once
def test_every_page_of_the_configuration_carries_the_mark(
    world: dict[str, str], house: House, sign_in: Callable[..., Any]
) -> None:
    client = sign_in(house.staff["administrator"])
    other = by(User.objects.get(pk=house.staff["desk_manager"].pk))
    refused = []
    client.raise_request_exception = False  # a version in force cannot be saved
    shown = [each for each in pages(client) if len(each[2]) > 1]
    for path, model, sent in shown:
        row = model._base_manager.order_by("pk").first()
        assert row is not None
        record_configuration_change(
            instance=row, changed_fields=[], created=False, by=other, at=timezone.now()
        )
        as_new = {"_saveasnew": "1"} if issubclass(model, FIXED) else {}
        page = client.post(path, {**sent, **as_new})
        if page.status_code == 200 and page.context["adminform"].form.saved_meanwhile:
            refused.append(path)

    assert [path for path, _model, _sent in shown if path not in refused] == []
    assert len(shown) >= 15
