"""Shortcuts and the command palette."""

import json
from pathlib import Path
from typing import Any

import pytest

from desk.keyboard.keys import SHORTCUTS, places_together
from foundation.accounts.models import Team
from tests.support.house import House, make_ticket
from tests.support.html import text_of
from tests.support.pages import english, words_of_messages

pytestmark = pytest.mark.usefixtures("monday")

ADDRESS = "/admin/keyboard/"
USUAL = {each.name: each.key for each in SHORTCUTS}


def keys_on(page: Any) -> dict[str, list[str]]:
    found: dict[str, list[str]] = json.loads(page.context["keys"])
    return found


def test_no_key_means_two_things_in_one_place() -> None:
    for place, one in enumerate(SHORTCUTS):
        for other in SHORTCUTS[:place]:
            assert one.key != other.key or not places_together(one.place, other.place)


def test_every_shortcut_has_an_act() -> None:
    script = Path("static/js/keys.js").read_text(encoding="utf-8")
    acts = script[script.index("const acts = {") :].partition("\n};")[0]

    assert [each.name for each in SHORTCUTS if f"\n  {each.name}" not in acts] == []


def test_a_page_has_the_keys_and_their_help(house: House, sign_in: Any) -> None:
    page = sign_in(english(house)).get("/admin/queue/")

    assert keys_on(page)["next"] == ["j", "queue"]
    assert keys_on(page)["reply"] == ["r", "ticket"]
    assert "In the queue j Next ticket k Previous ticket" in text_of(page.content.decode())


def test_keys_are_changed_and_switched_off(house: House, sign_in: Any) -> None:
    client = sign_in(english(house))

    page = client.post(ADDRESS, {**USUAL, "is_on": "on", "next": "w", "search": "s"}, follow=True)

    assert words_of_messages(page) == ["Your shortcuts are saved."]
    assert (keys_on(page)["next"][0], keys_on(page)["search"][0]) == ("w", "s")
    house.agent.refresh_from_db()
    assert house.agent.shortcuts == {"keys": {"search": "s", "next": "w"}}
    off = client.post(ADDRESS, {**USUAL, "next": "w"}, follow=True)
    assert keys_on(off) == {}
    assert not off.context["form"].initial["is_on"]
    assert off.context["form"].initial["next"] == "w"  # it is kept for the day they are on again
    client.post(ADDRESS, {**USUAL, "is_on": "on"})
    house.agent.refresh_from_db()
    assert house.agent.shortcuts == {}


@pytest.mark.parametrize(
    ("name", "key", "words"),
    [
        ("previous", "j", "“Next ticket” has this key already."),
        ("reply", "/", "“Search” has this key already."),
        ("reply", "", "This field is required."),
        ("reply", "rr", "Ensure this value has at most 1 character (it has 2)."),
        ("reply", " ", "This field is required."),
    ],
)
def test_a_key_that_cannot_be_used_says_why(
    house: House, sign_in: Any, name: str, key: str, words: str
) -> None:
    page = sign_in(english(house)).post(ADDRESS, {**USUAL, "is_on": "on", name: key})

    assert page.status_code == 400
    assert page.context["form"].errors[name] == [words]
    house.agent.refresh_from_db()
    assert house.agent.shortcuts == {}


def test_one_key_may_mean_two_things_in_two_places(house: House, sign_in: Any) -> None:
    page = sign_in(english(house)).post(
        ADDRESS, {**USUAL, "is_on": "on", "reply": "x"}, follow=True
    )

    assert (keys_on(page)["reply"], keys_on(page)["select"]) == (["x", "ticket"], ["x", "queue"])


def test_the_palette_finds_the_number_and_the_texts(house: House, sign_in: Any) -> None:
    made = [make_ticket(house, subject=f"Printer {number}") for number in range(10)]
    other = make_ticket(house, description="It began today. The scanner is down.")
    client = sign_in(english(house))

    def found(typed: str) -> list[str]:
        rows = client.get("/admin/palette/", {"q": typed}).context["rows"]
        return [ticket.number for ticket, _hit in rows]

    assert found("printer") == [ticket.number for ticket in reversed(made)][:8]
    assert found(other.number) == found(f"tk-{other.pk}") == [other.number]
    assert found("") == found("nothing") == []
    later = make_ticket(house, subject=f"As in {other.pk}")
    assert found(str(other.pk)) == [other.number, later.number]  # the number first
    text = text_of(client.get("/admin/palette/?q=scanner").content.decode())
    assert f"{other.number} The invoice fails Company north Description: The scanner" in text
    assert "Search “scanner” in all tickets" in text
    assert "“x” is no day." in text_of(client.get("/admin/palette/?q=before:x").content.decode())


def test_the_palette_of_a_restricted_agent_has_no_other_customer(
    house: House, sign_in: Any
) -> None:
    hidden = make_ticket(
        house, organization=house.south, requester=house.outsider, subject="Canary"
    )
    north_only = Team.objects.create(name="North", level=1)
    north_only.members.add(house.staff["desk_supervisor"])
    north_only.organizations.add(house.north)
    client = sign_in(house.staff["desk_supervisor"])

    for typed in ("canary", hidden.number, "south", "cliente:south"):
        assert client.get("/admin/palette/", {"q": typed}).context["rows"] == [], typed
