"""Remote sessions, functional analyses and marked stays on the desk's ticket page."""

from typing import Any

import pytest

from catalog.models import Service
from tests.support.house import MONDAY_9AM, House, by, fresh, make_ticket
from tests.support.tickets import started, step
from tickets import services
from tickets.models import FunctionalAnalysis, RemoteSession, Ticket, TimeEntry

pytestmark = pytest.mark.usefixtures("monday")
HTMX = {"HX-Request": "true"}
OURS = {"Origin": "http://testserver"}
PREVIEW = "/admin/queue/preview/"
APPLY = "/admin/queue/apply/"
SESSION = {
    "tool": "Screen",
    "started_at": "2026-03-02T08:00",
    "minutes": "45",
    "consent_by": "Ana Ruiz",
    "consent": "phone",
    "summary": "The printer was paused.",
    "recording": "https://records.example/7",
    "counts_as_work": "on",
}
ANALYSIS = {
    "kind": "delete",
    "environment": "production",
    "tables": "invoices",
    "finding": "Two rows of one invoice.",
    "change": "DELETE FROM invoices WHERE id = 7;",
    "undoing": "INSERT from the copy of today.",
}
MARK = {"mark": "spare_parts", "reason": "A disk.", "expected_on": "2026-03-06"}


def path(ticket: Ticket, rest: str) -> str:
    return f"/admin/tickets/{ticket.number}/{rest}"


def test_a_session_is_noted_and_removed_in_its_panel(house: House, sign_in: Any) -> None:
    client = sign_in(house.agent)
    ticket = make_ticket(house)

    panel = client.post(path(ticket, "sessions/"), SESSION, headers=HTMX).content.decode()

    session = RemoteSession.objects.get()
    assert (session.ended_at - session.started_at).total_seconds() == 45 * 60
    assert session.started_at.isoformat() == "2026-03-02T14:00:00+00:00"
    assert 'id="panel-sessions"' in panel
    assert "Screen · 45 min" in panel
    assert 'href="https://records.example/7"' in panel
    assert "Ana Ruiz" in panel
    assert TimeEntry.objects.get().activity == "remote"
    gone = client.post(path(ticket, f"sessions/{session.pk}/remove/"), headers=HTMX)
    twice = client.post(path(ticket, f"sessions/{session.pk}/remove/"), headers=HTMX)
    assert (twice.status_code, 'id="panel-sessions"' in twice.content.decode()) == (200, True)
    assert "Nadie se ha conectado aún" in gone.content.decode()
    again = client.post(path(ticket, f"sessions/{session.pk}/remove/"), follow=True)
    assert "ya no existe" in again.content.decode()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"tool": ""}, "requerido"),
        ({"started_at": "2026-03-02T08:59", "minutes": "45"}, "cuando ya terminó"),
        ({"started_at": "soon"}, "fecha/hora válida"),
        ({"minutes": "never"}, "Escriba un tiempo como"),
        ({"summary": " "}, "requerido"),
    ],
)
def test_a_wrong_session_keeps_what_was_typed(
    house: House, sign_in: Any, changes: dict[str, str], words: str
) -> None:
    ticket = make_ticket(house)

    answer = sign_in(house.agent).post(
        path(ticket, "sessions/"), {**SESSION, **changes}, headers=HTMX
    )

    page = answer.content.decode()
    assert answer.status_code == 400
    assert words in page
    assert "Ana Ruiz" in page
    assert not RemoteSession.objects.exists()
    assert not TimeEntry.objects.exists()


def test_an_analysis_is_recorded_made_and_kept(house: House, sign_in: Any) -> None:
    Service.objects.filter(pk=house.services["erp"].pk).update(needs_analysis=True)
    client = sign_in(house.agent)
    ticket = started(house)
    assert "solo con un análisis registrado" in (
        client.get(path(ticket, "panels/analyses/")).content.decode()
    )

    panel = client.post(path(ticket, "analyses/"), ANALYSIS, headers=HTMX).content.decode()

    analysis = FunctionalAnalysis.objects.get()
    assert "DELETE FROM invoices WHERE id = 7;" in panel
    wrong = client.post(path(ticket, f"analyses/{analysis.pk}/run/"), {"rows": "-1"}, headers=HTMX)
    assert wrong.status_code == 400
    assert "mayor o igual a 0" in wrong.content.decode()
    made = client.post(path(ticket, f"analyses/{analysis.pk}/run/"), {"rows": "1"}, headers=HTMX)
    assert "1 registro" in made.content.decode()
    again = client.post(path(ticket, f"analyses/{analysis.pk}/run/"), {"rows": "2"}, headers=HTMX)
    assert "se anotó como hecho" in again.content.decode()
    kept = client.post(path(ticket, f"analyses/{analysis.pk}/remove/"), headers=HTMX)
    assert "su análisis se conserva" in kept.content.decode()
    for act in ("run", "remove"):
        gone = client.post(path(ticket, f"analyses/999999/{act}/"), {"rows": "1"}, follow=True)
        assert "ya no existe" in gone.content.decode()


