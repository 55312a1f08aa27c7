"""The time worked on the desk's pages: panel, composer, steps, queue."""

from typing import Any

import pytest

from catalog.models import Contract
from tests.support.house import MONDAY_9AM, House, by, fresh, make_ticket
from tests.support.tickets import started
from tickets import services
from tickets.models import Ticket, TimeEntry
from tickets.services import Spent
from tickets.states import State

pytestmark = pytest.mark.usefixtures("monday")
HTMX = {"HX-Request": "true"}


def path(ticket: Ticket, rest: str) -> str:
    return f"/admin/tickets/{ticket.number}/{rest}"


def asking(house: House, asked: str) -> None:
    Contract.objects.filter(pk=house.contract.pk).update(time_asked=asked, time_step=15)


def test_time_is_entered_and_removed_in_its_panel(house: House, sign_in: Any) -> None:
    asking(house, "with_solution")
    client = sign_in(house.agent)
    ticket = make_ticket(house)
    typed = {"minutes": "1:05", "activity": "remote", "worked_on": "2026-03-01", "note": "Plant"}
    typed["once"] = "A" * 22

    panel = client.post(path(ticket, "times/"), typed, headers=HTMX).content.decode()

    (entry,) = TimeEntry.objects.all()
    assert 'id="panel-times"' in panel
    assert "1 h 05 min" in panel
    assert "cuenta como 1 h 15 min" in panel
    assert "El contrato lo pide con la solución." in panel
    assert "Plant" in panel
    gone = client.post(path(ticket, f"times/{entry.pk}/remove/"), headers=HTMX).content.decode()
    assert "Aún no hay tiempo anotado" in gone
    again = client.post(path(ticket, f"times/{entry.pk}/remove/"), follow=True)
    assert "ya no existe" in again.content.decode()


@pytest.mark.parametrize(
    ("typed", "words"),
    [("soon", "Escriba un tiempo como"), ("", "requerido"), ("25 h", "Entre un minuto y un día")],
)
def test_a_time_that_is_none_is_refused(house: House, sign_in: Any, typed: str, words: str) -> None:
    ticket = make_ticket(house)

    answer = sign_in(house.agent).post(
        path(ticket, "times/"), {"minutes": typed, "activity": "phone"}, headers=HTMX
    )

    assert answer.status_code == 400
    assert words in answer.content.decode()
    assert not TimeEntry.objects.exists()


def test_who_only_reads_enters_nothing_and_removes_nothing(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)
    entry = services.enter_time(ticket=ticket, spent=Spent(30), by=by(house.agent), at=MONDAY_9AM)
    client = sign_in(house.staff["bpo"])

    panel = client.get(path(ticket, "panels/times/")).content.decode()

    assert "30 min" in panel
    assert "<form" not in panel
    assert client.post(path(ticket, f"times/{entry.pk}/remove/")).status_code == 403
    typed = {"minutes": "5", "activity": "phone"}
    assert client.post(path(ticket, "times/"), typed).status_code == 403
    assert TimeEntry.objects.get().removed_at is None


def test_the_composer_asks_when_the_contract_does(house: House, sign_in: Any) -> None:
    client = sign_in(house.agent)
    ticket = make_ticket(house)
    assert 'name="minutes"' not in client.get(path(ticket, "")).content.decode()
    asking(house, "with_reply")
    assert 'name="minutes"' in client.get(path(ticket, "")).content.decode()
    typed = {"kind": "reply", "body": "Hello there."}

    refused = client.post(path(ticket, "say/"), typed, headers=HTMX)
    sent = client.post(path(ticket, "say/"), typed | {"minutes": "20", "activity": "phone"})
    client.post(path(ticket, "say/"), {"kind": "note", "body": "A note."})

    assert refused.status_code == 400
    assert "El contrato pide el tiempo trabajado" in refused.content.decode()
    assert "Hello there." in refused.content.decode()
    assert sent.status_code == 302
    (entry,) = TimeEntry.objects.all()
    assert (entry.minutes, entry.activity, entry.person) == (20, "phone", house.agent)


def test_the_form_of_the_solution_asks_when_the_contract_does(house: House, sign_in: Any) -> None:
    client = sign_in(house.agent)
    ticket = started(house)
    form = client.get(path(ticket, "step/solve/form/"), headers=HTMX).content.decode()
    assert 'name="minutes"' not in form
    asking(house, "with_solution")
    form = client.get(path(ticket, "step/solve/form/"), headers=HTMX).content.decode()
    assert 'name="minutes"' in form
    typed = {"solution_type": "definitive", "message": "Done."}
    typed["version"] = str(fresh(ticket).version)

    refused = client.post(path(ticket, "step/solve/"), typed, headers=HTMX)
    assert "El contrato pide el tiempo trabajado" in refused.content.decode()
    client.post(path(ticket, "step/solve/"), typed | {"minutes": "1 h", "activity": "analysis"})

    assert fresh(ticket).state == State.SOLVED
    assert TimeEntry.objects.get().minutes == 60


def test_the_queue_shows_and_exports_the_time(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)
    services.enter_time(ticket=ticket, spent=Spent(95), by=by(house.agent), at=MONDAY_9AM)
    make_ticket(house)
    client = sign_in(house.agent)

    page = client.get("/admin/queue/?columns=worked").content.decode()
    lines = client.get("/admin/queue/export/csv/?columns=worked").content.decode().splitlines()

    assert "1 h 35 min" in page
    assert lines[0].endswith("Minutos trabajados")
    assert sorted(line.rsplit(",", 1)[1] for line in lines[1:]) == ["0", "95"]


def test_a_customer_reads_no_time(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)
    services.enter_time(
        ticket=ticket, spent=Spent(95, note="Canary"), by=by(house.agent), at=MONDAY_9AM
    )

    page = sign_in(house.requester).get(f"/tickets/{ticket.number}/").content.decode()

    assert "Canary" not in page
    assert "1 h 35 min" not in page


def test_minutes_of_a_field_that_is_hidden_are_not_entered(house: House, sign_in: Any) -> None:
    asking(house, "with_reply")
    client = sign_in(house.agent)
    ticket = make_ticket(house)
    note = {"kind": "note", "body": "A note.", "activity": "phone"}

    first = client.post(path(ticket, "say/"), note | {"minutes": "45"})
    second = client.post(path(ticket, "say/"), note | {"body": "Another.", "minutes": "soon"})

    assert (first.status_code, second.status_code) == (302, 302)
    assert not TimeEntry.objects.exists()


def test_a_step_that_is_not_possible_any_more_gives_the_minutes_to_the_composer(
    house: House, sign_in: Any
) -> None:
    asking(house, "with_reply")
    client = sign_in(house.agent)
    ticket = started(house)
    services.transition_ticket(
        ticket=fresh(ticket),
        name="solve",
        details=services.TransitionDetails(
            solution_type="definitive", message="Done.", spent=Spent(5)
        ),
        by=by(house.agent),
        at=MONDAY_9AM,
    )
    typed = {"message": "Which one?", "minutes": "47", "activity": "phone"}
    typed["version"] = str(ticket.version)

    answer = client.post(path(ticket, "step/pend_user/"), typed, headers=HTMX).content.decode()

    assert "Which one?" in answer
    assert 'value="47"' in answer


def test_the_step_of_the_customer_has_no_field_that_is_not_asked(
    house: House, sign_in: Any
) -> None:
    asking(house, "with_solution")
    client = sign_in(house.agent)
    ticket = started(house)

    form = client.get(path(ticket, "step/pend_user/form/"), headers=HTMX).content.decode()

    assert 'name="minutes"' not in form
