"""Rules that act in the transaction of a person: what the person does succeeds, and sees it."""

from typing import Any

import pytest

from escalation.rehearsal import rehearse
from escalation.rules import ANY
from foundation.core.classification import Channel
from foundation.notifications.models import OutboxMessage
from foundation.notifications.rendering import render_message
from tests.support.changes import NOTED, assign, on_change, tag, write
from tests.support.house import DAY, HOUR, MINUTE, MONDAY_9AM, House, by, fresh, make_ticket
from tests.support.rules import letters, results, rule
from tests.support.tickets import SOLUTION, closed, solved, step
from tickets import services
from tickets.models import Macro, Ticket
from tickets.queries import tags_of
from tickets.services import TransitionDetails

LATER = MONDAY_9AM + HOUR


def pairs(house: House) -> None:
    """Whoever is assigned, the ticket gets a tag; with a tag it goes to the second agent."""
    on_change("assigned", name="Tags", action="tag", adds_tags="given", note="")
    on_change(
        "tagged",
        name="Gives",
        position=2,
        action="assign",
        person=house.staff["agent2"],
        note="",
    )


def test_a_reply_with_a_step_is_taken_whole(house: House) -> None:
    rule(
        **NOTED
        | {
            "trigger": "state",
            "states": ["in_progress"],
            "action": "assign",
            "note": "",
            "person": house.staff["agent2"],
        }
    )
    ticket = fresh(make_ticket(house))

    services.reply_and_step(
        ticket=ticket,
        name="solve",
        details=TransitionDetails(**SOLUTION),
        by=by(house.agent),
        at=LATER,
    )

    assert (fresh(ticket).state, fresh(ticket).assignee) == ("solved", house.staff["agent2"])
    assert ticket.version == fresh(ticket).version


def test_a_macro_is_run_whole_and_the_instance_is_the_row(house: House) -> None:
    pairs(house)
    ticket = fresh(make_ticket(house))
    macro = Macro(name="m", takes=True, step="start", kind="", tags="vip", tasks="Call")

    services.run_macro(ticket=ticket, macro=macro, by=by(house.agent), at=LATER)

    row = fresh(ticket)
    assert (row.state, row.assignee) == ("in_progress", house.staff["agent2"])
    assert [each.key for each in tags_of(row)] == ["given", "vip"]
    assert (ticket.version, ticket.assignee_id) == (row.version, row.assignee_id)


def test_only_who_has_the_ticket_in_the_end_is_told(house: House) -> None:
    pairs(house)
    ticket = fresh(make_ticket(house))

    assign(house, ticket, LATER, "consultant")

    told = OutboxMessage.objects.filter(template="ticket_assigned").values_list(
        "to_email", flat=True
    )
    assert list(told) == ["agent2@desk.example"]


def test_the_api_answers_with_what_the_rules_made_of_it(house: House, client: Any) -> None:
    from foundation.accounts.services import issue_user_token

    pairs(house)
    ticket = make_ticket(house)
    token = issue_user_token(user=house.agent, by=by(house.agent), at=MONDAY_9AM)

    answer = client.post(
        f"/api/v1/tickets/{ticket.number}/assignment/",
        {"assignee": house.agent.email},
        content_type="application/json",
        headers={"Authorization": f"Bearer {token}"},
    )

    row = fresh(ticket)
    assert row.assignee == house.staff["agent2"]
    assert answer.headers["ETag"] == f'"{row.version}"'


def test_a_decline_is_what_the_customer_writes(house: House) -> None:
    tried = on_change("customer_wrote")
    ticket = solved(house)

    services.answer_solution(
        ticket=fresh(ticket),
        body="Still fails.",
        still_fails=True,
        by=by(house.requester, Channel.PORTAL),
        at=LATER + HOUR,
    )

    assert results(ticket) == [("R", "unmet", ["change"]), ("R", "ran", [])]
    found = rehearse(tried, ANY, at=MONDAY_9AM + DAY).touched
    assert [(each.ticket, each.at) for each in found] == [(ticket, LATER + HOUR)]


def test_who_starts_a_ticket_is_assigned_and_a_group_takes_it_from_them(house: House) -> None:
    tried = on_change("assigned", states=["assigned"])
    ticket = make_ticket(house)
    step(house, ticket, "start", MONDAY_9AM + MINUTE)
    step(house, ticket, "assign", MONDAY_9AM + 2 * MINUTE, team=house.level_two, reason="Up.")

    assert results(ticket) == [("R", "unmet", ["state"]), ("R", "ran", [])]
    found = rehearse(tried, ANY, at=MONDAY_9AM + DAY).touched
    assert [each.at for each in found] == [MONDAY_9AM + 2 * MINUTE]