def test_an_analysis_that_lacks_something_keeps_what_was_typed(house: House, sign_in: Any) -> None:
    ticket = started(house)

    answer = sign_in(house.agent).post(
        path(ticket, "analyses/"), {**ANALYSIS, "undoing": ""}, headers=HTMX
    )

    assert answer.status_code == 400
    assert "Two rows of one invoice." in answer.content.decode()


def test_an_analysis_that_was_not_made_is_removed(house: House, sign_in: Any) -> None:
    client = sign_in(house.agent)
    ticket = started(house)
    client.post(path(ticket, "analyses/"), ANALYSIS)
    analysis = FunctionalAnalysis.objects.get()

    answer = client.post(path(ticket, f"analyses/{analysis.pk}/remove/"), headers=HTMX)

    assert "No se ha analizado ningún cambio de datos." in answer.content.decode()


def test_the_solution_without_an_analysis_is_refused_with_words(house: House, sign_in: Any) -> None:
    Service.objects.filter(pk=house.services["erp"].pk).update(needs_analysis=True)
    ticket = fresh(started(house))
    data = {"version": ticket.version, "solution_type": "definitive", "message": "Done."}

    answer = sign_in(house.agent).post(path(ticket, "step/solve/"), data, headers=HTMX)

    assert "registre el análisis funcional" in answer.content.decode()
    assert "Done." in answer.content.decode()
    assert fresh(ticket).state == "in_progress"


def test_a_wait_is_noted_shown_and_taken_off(house: House, sign_in: Any) -> None:
    client = sign_in(house.agent)
    ticket = fresh(started(house))

    page = client.post(
        path(ticket, "mark/"), {**MARK, "version": ticket.version}, follow=True
    ).content.decode()

    assert "Anotado; se le avisa al cliente." in page
    assert "Refacciones" in page
    assert "6 mar 2026" in page
    assert "Continuar" in page
    marked = fresh(ticket)
    assert marked.stay_mark == "spare_parts"
    stale = client.post(path(ticket, "mark/remove/"), {"version": ticket.version}, headers=HTMX)
    assert stale.status_code == 409
    assert fresh(ticket).stay_mark == "spare_parts"
    client.post(path(ticket, "mark/remove/"), {"version": marked.version})
    assert fresh(ticket).stay_mark == ""
    needless = client.post(path(ticket, "mark/remove/"), headers=HTMX)
    assert "no está en espera de nada" in needless.content.decode()


def test_a_wrong_wait_keeps_what_was_typed(house: House, sign_in: Any) -> None:
    client = sign_in(house.agent)
    ticket = fresh(started(house))

    for changes, words in (
        ({"expected_on": "2026-03-01"}, "Dé un día de hoy"),
        ({"mark": "lunch"}, "lunch no es una de las opciones disponibles"),
    ):
        data = {**MARK, **changes, "version": ticket.version}
        answer = client.post(path(ticket, "mark/"), data, headers=HTMX)
        assert answer.status_code == 400
        assert words in answer.content.decode()
        assert "A disk." in answer.content.decode()
    stale = client.post(path(ticket, "mark/"), {**MARK, "version": 1}, headers=HTMX)

    assert stale.status_code == 409
    assert "A disk." in stale.content.decode()
    assert fresh(ticket).stay_mark == ""


def test_who_only_reads_is_offered_nothing_and_changes_nothing(house: House, sign_in: Any) -> None:
    ticket = fresh(started(house))
    session = services.note_session(
        ticket=ticket,
        session=services.NewSession(
            tool="Screen",
            started_at=ticket.received_at.replace(hour=10),
            ended_at=ticket.received_at.replace(hour=11),
            consent_by="Ana",
            consent="phone",
            summary="Seen.",
        ),
        by=by(house.agent),
        at=MONDAY_9AM,
    )
    client = sign_in(house.staff["bpo"])

    for name in ("sessions", "analyses"):
        assert "<form" not in client.get(path(ticket, f"panels/{name}/")).content.decode()
    for rest, data in (
        ("sessions/", SESSION),
        (f"sessions/{session.pk}/remove/", {}),
        ("analyses/", ANALYSIS),
        ("mark/", {**MARK, "version": ticket.version}),
        ("mark/remove/", {}),
    ):
        assert client.post(path(ticket, rest), data).status_code == 403
    assert RemoteSession.objects.get().removed_at is None


