"""Both protocols in a real browser: an external audit from the form to the validation, and the
coverage with its drill and rules.
"""

import re
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from openpyxl import load_workbook
from PIL import Image
from playwright.sync_api import Browser, Locator, expect

from tests.support.running import Mesa, wait_until
from tests.support.walker import Walker

pytestmark = pytest.mark.walk

AGENT = "agent@mesa.example"
BPO = "bpo@mesa.example"
BPO2 = "bpo2@mesa.example"
AUDIT_AREA = "audit@mesa.example"


def file(name: str, content: bytes, kind: str) -> Any:
    return {"name": name, "mimeType": kind, "buffer": content}


def picture(color: str) -> bytes:
    found = BytesIO()
    Image.new("RGB", (300, 200), color).save(found, "PNG")
    return found.getvalue()


def fill(walker: Walker, path: str, **fields: Any) -> Locator:
    """Open the form of a step of the audit's page where it is closed, and fill it; return its
    button.
    """
    form = walker.page.locator(f"form[action$='/{path}/']")
    details = form.locator("xpath=parent::details")
    if details.count() and details.get_attribute("open") is None:
        details.locator("> summary").click()
    for name, value in fields.items():
        control = form.locator(f"[name={name}]").first
        if isinstance(value, dict):
            control.set_input_files(value)
        elif control.evaluate("e => e.tagName") == "SELECT":
            control.select_option(value)
        elif control.get_attribute("type") == "radio":
            form.locator(f"[name={name}][value={value}]").check()
        else:
            control.fill(value)
    return form.locator("button").last


def act(walker: Walker, path: str, **fields: Any) -> None:
    """Take a step of the audit's page."""
    button = fill(walker, path, **fields)
    walker.do(button.click)


def day(days: int) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).date().isoformat()


def ask(browser: Browser, mesa: Mesa, language: str) -> tuple[Walker, str]:
    """Ask for the year's audit of a test environment, with a visit and the form, wrongly filled
    first; return who asked and its number.
    """
    customer = Walker(browser, mesa, "requester@sur.example", language)
    customer.open("/audits/")
    customer.open("/audits/new/")
    href = customer.page.locator("a[href*='/audits/form/']").get_attribute("href")
    assert href is not None
    book = load_workbook(BytesIO(customer.context.request.get(href).body()))
    request = book.worksheets[0]
    items = book.worksheets[1]
    lists = book["Mesa"]
    for row, value in enumerate(
        ("Auditores Reunidos", "Elsa Robles", "elsa@auditores.example", "Controles", "2025-01-01"),
        start=4,
    ):
        request[f"C{row}"] = value
    request["C10"] = lists["A3"].value
    items["B2"] = lists["B2"].value
    items["C2"] = "Lista de usuarios"
    items["B3"] = lists["B3"].value
    items["C3"] = "Captura de contraseñas"

    def send() -> None:
        filled = BytesIO()
        book.save(filled)
        customer.page.check("[name=how][value=file]")
        kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        customer.page.set_input_files("[name=form]", file("form.xlsx", filled.getvalue(), kind))
        # announced with the request it needs no five business days
        customer.page.fill("[name=visit_on]", day(3))
        customer.page.select_option("[name=visit_place]", "administration")
        customer.page.fill("[name=visitors]", "Elsa Robles")
        customer.do(lambda: customer.page.click("form.card .button-primary"))

    send()
    # the end of the period is missing
    expect(customer.page.locator(".message-error code")).to_have_text(re.compile("!C9$"))
    request["C9"] = "2025-12-31"
    send()
    number = customer.page.url.rstrip("/").rpartition("/")[2]
    assert re.fullmatch(r"TK-\d{6}", number)
    assert customer.page.locator(".audit-items > li").count() == 2
    wait_until(lambda: mesa.mailbox.to(AUDIT_AREA, about=number), "the audit area is told")
    return customer, number


def evaluate(browser: Browser, mesa: Mesa, customer: Walker, number: str) -> None:
    """The audit area approves the test environment and authorizes the visit; before that nothing is
    prepared.
    """
    area = Walker(browser, mesa, AUDIT_AREA, customer.language)
    area.open(f"/admin/audits/{number}/")
    assert area.page.locator("form[action*='/prepare/']").count() == 0
    act(area, "evaluate/0", approves="yes", reason="Es copia fiel.")
    answer = area.page.locator("form[action*='/answer_visit/']").get_attribute("action")
    assert answer is not None
    act(
        area,
        "/".join(answer.strip("/").split("/")[-2:]),
        authorizes="no",
        answer="Ese día está cerrado.",
    )
    customer.open(f"/audits/{number}/")
    expect(customer.page.locator("main")).to_contain_text("Ese día está cerrado.")


def detour(browser: Browser, mesa: Mesa, customer: Walker, number: str) -> None:
    """A visit and a conference are agreed; the audit is late, then stopped, and the audit area
    resumes it.
    """
    customer.page.locator("form[action$='/visit/']").locator("xpath=parent::details").locator(
        "> summary"
    ).click()
    early = day(1)
    fine = day(20)
    for on in (early, fine):
        customer.page.fill("form[action$='/visit/'] [name=on]", on)
        customer.page.fill("form[action$='/visit/'] [name=visitors]", "Elsa Robles")
        customer.do(lambda: customer.page.locator("form[action$='/visit/'] button").click())
        assert customer.page.locator(".field-wrong").count() == (1 if on == early else 0)

    area = Walker(browser, mesa, AUDIT_AREA, customer.language)
    area.open(f"/admin/audits/{number}/")
    act(
        area,
        "schedule/0",
        starts_at=f"{day(5)}T10:00",
        minutes="45",
        place="Sala 1",
        attendees="elsa@auditores.example",
    )
    act(area, "send_delay_notice/0", new_date=day(40), reason="El respaldo viene de fuera.")
    act(area, "stop/0", reason="Pidió cambiar una fecha.")
    assert area.page.locator("form[action*='/prepare/']").count() == 0
    wait_until(
        lambda: mesa.mailbox.to("elsa@auditores.example", about=number), "the auditor is invited"
    )

    customer.open(f"/audits/{number}/")
    page = customer.page.locator("main")
    expect(page).to_contain_text("El respaldo viene de fuera.")
    expect(page).not_to_contain_text("Pidió cambiar una fecha.")  # the committee's matter
    assert (
        b"BEGIN:VEVENT"
        in customer.context.request.get(
            str(page.locator("a[href*='/conferences/']").first.get_attribute("href"))
        ).body()
    )
    act(area, "resume/0", reason="El comité lo aclaró.")


