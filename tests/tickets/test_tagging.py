"""Tags of tickets."""

from collections.abc import Iterator

import pytest
from django.utils import translation

from foundation.core.errors import Invalid, NotAllowed
from tests.support.house import MONDAY_9AM, House, by, make_ticket
from tickets import queries, services, verbs
from tickets.models import Tag, Ticket, tag_key
from web.timeline import sentence


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


def tag(house: House, ticket: Ticket, *names: str) -> list[str]:
    added = services.tag_ticket(ticket=ticket, names=names, by=by(house.agent), at=MONDAY_9AM)
    return [each.name for each in added]


def names(ticket: Ticket) -> list[str]:
    return [each.name for each in queries.tags_of(ticket)]


def test_a_tag_is_one_however_it_is_spelled_and_the_first_spelling_stays(house: House) -> None:
    first = make_ticket(house)
    second = make_ticket(house)

    assert tag(house, first, "#Facturación", " cierre  de mes ") == ["Facturación", "cierre de mes"]
    assert tag(house, second, "FACTURACION", "facturación", "vpn") == ["Facturación", "vpn"]
    assert tag(house, second, "vpn") == []

    assert names(first) == ["cierre de mes", "Facturación"]
    assert names(second) == ["Facturación", "vpn"]
    assert Tag.objects.count() == 3


def test_the_record_has_what_was_put_on_and_taken_off(house: House) -> None:
    ticket = make_ticket(house)
    tag(house, ticket, "vpn", "urgente")
    found = queries.tags_of(ticket)[1]

    services.untag_ticket(ticket=ticket, tag=found, by=by(house.agent), at=MONDAY_9AM)
    services.untag_ticket(ticket=ticket, tag=found, by=by(house.agent), at=MONDAY_9AM)

    entries = [e for e in queries.timeline(ticket) if e.verb in {verbs.TAGGED, verbs.UNTAGGED}]
    assert [sentence(entry, "UTC") for entry in entries] == [
        "Tag: vpn",
        "Tag: urgente",
        "Tag taken off: vpn",
    ]
    assert all("vpn" not in str(entry.payload) for entry in entries)
    assert names(ticket) == ["urgente"]


@pytest.mark.parametrize(
    ("written", "words"),
    [
        (["a,b"], "neither commas nor quotation marks"),
        (['say "hi"'], "neither commas nor quotation marks"),
        (["x" * 41], "at most 40 characters"),
        (["\ufdfa" * 40], "at most 40 characters"),  # which unfolds to 720 letters
        (["\u00b4", "\u200b", "##"], "Write a tag"),
        (["", "  ", "#"], "Write a tag"),
        ([f"t{number}" for number in range(21)], "at most 20 tags"),
        (["good", "a,b"], "neither commas"),
    ],
)
def test_what_is_no_tag_is_refused_and_nothing_is_put_on(
    house: House, written: list[str], words: str
) -> None:
    ticket = make_ticket(house)

    with pytest.raises(Invalid, match=words):
        tag(house, ticket, *written)

    assert names(ticket) == []


def test_the_limit_counts_what_is_there_and_not_what_is_there_already(house: House) -> None:
    ticket = make_ticket(house)
    twenty = [f"t{number}" for number in range(20)]
    tag(house, ticket, *twenty)

    assert tag(house, ticket, *twenty) == []
    with pytest.raises(Invalid, match="at most 20 tags"):
        tag(house, ticket, "t20")


def test_each_customer_has_tags_of_its_own_and_a_filter_finds_both(house: House) -> None:
    ours = make_ticket(house)
    theirs = make_ticket(house, requester=house.outsider)
    tag(house, ours, "VPN")
    tag(house, theirs, "vpn")
    make_ticket(house)

    assert Tag.objects.count() == 2
    assert [each.name for each in queries.tags_in_use(house.north.pk)] == ["VPN"]
    assert len(queries.tags_in_use()) == 1
    found = queries.tagged(Ticket.objects.order_by("pk"), "Vpn")
    assert list(found) == [ours, theirs]


def test_a_tag_that_is_on_no_ticket_is_offered_no_more(house: House) -> None:
    ticket = make_ticket(house)
    tag(house, ticket, "vpn", "red")
    gone = queries.tag_of(ticket, Tag.objects.get(key="vpn").pk)
    assert gone is not None

    services.untag_ticket(ticket=ticket, tag=gone, by=by(house.agent), at=MONDAY_9AM)

    assert [each.name for each in queries.tags_in_use()] == ["red"]
    assert queries.tag_of(ticket, gone.pk) is None


def test_who_may_not_work_on_a_ticket_does_not_tag_it(house: House) -> None:
    ticket = make_ticket(house)
    tag(house, ticket, "vpn")
    (found,) = queries.tags_of(ticket)

    with pytest.raises(NotAllowed):
        services.tag_ticket(ticket=ticket, names=["x"], by=by(house.staff["bpo"]), at=MONDAY_9AM)
    with pytest.raises(NotAllowed):
        services.untag_ticket(ticket=ticket, tag=found, by=by(house.requester), at=MONDAY_9AM)
    assert names(ticket) == ["vpn"]


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("v\u200bpn", "vpn"),
        ("\u00b4", ""),
        ("Cierre  de MES", "cierre de mes"),
        ("Ñandú", "nandu"),
        ("C++", "c++"),
        ("ß", "ss"),
    ],
)
def test_the_key_of_a_tag(name: str, key: str) -> None:
    assert tag_key(name) == key
