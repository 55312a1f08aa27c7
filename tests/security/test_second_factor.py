"""Administrators and BPO set up a second factor before they do anything else."""

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpResponse
from django.utils import timezone

from foundation.accounts.services import issue_user_token
from tests.support.api import Api
from tests.support.house import SETUP, House
from web.middleware import SecondFactorMiddleware

ACTIVATE = "/accounts/2fa/totp/activate/"


@pytest.fixture(autouse=True)
def required(settings: Any) -> None:
    settings.MESA_SECOND_FACTOR_ROLES = ["administrator", "bpo"]


@pytest.mark.parametrize("role", ["administrator", "bpo"])
@pytest.mark.parametrize("path", ["/", "/admin/", "/admin/queue/", "/admin/accounts/user/"])
def test_without_it_every_page_leads_to_its_set_up(
    house: House, sign_in: Any, role: str, path: str
) -> None:
    client = sign_in(house.staff[role])
    answer = client.get(path)
    assert (answer.status_code, answer["Location"]) == (302, ACTIVATE)
    partial = client.get(path, headers={"HX-Request": "true"})
    assert partial["HX-Redirect"] == ACTIVATE

    made = client.post("/admin/accounts/user/add/", {"email": "x@desk.example"})
    assert made["Location"] == ACTIVATE
    api = client.get("/api/v1/tickets/")
    assert (api.status_code, api.json()["code"]) == (403, "second_factor_needed")
    assert "no-store" in answer["Cache-Control"]
    assert "no-store" in api["Cache-Control"]
    for open_page in ("/accounts/2fa/", "/accounts/password/change/", "/healthz", "/verify/"):
        assert client.get(open_page).status_code == 200


def test_with_it_and_for_other_roles_nothing_is_in_the_way(house: House, sign_in: Any) -> None:
    administrator = house.staff["administrator"]
    Authenticator.objects.create(user=administrator, type="totp", data={"secret": "x"})

    assert sign_in(administrator).get("/admin/config/").status_code == 200
    assert sign_in(house.agent).get("/admin/queue/").status_code == 200
    assert sign_in(house.requester).get("/tickets/").status_code == 200


def test_taking_it_away_closes_the_desk_again(house: House, sign_in: Any) -> None:
    administrator = house.staff["administrator"]
    row = Authenticator.objects.create(user=administrator, type="totp", data={"secret": "x"})
    client = sign_in(administrator)
    assert client.get("/admin/config/").status_code == 200

    row.delete()

    assert client.get("/admin/config/")["Location"] == ACTIVATE


def test_a_token_that_was_made_by_command_works(house: House) -> None:
    token = issue_user_token(user=house.staff["bpo"], by=SETUP, at=timezone.now())

    assert Api(token).get("tickets/").status_code == 200


def test_a_role_that_does_not_exist_stops_the_start(settings: Any) -> None:
    settings.MESA_SECOND_FACTOR_ROLES = ["boss"]

    with pytest.raises(ImproperlyConfigured, match="desk_supervisor"):
        SecondFactorMiddleware(lambda _request: HttpResponse())
