from typing import Any

import pytest
import time_machine

from escalation.models import EscalationRule
from foundation.accounts.services import issue_user_token
from sla.clocks.services import settle_ticket
from tests.support.house import (
    DAY,
    MINUTE,
    MONDAY_9AM,
    House,
    by,
    make_ticket,
)
from tests.support.rules import give_account_manager, results, rule


@pytest.fixture(autouse=True)
def _manager(house: House) -> None:
    give_account_manager(house)


def test_an_administrator_makes_a_rule_tries_it_and_switches_it_on(
    house: House, sign_in: Any, django_capture_on_commit_callbacks: Any
) -> None:
    client = sign_in(house.staff["administrator"])
    now = MONDAY_9AM + 2 * DAY
    ticket = make_ticket(house)
    settle_ticket(ticket_id=ticket.pk, at=MONDAY_9AM + DAY)
    data = {
        "name": "Loud",
        "position": "1",
        "trigger": "clock",
        "percent": "90",
        "action": "tell",
        "person": house.agent.email,
        "priorities": ["high"],
    }
    add = "/admin/escalation/escalationrule/add/"
    trial = data | {"_try": ""}
    with time_machine.travel(now, tick=False):
        assert ticket.number in client.post(add, trial).content.decode()  # as it is typed
        south = client.post(add, trial | {"organizations": [str(house.south.pk)]}).content.decode()
    assert (ticket.number in south, 'value="Loud"' in south) == (False, True)
    client = sign_in(house.staff["administrator"])  # the other session has been idle for months
    refused = client.post(add, trial | {"percent": ""}).content.decode()
    assert (ticket.number in refused, "Indique en qué porcentaje" in refused) == (False, True)
    assert sign_in(house.agent).post(add, trial).status_code == 403
    assert not EscalationRule.objects.exists()
    client = sign_in(house.staff["administrator"])
    assert client.post(add, data).status_code == 302
    made = EscalationRule.objects.get()
    assert (made.is_active, made.priorities, made.person) == (False, ["high"], house.agent)

    with django_capture_on_commit_callbacks(execute=True):
        assert (
            client.post(
                f"/admin/escalation/escalationrule/{made.pk}/change/", data | {"is_active": "on"}
            ).status_code
            == 302
        )
    second = make_ticket(house)
    settle_ticket(ticket_id=second.pk, at=MONDAY_9AM + 55 * MINUTE)
    assert results(second) == [("Loud", "ran", [])]
    client = sign_in(house.agent)
    assert "Loud" in client.get(f"/admin/tickets/{second.number}/").content.decode()


@pytest.mark.parametrize(("level", "is_missing"), [("1", False), ("7", True)])
def test_a_rule_that_names_a_level_no_matrix_has_says_so_when_it_is_saved(
    house: House, sign_in: Any, level: str, is_missing: bool
) -> None:
    house.staff["administrator"].language = "en"
    house.staff["administrator"].save()
    data = {
        "name": "Loud",
        "position": "1",
        "trigger": "clock",
        "percent": "90",
        "action": "tell_level",
        "level": level,
        "organizations": [str(house.north.pk)],
    }

    answer = sign_in(house.staff["administrator"]).post(
        "/admin/escalation/escalationrule/add/", data, follow=True
    )

    words = "has level 7 (the highest is 3): the rule tells nobody."
    assert any(words in str(each) for each in answer.context["messages"]) is is_missing
    assert EscalationRule.objects.filter(name="Loud").exists()


def test_the_log_is_read_over_the_api_by_the_staff_alone(house: House, client: Any) -> None:
    rule()
    ticket = make_ticket(house)
    settle_ticket(ticket_id=ticket.pk, at=MONDAY_9AM + 46 * MINUTE)

    def ask(person: Any) -> Any:
        token = issue_user_token(user=person, by=by(person), at=MONDAY_9AM)
        return client.get(
            f"/api/v1/tickets/{ticket.number}/rules/", headers={"Authorization": f"Bearer {token}"}
        )

    answer = ask(house.agent).json()
    assert answer[0]["occurrence"] == {"metric": "reaction", "percent": 75}
    assert answer[0]["results"][0] | {"rule": 0} == {
        "rule": 0,
        "name": "R",
        "outcome": "ran",
        "why": [],
        "did": "Service Delivery",
        "told_at": None,
    }
    assert ask(house.requester).status_code == 403


def test_a_rule_on_what_is_raised_is_tried_and_refuses_what_it_may_not_keep(
    house: House, sign_in: Any
) -> None:
    house.staff["administrator"].language = "en"
    house.staff["administrator"].save()
    tickets = [make_ticket(house, service=name) for name in ("erp", "network")]
    add = "/admin/escalation/escalationrule/add/"
    data = {
        "name": "Tags",
        "position": "1",
        "trigger": "raised",
        "words": "invoices",
        "services": [str(house.services["network"].pk)],
        "action": "tag",
        "adds_tags": "#billing, Month end ,billing",
    }

    def shown(**changes: Any) -> str:
        return sign_in(house.staff["administrator"]).post(add, data | changes).content.decode()

    with time_machine.travel(MONDAY_9AM + DAY, tick=False):
        tried = shown(_try="")
        assert [ticket.number in tried for ticket in tickets] == [False, True]
        assert "A ticket is raised" in tried
    for changes, words in (
        ({"adds_tags": ""}, "Write the tags to put on the ticket."),
        ({"adds_tags": "x" * 41}, "A tag has at most 40 characters."),
        ({"trigger": "changed"}, "Choose at least one change."),
        (
            {"trigger": "changed", "changes": ["tagged", "classified"]},
            "The rule itself does this: take out “It gets a tag”, or choose another act.",
        ),
        ({"action": "note", "note": "password: hunter2secret"}, "password"),
        ({"words": "🔥, !!"}, "Write words with letters or digits."),
        ({"tags": "###"}, "Write a tag."),
        ({"adds_tags": ", ".join(f"t{n}" for n in range(21))}, "Write at most 20 tags."),
    ):
        page = shown(**changes)
        assert words in page, changes
        assert page.count('class="errorlist"') == 1, changes
    assert not EscalationRule.objects.exists()
    answer = sign_in(house.staff["administrator"]).post(add, data | {"is_active": "on"})
    assert answer.status_code == 302
    made = EscalationRule.objects.get()
    assert (made.adds_tags, made.words, list(made.services.all())) == (
        "billing, Month end",
        "invoices",
        [house.services["network"]],
    )


def test_the_page_of_a_ticket_says_which_change_and_by_which_rule(
    house: House, sign_in: Any
) -> None:
    rule(trigger="raised", percent=None, action="tag", adds_tags="billing", name="Canary")
    rule(
        trigger="changed",
        changes=["tagged"],
        percent=None,
        action="note",
        note="Look at the invoice first.",
        name="Notes",
    )
    ticket = make_ticket(house)
    house.agent.language = "en"
    house.agent.save()

    panel = sign_in(house.agent).get(f"/admin/tickets/{ticket.number}/panels/rules/")
    page = " ".join(panel.content.decode().split())

    assert "It gets a tag (by the rule “Canary”)" in page
    assert "A ticket is raised" in page
    conversation = sign_in(house.agent).get(f"/admin/tickets/{ticket.number}/").content.decode()
    assert "Look at the invoice first." in conversation
    customers = sign_in(house.requester).get(f"/tickets/{ticket.number}/").content.decode()
    for word in ("billing", "Look at the invoice", "Canary", "Notes"):
        assert word not in customers