def test_a_rule_that_assigns_at_a_step_assigns_once(house: House) -> None:
    rule(
        **NOTED
        | {
            "name": "S",
            "trigger": "state",
            "states": ["pending_user"],
            "action": "assign",
            "note": "",
            "person": house.staff["agent2"],
        }
    )
    on_change("assigned", name="N", states=["pending_user"])
    ticket = make_ticket(house)
    step(house, ticket, "start", MONDAY_9AM)
    step(house, ticket, "pend_user", LATER, message="Which?")

    assert [row for row in results(ticket) if row[:2] == ("N", "ran")] == [("N", "ran", [])]


def test_a_dry_run_leaves_out_what_other_rules_did_at_that_instant(house: House) -> None:
    on_change("customer_wrote", name="A", action="tag", adds_tags="vip", note="")
    second = on_change("customer_wrote", name="B", position=2, tags="vip")
    ticket = make_ticket(house)
    write(house, ticket, LATER)

    assert results(ticket)[:2] == [("A", "ran", []), ("B", "unmet", ["tags"])]
    assert rehearse(second, ANY, at=MONDAY_9AM + DAY).touched == []
    write(house, ticket, LATER + HOUR)
    found = rehearse(second, ANY, at=MONDAY_9AM + DAY).touched
    assert [each.at for each in found] == [LATER + HOUR]


def test_a_dry_run_of_states_has_the_values_of_the_step(house: House) -> None:
    tried = rule(
        **NOTED | {"name": "S", "trigger": "state", "states": ["in_progress"], "tags": "vip"}
    )
    ticket = make_ticket(house)
    macro = Macro(name="m", takes=False, step="start", kind="", tags="vip", tasks="")
    services.run_macro(ticket=fresh(ticket), macro=macro, by=by(house.agent), at=LATER)
    assert ("S", "unmet", ["tags"]) in results(ticket)
    assert rehearse(tried, ANY, at=MONDAY_9AM + DAY).touched == []


def test_what_cannot_be_assigned_says_why(house: House, caplog: pytest.LogCaptureFixture) -> None:
    on_change("tagged", action="assign", person=house.staff["agent2"], note="")
    ended = closed(house)
    tag(house, ended, "late", MONDAY_9AM + 5 * HOUR)
    house.staff["agent2"].staff_roles = ["bpo"]
    house.staff["agent2"].save()
    open_one = make_ticket(house)
    tag(house, open_one, "late", LATER)

    assert results(ended)[-1] == ("R", "failed", ["ended"])
    assert results(open_one) == [("R", "failed", ["not_serving"])]
    assert caplog.records == []


def test_a_cut_list_says_so(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    tickets = [make_ticket(house, at=MONDAY_9AM + number * MINUTE) for number in range(5)]
    write(house, tickets[0], LATER)
    monkeypatch.setattr("escalation.rehearsal.MOST", 3)

    for trigger, shown in (("changed", []), ("raised", [4, 3, 2])):
        tried = rule(
            **NOTED
            | {
                "name": trigger,
                "trigger": trigger,
                "changes": ["customer_wrote"],
                "is_active": False,
            }
        )
        found = rehearse(tried, ANY, at=MONDAY_9AM + DAY)
        assert found.is_cut
        assert [tickets.index(each.ticket) for each in found.touched] == shown


def test_the_letter_says_which_of_the_two_held_it_back(house: House) -> None:
    on_change("customer_wrote", name="A", action="assign", person=house.staff["agent2"], note="")
    on_change("assigned", name="N")
    ticket = make_ticket(house)
    for number in range(21):
        at = MONDAY_9AM + number * 20 * MINUTE
        assign(house, ticket, at)
        write(house, ticket, at + 11 * MINUTE)

    assert ("N", "loop", []) in results(ticket)
    (letter,) = OutboxMessage.objects.filter(template="rule_loop", context__rule="N")
    assert "ran too often" in render_message(letter).text
    assert "acted because" not in render_message(letter).text
    assert letters("rule_loop")


def test_a_tag_that_moves_the_ticket_shows_the_whole_page(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)
    path = f"/admin/tickets/{ticket.number}/tags/"
    client = sign_in(house.agent)
    asked = {"HX-Request": "true"}
    alone = client.post(path, {"tags": "one"}, headers=asked)
    on_change("tagged", action="assign", person=house.staff["agent2"], note="")

    moved = client.post(path, {"tags": "two"}, headers=asked)

    assert (alone.status_code, "HX-Location" in alone.headers) == (200, False)
    assert ticket.number in moved.headers["HX-Location"]
    assert Ticket.objects.get().assignee == house.staff["agent2"]
