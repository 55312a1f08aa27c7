"""kill -9 during work, and the same sent at one instant: nothing is lost or done twice, and a mail
is sent twice only when the worker dies between SMTP's 250 and our commit.
"""

import http.client
import threading
import urllib.error
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.html import ChangeForm
from tests.support.receiver import receiving
from tests.support.running import (
    Mailbox,
    Mesa,
    wait_until,
)

pytestmark = pytest.mark.processes

NEW = {
    "description": "x",
    "kind": "incident",
    "service": "accesos",
    "impact": "minor",
    "urgency": "low",
}


@pytest.fixture(scope="module")
def mesa(shape: str, mailbox: Mailbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mesa]:
    """The web process alone, of the Procfile, on demonstration data: each test starts and kills
    workers itself.
    """
    running = Mesa(shape, Path(tmp_path_factory.mktemp(shape)), mailbox, demo=True)
    running.spawn("web")
    wait_until(running.answers, "the web process answers")
    try:
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="module")
def token(mesa: Mesa) -> str:
    return mesa.manage("api_token", "requester@norte.example")


def test_a_worker_killed_while_it_delivers_loses_no_message(
    mesa: Mesa, mailbox: Mailbox, token: str
) -> None:
    numbers = [
        mesa.api(token, "POST", "tickets/", {**NEW, "subject": f"Worker {n}"})["number"]
        for n in range(12)
    ]
    mailbox.delay_seconds = 0.5
    mesa.spawn("mail")
    mesa.spawn("beat")
    wait_until(lambda: len(mailbox.mails) >= 3, "the worker is delivering", 60)

    mesa.kill("mail")
    taken_in_flight = mesa.script("end_leases")
    mailbox.delay_seconds = 0
    mesa.spawn("mail")

    def copies() -> Counter[str]:
        return Counter(
            n for n in numbers for _mail in mailbox.to("requester@norte.example", about=n)
        )

    wait_until(lambda: len(copies()) == 12, "every copy arrives", 90)
    wait_until(lambda: "queued" not in mesa.script("outbox")["status"], "the outbox is empty", 60)
    doubled = {number: count for number, count in copies().items() if count > 1}
    assert len(doubled) <= taken_in_flight, (doubled, taken_in_flight)
    assert mesa.script("outbox")["reclaims"] >= len(doubled)
    for number in doubled:
        assert (
            len(
                {mail["Message-ID"] for mail in mailbox.to("requester@norte.example", about=number)}
            )
            == 1
        )
    mesa.kill("mail")
    mesa.kill("beat")


def test_a_worker_killed_while_it_tells_a_server_tells_it_again(mesa: Mesa, token: str) -> None:
    """The server fails, hangs, and comes back; the worker is killed while it hangs."""
    administrator = mesa.manage("api_token", "admin@mesa.example")
    with receiving() as receiver:
        receiver.answer = lambda _came: 503
        given = {"name": "Crashes", "url": receiver.url, "reader": "agent@mesa.example"}
        made = mesa.api(administrator, "POST", "webhooks/", given)
        numbers = [
            mesa.api(token, "POST", "tickets/", {**NEW, "subject": f"Told {n}"})["number"]
            for n in range(4)
        ]
        for number in numbers:
            mesa.api(token, "POST", f"tickets/{number}/replies/", {"body": "And another thing."})
        mesa.spawn("webhooks")
        mesa.spawn("beat")
        wait_until(lambda: len(receiver.received) >= 4, "the server was told, and failed", 60)
        receiver.received.clear()
        receiver.hangs = 3.0
        wait_until(lambda: receiver.received, "the server hangs", 60)
        mesa.kill("webhooks")
        assert mesa.script("end_leases_of_webhooks") >= 1
        receiver.hangs = 0.0
        receiver.answer = lambda _came: 200
        receiver.received.clear()
        mesa.spawn("webhooks")

        path = f"webhooks/{made['id']}/deliveries/"
        wait_until(
            lambda: (
                {each["status"] for each in mesa.api(administrator, "GET", path)["results"]}
                == {"delivered"}
            ),
            "every event arrives",
            90,
        )
        listed = mesa.api(administrator, "GET", path)["results"]
    assert set(receiver.ids) == {each["id"] for each in listed}
    for number in numbers:
        told = [each for each in receiver.events if each["data"]["ticket"]["number"] == number]
        order = list(dict.fromkeys(each["sequence"] for each in told))
        assert len(order) >= 2
        assert order == sorted(order)
    mesa.api(administrator, "PATCH", f"webhooks/{made['id']}/", {"is_active": False})
    mesa.kill("webhooks")
    mesa.kill("beat")


