"""Tickets are found by all of their texts, the same on both databases; a customer never by a word
that only the staff reads.
"""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import call_command

from foundation.accounts.tenancy import every_organization
from foundation.configuration.services import record_configuration_change
from foundation.search.models import Audience, Entry
from tests.support.audits import upload
from tests.support.files import PNG
from tests.support.house import DAY, HOUR, MONDAY_9AM, SETUP, House, by, fresh, make_ticket
from tests.support.tickets import step
from tickets import queries, services, tasks
from tickets.models import Rename, Ticket

Found = Callable[..., list[int]]


@pytest.fixture
def found(house: House) -> Found:
    """Return which tickets a search finds, counted from 1 as they were made."""

    def search(words: str, *, reads_internal: bool = True) -> list[int]:
        tickets = queries.matching(
            Ticket.objects.order_by("pk"),
            words,
            reader=house.agent if reads_internal else house.requester,
        )
        made = list(Ticket.objects.order_by("pk").values_list("pk", flat=True))
        return [made.index(ticket.pk) + 1 for ticket in tickets]

    return search


@pytest.fixture
def told(house: House, found: Found) -> None:
    """Three tickets with messages, a note and a file."""
    one = make_ticket(
        house,
        subject="Caída del túnel VPN-305",
        description="Operación no permitida en 10.0.0.1 (00:1A:2b:3c).",
    )
    make_ticket(
        house,
        subject="Pedido 97933: actualizaciones de la impresora",
        description="Serie 497955-AIS. Antigüedad de 100%. Placa ABC-00123.",
    )
    make_ticket(house, subject="Printers print blank pages", description="Since Monday.")
    services.reply_to_customer(
        ticket=fresh(one),
        body="We restarted the gateway.",
        files=[upload(PNG, "pantalla-azul.png")],
        by=by(house.agent),
        at=MONDAY_9AM + HOUR,
    )
    services.add_note(
        ticket=fresh(one), body="Canario secreto del proveedor", by=by(house.agent), at=MONDAY_9AM
    )
    step(house, one, "start", MONDAY_9AM + HOUR)
    step(
        house,
        one,
        "pend_supplier",
        MONDAY_9AM + HOUR,
        supplier="Enlaces del Golfo",
        supplier_case="INC-88123",
        promised_on=MONDAY_9AM.date() + DAY,
        reason="The line is theirs.",
    )


@pytest.mark.parametrize("words", ["canario", "secretos", "proveedor caída", '"canario secreto"'])
def test_a_word_of_a_note_finds_nothing_for_a_customer(
    house: House, told: None, found: Found, words: str
) -> None:
    assert found(words) == [1]
    assert found(words, reads_internal=False) == []


def test_what_is_written_after_a_note_is_found_by_both(
    house: House, told: None, found: Found
) -> None:
    one = Ticket.objects.get(subject__startswith="Ca")
    for body, add in (("zebra", services.reply_to_customer), ("okapi", services.add_note)):
        add(ticket=fresh(one), body=body, by=by(house.agent), at=MONDAY_9AM + 2 * HOUR)

    assert [found("zebra"), found("zebra", reads_internal=False)] == [[1], [1]]
    assert [found("okapi canario"), found("okapi", reads_internal=False)] == [[1], []]
    audiences = Entry.objects.filter(object_id=one.pk).values_list("audience", flat=True)
    assert sorted(audiences) == [Audience.CUSTOMERS, Audience.STAFF]


def test_a_suppliers_case_is_found_by_the_staff_alone(told: None, found: Found) -> None:
    for words in ("INC-88123", "enlaces golfo"):
        assert found(words) == [1]
        assert found(words, reads_internal=False) == []


def renamed(instance: Any, fields: list[str]) -> None:
    instance.save()
    record_configuration_change(
        instance=instance, changed_fields=fields, created=False, by=SETUP, at=MONDAY_9AM
    )


def test_a_new_name_is_found_and_the_old_one_is_not(
    house: House, told: None, found: Found, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tickets.services.renaming.BATCH", 2)
    make_ticket(house, organization=house.south, requester=house.outsider)
    house.north.name = "Fundidora Boreal"
    renamed(house.north, ["name"])
    house.outsider.full_name = "Zacarías Umbral"
    renamed(house.outsider, ["full_name"])
    assert found("fundidora") == []

    assert [tasks.sweep_renames() for _ in range(2)] == [4, 0]

    assert found("fundidora boreal") == found("cliente:boreal") == [1, 2, 3]
    assert found("cliente:north") == []
    assert found("de:umbral") == [4]
    assert found("canario") == [1]
    assert found("canario", reads_internal=False) == []
    assert not Rename.objects.exists()


def test_what_a_run_did_not_reach_is_left_for_the_next(
    house: House, told: None, found: Found, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tickets.services.renaming.BATCH", 2)
    house.requester.email = "nova@north.example"
    renamed(house.requester, ["email", "language"])

    with every_organization(reason="a worker"):
        assert services.index_renamed() == 2
        assert found("nova@north.example") == [1, 2]
        house.requester.email = "lux@north.example"
        renamed(house.requester, ["email"])  # again, meanwhile: from the first one on
        assert [services.index_renamed() for _ in range(3)] == [2, 1, None]
    assert found("lux@north.example") == [1, 2, 3]
    assert found("nova@north.example") == []


@pytest.mark.parametrize("fields", [[], ["language"]])
def test_other_changes_leave_the_index_alone(house: House, fields: list[str]) -> None:
    renamed(house.requester, fields)
    renamed(house.north, ["time_zone"])

    assert not Rename.objects.exists()


def test_very_long_texts_are_taken_and_found_by_their_first_words(
    house: House, found: Found
) -> None:
    """PostgreSQL refuses a row of more than a megabyte of different words."""
    letters = "абвгдежзик"

    def text(number: int) -> str:
        words = ("".join(letters[int(each)] for each in f"{number}{n:06d}") for n in range(12_000))
        return f"начало{letters[number]} {' '.join(words)}"[:99_000]

    ticket = make_ticket(house, description=text(1))
    for number in range(2, 9):
        add = services.add_note if number == 5 else services.reply_to_customer
        add(ticket=fresh(ticket), body=text(number), by=by(house.agent), at=MONDAY_9AM)

    assert found("началоб") == found("началов", reads_internal=False) == [1]
    call_command("search_rebuild")
    assert found("началоб") == found("началов", reads_internal=False) == [1]


def test_the_index_is_written_anew_as_it_was(
    house: House, told: None, found: Found, capsys: Any
) -> None:
    def kept() -> list[tuple[Any, ...]]:
        rows = Entry.objects.order_by("object_id", "audience")
        return [
            (row.object_id, row.audience, sorted(row.words.split()), set(row.stems.split()))
            for row in rows
        ]

    before = kept()
    Entry.objects.all().delete()
    assert found("caída") == []

    call_command("search_rebuild")

    assert kept() == before
    assert found("canario gateway") == [1]
    assert capsys.readouterr().out == "3 tickets indexed\n"