def test_an_external_audit(browser: Browser, mesa: Mesa, language: str) -> None:
    """One customer asks for the year's audit (on SQLite, in Spanish); the other one's is under way
    (on PostgreSQL, in English).
    """
    if mesa.shape == "sqlite":
        customer, number = ask(browser, mesa, language)
        evaluate(browser, mesa, customer, number)
        first = 1
        second = 2
    else:
        customer = Walker(browser, mesa, "requester@norte.example", language)
        customer.open("/audits/")
        expect(
            customer.page.locator(".message-warning")
        ).to_be_visible()  # the year's audit is used
        customer.do(lambda: customer.page.locator("a.audit-link").first.click())
        number = customer.page.url.rstrip("/").rpartition("/")[2]
        detour(browser, mesa, customer, number)
        first = 3
        second = 2

    _prepare(Walker(browser, mesa, AGENT, language), number, first, second)

    approver = Walker(browser, mesa, BPO2, language)
    approver.open(f"/admin/audits/{number}/")
    while approver.page.locator("form[action*='/approve/']").count():
        approver.do(lambda: approver.page.locator("form[action*='/approve/'] button").first.click())
    bpo = Walker(browser, mesa, BPO, language)
    bpo.open(f"/admin/audits/{number}/")
    while bpo.page.locator("form[action*='/deliver/']").count():
        bpo.do(lambda: bpo.page.locator("form[action*='/deliver/'] button").first.click())

    customer.open(f"/audits/{number}/")
    expect(customer.page.locator(".message-success").first).to_be_visible()
    href = customer.page.locator(".audit-file a").first.get_attribute("href")
    assert href is not None
    content = customer.context.request.get(href).body()
    _checks(customer, content)
    customer.open(f"/tickets/{number}/")
    customer.do(lambda: customer.page.click("form[action$='/approve/'] button"))
    assert customer.page.locator(".badges .state-closed").count() == 1


def _prepare(agent: Walker, number: str, first: int, second: int) -> None:
    """The desk prepares a list and a partial picture, and waits until both are PDFs."""
    agent.open("/admin/audits/")
    agent.open(f"/admin/audits/{number}/")
    # refused: the summary is missing
    fill(agent, f"prepare/{first}", classification="policy", summary="").click()
    expect(agent.page.locator(".field-wrong")).to_have_count(1)
    expect(agent.page.locator("[autofocus]").first).to_be_focused()
    act(
        agent,
        f"prepare/{first}",
        classification="internal",
        file=file("usuarios.csv", b"ana;admin\n", "text/csv"),
    )
    hidden = {
        "redacted": file("parcial.png", picture("black"), "image/png"),
        "file": file("todo.png", picture("red"), "image/png"),
    }
    act(agent, f"prepare/{second}", classification="confidential", **hidden)
    # The worker converts both; each row of the page replaces itself. On a busy machine a conversion
    # may be tried again, after a minute.
    expect(agent.page.locator(".audit-converting")).to_have_count(0, timeout=180_000)
    assert agent.page.locator("form[action*='/approve/'], form[action*='/deliver/']").count() == 0


def _checks(customer: Walker, content: bytes) -> None:
    """The public page says that the file is whole, and names the byte of one that is not."""
    touched = bytearray(content)
    touched[700] ^= 1
    customer.open("/verify/")
    for sent, tone, words in (
        (content, ".message-success", "SHA-256"),
        (bytes(touched), ".message-error", "700"),
    ):
        customer.page.set_input_files("[name=file]", file("evidence.pdf", sent, "application/pdf"))
        customer.do(lambda: customer.page.click("form.form button"))
        expect(customer.page.locator(tone)).to_contain_text(words)


def test_coverage_drill_and_rules(browser: Browser, mesa: Mesa, language: str) -> None:
    supervisor = Walker(browser, mesa, "supervisor@mesa.example", language)
    supervisor.open("/admin/coverage/?customer=norte")
    assert supervisor.page.locator(".coverage-covered").count() == 168
    supervisor.page.select_option("#hour-choice", "3")
    supervisor.do(lambda: supervisor.page.click("#hour form button"))
    assert supervisor.page.locator("#hour tbody tr").count() == 7
    supervisor.page.click("#drills summary")
    supervisor.do(lambda: supervisor.page.click("#drills form button"))
    assert supervisor.page.locator("#drills li").count() >= 1
    wait_until(
        lambda: [
            m
            for m in mesa.mailbox.to("manager@mesa.example")
            if re.match(r"\[(TEST|PRUEBA)\]", str(m["Subject"]))
        ],
        "a drill is told",
    )

    admin = Walker(browser, mesa, "admin@mesa.example", language)
    admin.open("/admin/escalation/escalationrule/")
    admin.do(lambda: admin.page.locator("#result_list tbody th a").first.click())
    admin.do(lambda: admin.page.click("#trial button"))
    expect(admin.page.locator("#trial")).to_contain_text(re.compile(r"30"))