def test_a_web_process_killed_in_mid_request_and_asked_again_raises_each_ticket_once(
    mesa: Mesa, token: str
) -> None:
    failures: list[str] = []

    def ask(index: int) -> None:
        try:
            mesa.api(
                token,
                "POST",
                "tickets/",
                {**NEW, "subject": "Web killed"},
                Idempotency_Key=f"web-{index}",
            )
        except (urllib.error.URLError, OSError, http.client.HTTPException):  # cut in the middle
            failures.append(str(index))

    threads = [threading.Thread(target=ask, args=(index,)) for index in range(16)]
    for thread in threads:
        thread.start()
    mesa.kill("web")
    for thread in threads:
        thread.join()
    mesa.spawn("web")
    wait_until(mesa.answers, "the web process answers again")

    for index in range(16):
        ask(index)

    assert mesa.script("tickets", "Web killed") == 16
    assert failures, "the process was killed before or after every request: the test proved nothing"


@pytest.mark.parametrize("openings", ["one", "several"])
def test_a_text_sent_in_parallel_from_one_or_several_openings_of_a_form_is_written_once(
    mesa: Mesa, token: str, openings: str
) -> None:
    words = f"Sent from {openings}"
    number = mesa.api(token, "POST", "tickets/", {**NEW, "subject": words})["number"]
    tokens = [str(index if openings == "several" else 0) * 22 for index in range(6)]
    forms = [{"body": words, "once": token} for token in tokens]

    answers = mesa.send_at_once("requester@norte.example", f"/tickets/{number}/reply/", forms)

    other = 302 if openings == "one" else 409
    assert sorted(status for status, _page in answers) == sorted([302, *[other] * 5])
    assert mesa.script("messages", words) == 1


@pytest.mark.parametrize(
    ("path", "typed"),
    [
        ("/admin/accounts/organization/add/", {"name": "Este", "slug": "este"}),
        (
            "/admin/catalog/service/add/",
            {
                "name_es": "Este",
                "slug": "este",
                "category": "1",
                "support_type": "technical",
            },
        ),
    ],
)
def test_of_those_who_save_one_name_at_the_same_instant_all_but_one_get_an_error_of_the_field(
    mesa: Mesa, path: str, typed: dict[str, str]
) -> None:
    sent = ChangeForm(mesa.open_page("admin@mesa.example", path)).sent | typed

    answers = mesa.send_at_once("admin@mesa.example", path, [sent] * 3)

    assert sorted(status for status, _page in answers) == [200, 200, 302]
    assert all('value="este"' in page for status, page in answers if status == 200)


def test_what_is_written_on_a_ticket_at_one_instant_is_all_found(mesa: Mesa, token: str) -> None:
    """The first note parts the row of the staff from that of the customers in the index."""
    number = mesa.api(token, "POST", "tickets/", {**NEW, "subject": "Found"})["number"]
    words = [f"instant{index}" for index in range(6)]
    forms = [
        {"kind": "note" if index % 2 else "reply", "body": word, "once": word[-1] * 22}
        for index, word in enumerate(words)
    ]

    answers = mesa.send_at_once("agent@mesa.example", f"/admin/tickets/{number}/say/", forms)

    assert [status for status, _page in answers] == [302] * 6
    for index, word in enumerate(words):
        assert number in mesa.open_page("agent@mesa.example", f"/admin/queue/?q={word}"), word
        found = mesa.api(token, "GET", f"tickets/?q={word}")["results"]
        assert [each["number"] for each in found] == ([] if index % 2 else [number]), word


def test_the_product_itself_cannot_change_the_record(mesa: Mesa, shape: str) -> None:
    said = mesa.script("change_the_record")

    expected = {
        "sqlite": "The record only grows: add a new record that corrects the old one.",
        "postgres": "permission denied for table activity_record",
    }
    assert said == dict.fromkeys(["UPDATE", "DELETE"], expected[shape])


def test_a_warning_due_while_the_worker_was_dead_is_sent_once(mesa: Mesa, mailbox: Mailbox) -> None:
    late = mesa.script("late_ticket", "requester@sur.example", "sin-acceso", "45")
    for _ in range(2):
        mesa.spawn("beat")
        mesa.spawn("clocks")
        wait_until(
            lambda: mesa.script("facts", str(late["pk"]))["announced"], "the sweep announces", 60
        )
        mesa.kill("clocks")
        mesa.kill("beat")

    facts = mesa.script("facts", str(late["pk"]))
    assert [row for row in facts["announced"] if row == ["reaction", 100]] == [["reaction", 100]]
    assert facts["escalations"] == [[1, "breach"]]


def test_a_mail_server_that_hangs_stops_no_clock(mesa: Mesa, mailbox: Mailbox, token: str) -> None:
    for number in range(4):
        mesa.api(token, "POST", "tickets/", {**NEW, "subject": f"Hanging {number}"})
    mailbox.delay_seconds = 40  # longer than the product waits for an answer
    for name in ("mail", "clocks", "beat"):
        mesa.spawn(name)
    wait_until(lambda: "sending" in mesa.script("outbox")["status"], "a message hangs", 60)

    late = mesa.script("late_ticket", "requester@sur.example", "sin-acceso", "45")
    wait_until(
        lambda: mesa.script("facts", str(late["pk"]))["announced"], "the sweep announces", 25
    )

    mailbox.delay_seconds = 0
    for name in ("mail", "clocks", "beat"):
        mesa.kill(name)
    mesa.script("end_leases")


