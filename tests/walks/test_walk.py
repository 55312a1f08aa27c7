"""The whole main job in a real browser, with axe on every page: in Spanish on a phone with SQLite,
in English on a desktop with PostgreSQL.
"""

import re
from datetime import UTC, datetime, timedelta
from io import BytesIO

import pypdf
import pytest
from playwright.sync_api import Browser, expect

from tests.support.running import Mesa, wait_until
from tests.support.walker import Walker

pytestmark = pytest.mark.walk

REQUESTER = "requester@norte.example"
AGENT = "agent@mesa.example"
MANAGER = "manager@mesa.example"


def test_the_main_job(browser: Browser, mesa: Mesa, language: str) -> None:
    subject = f"Walk {mesa.shape} {language}"
    customer = Walker(browser, mesa, REQUESTER, language)
    customer.sign_in_again()

    customer.open("/catalog/")
    customer.open("/catalog/error-erp/")
    # empty: refused, with what to mend
    customer.do(lambda: customer.page.click("form.card .button-primary"))
    assert customer.page.locator(".field-wrong").count() >= 2
    customer.page.fill("[name=subject]", subject)
    customer.page.fill("[name=description]", "<script>alert(1)</script> since today")
    customer.do(lambda: customer.page.click("form.card .button-primary"))
    number = customer.page.locator(".row-number").first.inner_text()
    assert re.fullmatch(r"TK-\d{6}", number)
    wait_until(lambda: mesa.mailbox.to(REQUESTER, about=number), "the requester's copy arrives")

    agent = Walker(browser, mesa, AGENT, language)
    agent.open("/admin/queue/?view=all&q=" + subject.replace(" ", "+"))
    agent.do(lambda: agent.page.locator(".cell-subject a").first.click())
    ticket_url = agent.page.url
    agent.page.keyboard.press("p")
    agent.check_accessibility()
    agent.act(lambda: agent.page.keyboard.press("Enter"))
    agent.say("reply", "We are looking at it.")
    agent.step("start")
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    agent.say("statement", "Fixed tomorrow.", f"{tomorrow:%Y-%m-%d}T10:00")
    agent.say("note", "Internal only.")
    agent.step("pend_user", message="Which document?")

    customer.open(f"/tickets/{number}/")
    expect(customer.page.locator(".conversation")).to_contain_text("Which document?")
    assert "Internal only." not in customer.page.content()
    customer.page.locator(".ledger summary").first.click()
    expect(customer.page.locator(".ledger-table tfoot td").first).to_be_visible()
    customer.open(f"/tickets/{number}/clocks/attention/")
    expect(customer.page.locator(".picture svg")).to_be_visible()
    customer.open(f"/tickets/{number}/")
    customer.page.fill("form.composer [name=body]", "Document 118.")
    customer.do(lambda: customer.page.click("form.composer .button-primary"))

    agent.open(ticket_url)
    expect(agent.page.locator(".ticket-head .state-in_progress")).to_be_visible()
    agent.step("solve", message="The rule was corrected.", solution_type="definitive")

    customer.open(f"/tickets/{number}/")
    customer.do(lambda: customer.page.click("form[action$='/approve/'] button"))
    assert customer.page.locator(".badges .state-closed").count() == 1
    assert "<script>alert" not in customer.page.content()
    customer.open("/tickets/?show=all")
    customer.open("/contacts/")

    _report_agrees_with_its_pdf(browser, mesa, language)


def _report_agrees_with_its_pdf(browser: Browser, mesa: Mesa, language: str) -> None:
    manager = Walker(browser, mesa, MANAGER, language)
    manager.open("/admin/reports/?organization=norte")
    raised = manager.page.locator(".figure-value").first.inner_text()
    href = manager.page.locator("main a.button-primary").get_attribute("href")
    assert href is not None

    def pdf() -> bytes | None:
        response = manager.context.request.get(
            mesa.url + href, headers={"Accept-Language": language}
        )
        return response.body() if response.status == 200 else None

    content = wait_until(pdf, "the PDF is made by the worker")
    text = " ".join(pypdf.PdfReader(BytesIO(content)).pages[0].extract_text().split())
    label = "Tickets levantados" if language == "es" else "Tickets raised"
    assert f"{raised} {label}" in text


def test_beat_breaches_an_unserved_clock_and_notifies_the_matrix_once(
    browser: Browser, mesa: Mesa, language: str
) -> None:
    # critical, around the clock: 40 min and 1 h
    late = mesa.script("late_ticket", "requester@sur.example", "sin-acceso", "39.7")

    wait_until(
        lambda: ["reaction", 100] in mesa.script("facts", str(late["pk"]))["announced"],
        "beat and worker announce the breach",
        90,
    )
    wait_until(
        lambda: _steps_told(mesa, late["number"]), "whoever of the first level is on duty is told"
    )

    facts = mesa.script("facts", str(late["pk"]))
    assert facts["escalations"] == [[1, "breach"]]
    assert [row for row in facts["announced"] if row[0] == "reaction"] == [
        ["reaction", 90],
        ["reaction", 100],
    ]
    assert len(_steps_told(mesa, late["number"])) == 1
    agent = Walker(browser, mesa, AGENT, language)
    agent.open("/admin/queue/?view=breached")
    expect(agent.page.locator("table.queue")).to_contain_text(late["number"])