def test_the_form_of_a_step_asks_for_what_its_cause_needs(house: House, sign_in: Any) -> None:
    client = sign_in(house.agent)
    first = make_ticket(house)
    ticket = fresh(make_ticket(house))
    form = client.get(path(ticket, "step/cancel/form/"), headers=HTMX).content.decode()
    assert 'name="duplicate_of"' in form
    assert house.people["coordinator"].full_name in form
    assert "Correo basura" not in form
    data = {"version": ticket.version, "reason": "Twice.", "cause": "duplicate"}

    wrong = client.post(
        path(ticket, "step/cancel/"), {**data, "duplicate_of": "TK-999999"}, headers=HTMX
    )

    assert wrong.status_code == 400
    assert "No existe ese ticket" in wrong.content.decode()
    assert "TK-999999" in wrong.content.decode()
    offered = f"{first.number} {first.subject}"
    page = client.post(path(ticket, "step/cancel/"), {**data, "duplicate_of": offered}, follow=True)
    assert fresh(ticket).state == "cancelled"
    assert "Duplicado de otro ticket" in page.content.decode()
    assert f'href="/admin/tickets/{first.number}/"' in page.content.decode()


def test_several_tickets_are_cancelled_with_one_cause(house: House, sign_in: Any) -> None:
    client = sign_in(house.agent)
    tickets = [fresh(make_ticket(house)) for _ in range(2)]
    chosen = [f"{each.pk}:{each.version}" for each in tickets]
    act = {"act": "step", "step": "cancel", "ticket": chosen}
    shown = client.post(PREVIEW, act).content.decode()
    assert 'name="asked_channel"' in shown
    assert 'name="asked_by"' not in shown
    assert shown.count("Cancelado") >= 2

    missing = client.post(APPLY, {**act, "reason": "Over.", "cause": ""})
    assert missing.status_code == 400
    for cause in ("requested", "duplicate"):
        bare = client.post(APPLY, {**act, "reason": "Over.", "cause": cause})
        assert bare.status_code == 400
        assert "field-wrong" in bare.content.decode()
    unknown = {**act, "reason": "Over.", "cause": "duplicate", "duplicate_of": "TK-999999"}
    assert client.post(APPLY, unknown).status_code == 400
    client.post(
        APPLY,
        {**act, "reason": "Over.", "cause": "requested", "asked_channel": "chat"},
    )

    assert [fresh(each).state for each in tickets] == ["cancelled", "cancelled"]


def test_what_was_typed_for_a_ticket_that_ended_meanwhile_is_kept(
    house: House, sign_in: Any
) -> None:
    client = sign_in(house.agent)
    ticket = fresh(started(house))
    step(house, ticket, "close_invalid", MONDAY_9AM, reason="Nothing fails.")
    mark = {**MARK, "version": ticket.version}

    for headers in (HTMX | OURS, OURS):
        for rest, data, text in (
            ("mark/", mark, "A disk."),
            ("analyses/", ANALYSIS, "Two rows of one invoice."),
        ):
            answer = client.post(path(ticket, rest), data, headers=headers)
            assert answer.status_code in {400, 409}
            assert text in answer.content.decode()


def test_the_queue_shows_and_finds_what_waits_and_why_tickets_ended(
    house: House, sign_in: Any
) -> None:
    client = sign_in(house.agent)
    waits = fresh(started(house, subject="The disk"))
    started(house, subject="Another")
    ended = make_ticket(house, subject="The duplicate")
    step(house, ended, "reject", MONDAY_9AM, cause="junk", reason="Junk.")
    client.post(path(waits, "mark/"), {**MARK, "version": waits.version})

    found = client.get("/admin/queue/?view=all&mark=spare_parts").content.decode()
    other = client.get("/admin/queue/?view=all&mark=accessories").content.decode()
    junk = client.get("/admin/queue/?view=ended&cause=junk").content.decode()

    assert "The disk" in found
    assert "Another" not in found
    assert found.count("Refacciones") >= 3  # the chosen filter, the title and the words of the row
    assert "The disk" not in other
    assert "The duplicate" in junk
    assert 'name="cause"' in junk
    assert 'name="mark"' not in junk
    assert 'name="cause"' not in found