def test_two_concurrent_sweeps_notify_each_breach_once_though_one_dies(
    mesa: Mesa,
) -> None:
    late = [
        str(pk)
        for pk in mesa.script("late_tickets", "requester@sur.example", "sin-acceso", "45", "120")
    ]
    for name in ("first", "second"):
        mesa.spawn("clocks")
        mesa.processes[name] = mesa.processes.pop("clocks")
    mesa.spawn("beat")
    wait_until(
        lambda: any(row[0] for row in mesa.script("told", *late).values()),
        "the sweep is in its middle",
        60,
    )

    mesa.kill("first")
    wait_until(
        lambda: all(row[0] for row in mesa.script("told", *late).values()),
        "every breach is announced",
        60,
    )
    mesa.kill("second")
    mesa.kill("beat")

    assert mesa.script("told", *late) == dict.fromkeys(late, [1, 1, 1, 1])


def test_a_sweep_killed_before_each_of_its_statements_announces_each_breach_once(
    mesa: Mesa,
) -> None:
    late = [
        str(pk)
        for pk in mesa.script("late_tickets", "requester@sur.example", "sin-acceso", "45", "20")
    ]

    killed = int(mesa.python("-m", "tests.support.dying", "clocks"))

    assert killed > 30  # before every statement of a transaction
    assert mesa.script("told", *late) == dict.fromkeys(late, [1, 1, 1, 1])


def test_a_sweep_killed_before_each_of_its_statements_raises_each_recurring_ticket_once(
    mesa: Mesa,
) -> None:
    planned = mesa.script("due_recurrence", "requester@sur.example", "2")

    killed = int(mesa.python("-m", "tests.support.dying", "recurring"))
    mesa.python("-m", "tests.support.dying", "recurring")  # of two days, one a sweep

    assert killed > 30
    assert mesa.script("raised_days", str(planned)) == {"days": 2, "tickets": 2}


def test_two_workers_notify_each_fact_once_through_a_clock_jump_and_a_death(
    mesa: Mesa,
) -> None:
    mesa.set_clock_ahead(0)
    # reaction 40 min
    tickets = [
        str(pk)
        for pk in mesa.script("late_tickets", "requester@sur.example", "sin-acceso", "1", "30")
    ]
    try:
        for name in ("first", "second"):
            mesa.spawn("clocks")
            mesa.processes[name] = mesa.processes.pop("clocks")
        mesa.spawn("beat")

        def announced() -> list[list[int]]:
            return [row["announced"] for row in mesa.script("reached", *tickets).values()]

        assert announced() == [[]] * 30  # nothing is due by the right time
        mesa.set_clock_ahead(25 * 60)
        wait_until(lambda: announced() == [[50]] * 30, "every warning is announced", 90)
        mesa.set_clock_ahead(85 * 60)
        wait_until(
            lambda: [50, 100] in announced(), "the sweep after the jump is in its middle", 60
        )
        mesa.kill("first")
        wait_until(lambda: announced() == [[50, 100]] * 30, "every breach is announced", 90)
        mesa.kill("second")
        mesa.kill("beat")
    finally:
        mesa.set_clock_right()

    for pk, row in mesa.script("reached", *tickets).items():
        assert (row["announced"], row["recorded"]) == ([50, 100], [50, 100]), pk
        # A shift may begin between the two, so the people may differ; nobody is told twice.
        letters = [(to, percent) for to, percent in row["told"]]
        assert {percent for _to, percent in letters} == {50, 100}, pk
        assert len(set(letters)) == len(letters), pk
    assert mesa.script("told", *tickets) == dict.fromkeys(tickets, [1, 1, 1, 1])


def test_the_database_connection_of_simulations_cannot_write(mesa: Mesa) -> None:
    told = mesa.script("write_as_reader")

    assert told["reads"] > 0
    assert "read" in told["refusal"].lower(), told
    assert told["left"] == told["reads"]


def test_the_worker_computes_a_requested_simulation_that_agrees_with_the_issued_report(
    mesa: Mesa,
) -> None:
    mesa.spawn("reports")
    pk = mesa.script("simulate")
    wait_until(
        lambda: not mesa.script("simulation", str(pk))["running"], "the simulation is computed", 60
    )

    found = mesa.script("simulation", str(pk))
    assert found["published"] is True
    assert found["changed"] + found["moved"] > 0
    mesa.kill("reports")


def test_calendars_are_saved_beside_workers_that_look_at_the_coverage(mesa: Mesa) -> None:
    said = mesa.script("saves_beside_coverage", "4")

    assert said == {"errors": [], "added": 8, "told": True}