def _steps_told(mesa: Mesa, number: str) -> list[str]:
    """Return to whom a step of the ladder was told, with the link that acknowledges it."""
    about = [mail for mail in mesa.mailbox.mails if number in str(mail["Subject"])]
    return [
        str(mail["To"])
        for mail in about
        if "/escalations/" in mail.get_body(("plain",)).get_content()
    ]


def test_more_than_the_server_reads_stays_on_the_page(
    browser: Browser, mesa: Mesa, language: str
) -> None:
    customer = Walker(browser, mesa, REQUESTER, language)
    page = customer.page
    customer.open("/catalog/error-erp/")
    page.fill("[name=subject]", "A log")
    text = page.locator("[name=description]")
    text.evaluate("field => field.value = 'x'.repeat(12 * 1024 * 1024)")
    page.click("form.card .button-primary")

    expect(page.locator("[data-told]")).to_be_focused()
    assert text.evaluate("field => field.value.length") == 12 * 1024 * 1024
    customer.check_accessibility()
    text.fill("It fails since today.")
    page.locator("[type=file]").evaluate(
        """input => {
          const files = new DataTransfer();
          for (let n = 0; n < 401; n++) files.items.add(new File(["x"], n + ".txt"));
          input.files = files.files;
        }"""
    )
    page.click("form.card .button-primary")
    expect(page.locator("[data-told]")).to_have_count(1)
    page.locator("[type=file]").evaluate("input => input.value = ''")
    customer.do(lambda: page.click("form.card .button-primary"))
    assert page.locator(".row-number").count()


def test_back_and_send_raises_no_second_ticket(browser: Browser, mesa: Mesa, language: str) -> None:
    customer = Walker(browser, mesa, REQUESTER, language)
    page = customer.page
    customer.open("/catalog/error-erp/")
    page.fill("[name=subject]", f"Back {mesa.shape}")
    page.fill("[name=description]", "It fails since this morning.")
    customer.do(lambda: page.click("form.card .button-primary"))
    raised = page.url
    page.go_back()
    if not page.input_value("[name=subject]"):  # the browser did not fill in the old text
        page.fill("[name=subject]", f"Back {mesa.shape}")
        page.fill("[name=description]", "It fails since this morning.")
    with page.expect_navigation():
        page.click("form.card .button-primary")

    asked = page.locator("form[action$='/catalog/error-erp/'] [name=once_again]").count()
    assert asked or page.url == raised
    customer.open("/tickets/")
    assert page.locator("body").inner_text().count(f"Back {mesa.shape}") == 1


def test_a_server_that_does_not_answer_leaves_the_text_on_the_page(
    browser: Browser, mesa: Mesa, language: str
) -> None:
    agent = Walker(browser, mesa, AGENT, language)
    page = agent.page
    agent.open("/admin/queue/?view=all")
    agent.do(lambda: page.locator(".cell-subject a").first.click())
    page.click("form.composer [name=kind][value=reply]")  # it opens the composer
    page.fill("form.composer [name=body]", "We look into your case.")
    for answer in (lambda route: route.abort(), lambda route: route.fulfill(status=503)):
        page.route("**/say/", answer)
        page.click("form.composer .button-primary")
        expect(page.locator("form.composer [data-told]")).to_be_focused()
        assert page.input_value("form.composer [name=body]") == "We look into your case."
        page.unroute("**/say/")
    page.click("form.composer .button-primary")
    expect(page.locator(".conversation")).to_contain_text("We look into your case.")
    agent.errors.clear()  # the browser notes what did not answer


def test_every_other_page_is_clean(browser: Browser, mesa: Mesa, language: str) -> None:
    for email, paths in {
        AGENT: ["/admin/", "/admin/register/"],
        "audit@mesa.example": [
            "/admin/audits/plan/",
            "/admin/audits/plan/?show=contracts",
            "/admin/audits/plan/new/",
            "/admin/audits/plan/1/",
            "/admin/audits/new/",
            "/admin/audits/new/?organization=andes",
        ],
        "admin@mesa.example": [
            "/admin/config/",
            "/admin/accounts/organization/",
            "/admin/accounts/organization/1/change/",
            "/admin/accounts/membership/1/change/",
            "/admin/accounts/team/1/change/",
            "/admin/catalog/contract/1/change/",
            "/admin/escalation/escalationmatrix/1/change/",
            "/admin/sla/policyversion/1/change/",
            "/admin/calendars/calendar/1/change/",
            "/admin/simulations/?from=norte",
            "/admin/simulations/1/",
            "/admin/notifications/outboxmessage/",
            "/admin/webhooks/endpoint/",
            "/admin/webhooks/endpoint/1/change/",
            "/admin/webhooks/1/",
            "/accounts/2fa/",
            "/accounts/password/change/",
        ],
        "coordinator@norte.example": ["/home/", "/reports/", "/nothing-here/"],
    }.items():
        walker = Walker(browser, mesa, email, language)
        walker.sign_in_again()  # some pages ask for a recent login
        for path in paths:
            walker.open(path)
