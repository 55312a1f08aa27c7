"""Rules on what is raised and what changes: conditions, acts, and circles that are stopped."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from escalation.models import EscalationRule
from escalation.queries import rule_logs_of
from escalation.rules import TicketText, has_tags, has_words
from tests.support.changes import CHANGES, NOTED, assign, on_change, on_raise, tag, write
from tests.support.house import HOUR, MINUTE, MONDAY_9AM, House, by, fresh, make_ticket
from tests.support.rules import letters, results, rule
from tests.support.tickets import classify
from tickets import services
from tickets.models import Message, MessageKind, Ticket
from tickets.queries import tags_of


def notes(ticket: Ticket) -> list[str]:
    found = Message.objects.filter(ticket=ticket, kind=MessageKind.NOTE, author=None)
    return list(found.order_by("pk").values_list("body", flat=True))


def tag_names_of(ticket: Ticket) -> list[str]:
    return [each.name for each in tags_of(ticket)]


def test_a_ticket_that_arrives_is_tagged_and_noted_before_anybody_reads_it(house: House) -> None:
    on_raise(name="Note", words="toner, invoices")
    on_raise(name="Tag", position=2, action="tag", note="", adds_tags="month end, #billing")
    on_raise(name="Other", position=3, kinds=["request"], channels=["email"])

    ticket = make_ticket(house)

    assert results(ticket) == [
        ("Note", "ran", []),
        ("Tag", "ran", []),
        ("Other", "unmet", ["kind", "channel"]),
    ]
    assert (notes(ticket), tag_names_of(ticket)) == (
        ["Look at the invoice first."],
        ["billing", "month end"],
    )
    (log,) = rule_logs_of(ticket)
    assert (log.trigger, log.occurrence, log.results[1]["did"]) == (
        "raised",
        {},
        "month end, billing",
    )


def test_a_rule_for_services_leaves_others_alone(house: House) -> None:
    on_raise().services.set([house.services["network"]])

    tickets = [make_ticket(house, service=name) for name in ("erp", "network")]

    assert [results(ticket) for ticket in tickets] == [
        [("R", "unmet", ["service"])],
        [("R", "ran", [])],
    ]


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_judged_once_and_others_are_another_change(house: House, change: str) -> None:
    ticket = make_ticket(house)
    services.tag_ticket(ticket=fresh(ticket), names=["old"], by=by(house.agent), at=MONDAY_9AM)
    on_change(change)
    for place, act in enumerate(CHANGES.values(), start=1):
        act(house, ticket, MONDAY_9AM + place * HOUR)

    ran = [log for log in rule_logs_of(ticket) if log.results[0]["outcome"] == "ran"]

    assert [log.occurrence for log in ran] == [{"change": change}]
    assert sorted(log.occurrence["change"] for log in rule_logs_of(ticket)) == sorted(CHANGES)
    assert notes(ticket) == ["Look at the invoice first."]


def test_what_changes_nothing_is_no_change(house: House) -> None:
    ticket = make_ticket(house)
    on_change("classified", "assigned", "tagged")
    tag(house, ticket, "billing", MONDAY_9AM)
    assign(house, ticket, MONDAY_9AM)
    before = len(rule_logs_of(ticket))

    classify(house, fresh(ticket), MONDAY_9AM + HOUR)  # confirms what the customer proposed
    tag(house, ticket, "Billing", MONDAY_9AM + HOUR)
    assign(house, ticket, MONDAY_9AM + HOUR)
    services.add_note(ticket=fresh(ticket), body="Hm.", by=by(house.agent), at=MONDAY_9AM + HOUR)
    services.reply_to_customer(
        ticket=fresh(ticket), body="Hi.", by=by(house.agent), at=MONDAY_9AM + HOUR
    )

    assert (before, len(rule_logs_of(ticket))) == (2, 2)


def test_a_rule_waits_for_a_tag_that_the_ticket_has(house: House) -> None:
    on_change("customer_wrote", tags="Facturación, vip")
    ticket = make_ticket(house)
    write(house, ticket, MONDAY_9AM + MINUTE)
    tag(house, ticket, "facturacion", MONDAY_9AM + 2 * MINUTE)
    write(house, ticket, MONDAY_9AM + 20 * MINUTE)

    assert results(ticket) == [
        ("R", "unmet", ["tags"]),
        ("R", "unmet", ["change"]),
        ("R", "ran", []),
    ]


def circle(house: House) -> list[EscalationRule]:
    """Two rules, each of which leads to the other."""
    return [
        on_change("tagged", name="Gives", action="assign", person=house.staff["agent2"], note=""),
        on_change("assigned", name="Tags", action="tag", adds_tags="given", note=""),
    ]


def test_a_circle_of_rules_stops_and_is_told_once(house: House) -> None:
    circle(house)
    tickets = [make_ticket(house), make_ticket(house)]

    for ticket in tickets:
        tag(house, ticket, "vip", MONDAY_9AM + HOUR)

    for ticket in tickets:
        assert results(ticket) == [
            ("Gives", "ran", []),
            ("Tags", "unmet", ["change"]),
            ("Gives", "unmet", ["change"]),
            ("Tags", "ran", []),
            ("Gives", "own_act", []),
            ("Tags", "unmet", ["change"]),
        ]
        assert (fresh(ticket).assignee, tag_names_of(ticket)) == (
            house.staff["agent2"],
            ["given", "vip"],
        )
        assert [log.occurrence for log in reversed(rule_logs_of(ticket))] == [
            {"change": "tagged"},
            {"change": "assigned", "by_rule": "Gives"},
            {"change": "tagged", "by_rule": "Tags"},
        ]
    assert letters("rule_loop") == ["desk_supervisor@desk.example"]
    untagged = make_ticket(house)
    assign(house, untagged, MONDAY_9AM + HOUR)  # the circle begins with the other rule
    assert results(untagged)[-1] == ("Tags", "own_act", [])
    assert letters("rule_loop") == ["desk_supervisor@desk.example"] * 2


def test_an_act_that_fails_leads_to_nothing(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    circle(house)
    on_change("tagged", name="Fails", position=2)
    ticket = make_ticket(house)

    def fails(**_values: Any) -> None:
        tag(house, ticket, "half", MONDAY_9AM)
        raise ValueError

    monkeypatch.setattr("escalation.services.acting.note_automatically", fails)
    tag(house, ticket, "vip", MONDAY_9AM + HOUR)

    assert ("Fails", "failed", ["error"]) in results(ticket)
    assert tag_names_of(ticket) == ["given", "vip"]
    assert [log.occurrence.get("by_rule") for log in reversed(rule_logs_of(ticket))] == [
        None,
        "Gives",
        "Tags",
    ]


def test_a_ticket_with_as_many_tags_as_it_may_have_says_so(house: House) -> None:
    ticket = make_ticket(house)
    for number in range(services.MOST_TAGS):
        tag(house, ticket, f"t{number}", MONDAY_9AM)
    on_change("assigned", action="tag", adds_tags="one more", note="")

    assign(house, ticket, MONDAY_9AM + HOUR)

    assert results(ticket) == [("R", "failed", ["too_many_tags"])]
    assert len(tags_of(ticket)) == services.MOST_TAGS


def test_people_may_make_the_same_change_twenty_times_a_day(house: House) -> None:
    on_change("customer_wrote")
    ticket = make_ticket(house)
    for number in range(21):
        write(house, ticket, MONDAY_9AM + number * 11 * MINUTE)

    assert [outcome for _name, outcome, _why in results(ticket)] == ["ran"] * 20 + ["loop"]
    assert letters("rule_loop") == ["desk_supervisor@desk.example"]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"changes": []}, "changes"),
        ({"changes": ["assigned"], "action": "assign"}, "changes"),
        ({"changes": ["customer_wrote", "tagged"], "action": "tag", "adds_tags": "x"}, "changes"),
        ({"changes": ["assigned"], "action": "tag", "adds_tags": " , "}, "adds_tags"),
        ({"changes": ["assigned"], "note": " \n"}, "note"),
        ({"trigger": "raised", "action": "assign", "person": None}, "person"),
    ],
)
def test_a_rule_that_would_wait_for_its_own_act_or_do_nothing_is_refused(
    house: House, values: dict[str, Any], field: str
) -> None:
    given = {"person": house.agent} if values.get("action") == "assign" else {}
    with pytest.raises(ValidationError) as refused:
        rule(**(NOTED | {"trigger": "changed"} | given | values))

    assert list(refused.value.message_dict) == [field]


def test_tags_of_signs_alone_are_on_no_ticket() -> None:
    assert has_tags(EscalationRule(tags=""), ["a"])
    assert not has_tags(EscalationRule(tags="###"), ["a"])
    assert has_tags(EscalationRule(tags="#Á, b"), ["a"])


@pytest.mark.parametrize(
    ("words", "text", "found"),
    [
        ("", "anything", True),
        (" , ", "anything", False),
        ("🔥", "anything 🔥", False),
        ("---, ???", "anything", False),
        ("impresoras", "La Impresora no imprime", True),
        ("FACTURACION", "facturación electrónica", True),
        ("printing", "It prints blank pages", True),
        ("toner, factura", "No hay factura", True),
        ("sin red", "Estamos sin la red", False),
        ("sin red", "Estamos SIN RED.", True),
        ("red", "las redes", True),
        ("red", "La redacción", False),
        ("0x80070005", "Error 0x80070005 en", True),
    ],
)
def test_words_are_found_whatever_their_case_accents_or_ending(
    words: str, text: str, found: bool
) -> None:
    assert has_words(EscalationRule(words=words), TicketText("It is", text)) is found
