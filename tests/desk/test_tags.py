"""Tags on the desk's pages: the ticket, the queue, its search and its file."""

from typing import Any

import pytest

from tests.support.house import MONDAY_9AM, House, by, make_ticket
from tickets import queries, services
from tickets.models import Ticket

pytestmark = pytest.mark.usefixtures("monday")
HTMX = {"HX-Request": "true"}


def path(ticket: Ticket, rest: str) -> str:
    return f"/admin/tickets/{ticket.number}/{rest}"


def tagged(house: House, subject: str, *names: str) -> Ticket:
    ticket = make_ticket(house, subject=subject)
    services.tag_ticket(ticket=ticket, names=names, by=by(house.agent), at=MONDAY_9AM)
    return ticket


def test_tags_are_typed_with_commas_and_taken_off_without_a_page(
    house: House, sign_in: Any
) -> None:
    client = sign_in(house.agent)
    ticket = make_ticket(house)

    added = client.post(path(ticket, "tags/"), {"tags": "VPN, cierre de mes"}, headers=HTMX)

    panel = added.content.decode()
    assert added.status_code == 200
    assert 'id="panel-tags"' in panel
    assert "<html" not in panel
    assert "?tag=cierre%20de%20mes" in panel
    vpn = next(each for each in queries.tags_of(ticket) if each.name == "VPN")
    taken = client.post(path(ticket, f"tags/{vpn.pk}/remove/"), headers=HTMX).content.decode()
    assert "VPN" not in taken
    again = client.post(path(ticket, f"tags/{vpn.pk}/remove/"))
    assert again.status_code == 302
    assert [each.name for each in queries.tags_of(ticket)] == ["cierre de mes"]


def test_a_refused_tag_stays_in_the_field(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)

    answer = sign_in(house.agent).post(path(ticket, "tags/"), {"tags": "x" * 41}, headers=HTMX)

    assert answer.status_code == 400
    assert "a lo más 40 caracteres" in answer.content.decode()
    assert f'value="{"x" * 41}"' in answer.content.decode()


def test_who_only_reads_sees_the_tags_and_no_field(house: House, sign_in: Any) -> None:
    ticket = tagged(house, "It fails", "vpn")
    client = sign_in(house.staff["bpo"])

    panel = client.get(path(ticket, "panels/tags/")).content.decode()

    assert ">vpn</a>" in panel
    assert "<form" not in panel
    (found,) = queries.tags_of(ticket)
    assert client.post(path(ticket, "tags/"), {"tags": "red"}).status_code == 403
    assert client.post(path(ticket, f"tags/{found.pk}/remove/")).status_code == 403
    assert [each.name for each in queries.tags_of(ticket)] == ["vpn"]


def test_the_queue_filters_shows_and_exports_tags(house: House, sign_in: Any) -> None:
    client = sign_in(house.agent)
    tagged(house, "The tunnel fails", "VPN", "bodega")
    tagged(house, "The printer fails", "papel")

    page = client.get("/admin/queue/?tag=vpn&columns=tags").content.decode()
    lines = client.get("/admin/queue/export/csv/?tag=Vpn&columns=tags").content.decode()

    assert "The tunnel fails" in page
    assert "The printer fails" not in page
    assert '<span class="tag">bodega</span>' in page
    assert "bodega, VPN" in lines
    choices = client.get("/admin/queue/choices/").content.decode()
    assert [each in choices for each in ("bodega", "papel", "VPN")] == [True, True, True]
    assert '<option value="vpn" selected>' in page


@pytest.mark.parametrize(
    "typed", ["etiqueta:pap", "tag:papel", 'etiqueta:"Papel"', "tag:PAPEL printer"]
)
def test_the_search_filters_by_tag(house: House, sign_in: Any, typed: str) -> None:
    tagged(house, "The tunnel fails", "VPN")
    tagged(house, "The printer fails", "papel")

    page = sign_in(house.agent).get("/admin/queue/", {"q": typed}).content.decode()

    assert "The printer fails" in page
    assert "The tunnel fails" not in page


def test_a_tag_that_nothing_has_is_refused_with_those_that_there_are(
    house: House, sign_in: Any
) -> None:
    client = sign_in(house.agent)
    bare = client.get("/admin/queue/", {"q": "tag:zzz"}).content.decode()
    tagged(house, "The printer fails", "papel")

    page = client.get("/admin/queue/", {"q": "tag:zzz"}).content.decode()

    assert "Nada se llama «zzz» aquí." in bare
    assert "Escriba" not in bare.split("Nada se llama")[1][:80]
    assert "Nada se llama «zzz» aquí. Escriba uno de: papel." in page


def test_a_customer_reads_no_tag(house: House, sign_in: Any) -> None:
    ticket = tagged(house, "It fails", "difficult customer")
    client = sign_in(house.requester)

    pages = [
        client.get(f"/tickets/{ticket.number}/"),
        client.get("/tickets/", {"q": "tag:difficult"}),
        client.get("/tickets/", {"q": "difficult"}),
    ]

    assert all("difficult customer" not in page.content.decode() for page in pages)
