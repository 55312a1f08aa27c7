"""Lists of the queue under a name."""

from typing import Any
from urllib.parse import parse_qs

import pytest

from foundation.accounts.models import Team
from tests.support.house import MONDAY_9AM, House
from tests.support.pages import english, words_of_messages
from tickets.models import SavedView

pytestmark = pytest.mark.usefixtures("monday")

SAVE = "/admin/queue/views/save/"


def test_a_view_is_saved_used_replaced_and_deleted(house: House, sign_in: Any) -> None:
    client = sign_in(english(house))
    typed = {"name": "  My  printers ", "audience": "mine"}
    query = "view=any&q=printer&sort=number&after=x&evil=1&columns=team"

    saved = client.post(SAVE, {**typed, "query": query}, follow=True)

    assert words_of_messages(saved) == ["The view “My printers” is saved."]
    view = SavedView.objects.get()
    assert (view.name, view.owner, view.audience) == ("My printers", house.agent, "mine")
    assert parse_qs(view.query) == {
        "view": ["any"],
        "q": ["printer"],
        "sort": ["number"],
        "columns": ["team"],
    }
    assert [(each, current) for each, current in saved.context["saved_views"]] == [(view, True)]
    client.post(SAVE, {**typed, "query": "view=mine"})
    assert SavedView.objects.get().query == "view=mine"
    client.post(f"/admin/queue/views/{view.pk}/delete/")
    assert SavedView.objects.count() == 0


def test_views_are_seen_by_those_for_whom_they_are(house: House, sign_in: Any) -> None:
    supervisor = sign_in(english(house, "desk_supervisor"))
    for name, audience in (("Own", "mine"), ("Two", "group"), ("All", "public")):
        supervisor.post(
            SAVE,
            {
                "name": name,
                "audience": audience,
                "team": house.level_two.pk,
                "query": "organization=south",
            },
        )

    def names(user: Any) -> list[str]:
        page = sign_in(user).get("/admin/queue/")
        return [view.name for view, _current in page.context["saved_views"]]

    assert names(house.staff["desk_supervisor"]) == ["All", "Own", "Two"]
    assert names(house.staff["consultant"]) == ["All", "Two"]
    assert names(house.agent) == ["All"]
    north_only = Team.objects.create(name="North", level=1)
    north_only.members.add(house.agent)
    north_only.organizations.add(house.north)
    assert names(house.agent) == []  # a view of a customer whom the agent does not serve


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"name": " "}, "This field is required."),
        ({"name": "x" * 61}, "Ensure this value has at most 60 characters (it has 61)."),
        ({"audience": "public"}, "Select a valid choice. public is not one of the available"),
        ({"query": f"q={'x' * 600}"}, "What the view filters by is too long."),
    ],
)
def test_a_view_that_cannot_be_saved_says_why(
    house: House, sign_in: Any, typed: dict[str, str], words: str
) -> None:
    page = sign_in(english(house)).post(
        SAVE, {"name": "A", "audience": "mine", "query": "view=mine", **typed}, follow=True
    )

    assert words_of_messages(page)[0].startswith(words)
    assert SavedView.objects.count() == 0


def test_a_view_of_somebody_else_is_not_deleted(house: House, sign_in: Any) -> None:
    view = SavedView.objects.create(owner=house.agent, name="Mine", query="", created_at=MONDAY_9AM)
    public = SavedView.objects.create(
        owner=house.agent, name="All", query="", audience="public", created_at=MONDAY_9AM
    )

    def delete(name: str, wanted: SavedView) -> list[str]:
        client = sign_in(english(house, name))
        page = client.post(f"/admin/queue/views/{wanted.pk}/delete/", follow=True)
        return words_of_messages(page)

    refused = ["There is nothing like that, or it is not yours."]
    assert delete("agent2", view) == delete("agent2", public) == refused
    assert delete("desk_supervisor", view) == refused
    assert delete("desk_supervisor", public) == ["The view was deleted."]
    assert list(SavedView.objects.all()) == [view]
