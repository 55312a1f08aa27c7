"""The whole main job in a real browser: each shape in two languages, desktop and phone, with axe on every page."""

import re
from collections.abc import Callable
from io import BytesIO

import pypdf
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.running import Mesa, wait_until

pytestmark = pytest.mark.walk

SIZES = {"phone": {"width": 390, "height": 844}, "desktop": {"width": 1360, "height": 900}}
# Spanish/SQLite/phone, English/SQLite/desktop, Spanish/PostgreSQL/desktop, English/PostgreSQL/phone.
SHAPES = {("sqlite", "es"): "phone", ("sqlite", "en"): "desktop", ("postgres", "es"): "desktop", ("postgres", "en"): "phone"}
# A refused page is a 40x; the configuration pages' jQuery probes an inline style, which the policy refuses.
HARMLESS = ("status of 40", "Applying inline style")
REQUESTER, AGENT, MANAGER = "requester@norte.example", "agent@mesa.example", "manager@mesa.example"


class Walker:
    """One person at one browser. Every page opened is checked: axe, console, width, language."""

    def __init__(self, browser: Browser, mesa: Mesa, email: str, language: str) -> None:
        self.mesa, self.language, self.seen = mesa, language, set[str]()
        size = SIZES[SHAPES[mesa.shape, language]]
        self.context = browser.new_context(viewport=size, locale="es-MX" if language == "es" else "en-US", base_url=mesa.url)  # type: ignore[arg-type]
        self.page: Page = self.context.new_page()
        self.errors: list[str] = []
        self.page.on(
            "console", lambda m: self.errors.append(m.text) if m.type == "error" and not any(word in m.text for word in HARMLESS) else None
        )
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.open("/accounts/login/")
        self.page.fill("[name=login]", email)
        self.page.fill("[name=password]", "mesa-demo")
        self.page.click("main .button-primary")
        self.check()

    def open(self, path: str) -> None:
        self.page.goto(path)
        self.check()

    def do(self, act: Callable[[], None]) -> None:
        with self.page.expect_navigation():
            act()
        self.check()

    def check(self) -> None:
        kind = re.sub(r"[A-Z]+-\d+", "N", self.page.url)
        if kind in self.seen:
            return
        self.seen.add(kind)
        found = [v for v in Axe().run(self.page).response["violations"] if v["impact"] in {"serious", "critical"}]
        assert found == [], [(self.page.url, v["id"], [n["target"] for n in v["nodes"]][:3]) for v in found]
        wide = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{self.page.url} is {wide} px too wide"
        assert self.page.get_attribute("html", "lang") == self.language
        assert self.errors == [], (self.page.url, self.errors)

    def step(self, name: str, **fields: str) -> None:
        """Open a step of the desk's ticket page, fill it and take it."""
        form = self.page.locator(f"form[action$='/step/{name}/']")
        form.locator("xpath=..").locator("summary").click()
        for field, value in fields.items():
            control = form.locator(f"[name={field}]")
            control.select_option(value) if control.evaluate("e => e.tagName") == "SELECT" else control.fill(value)
        self.do(lambda: form.locator("button.button-primary, button.button-danger").click())

    def say(self, kind: str, body: str, estimated_at: str = "") -> None:
        form = self.page.locator("[data-composer]")
        form.locator(f"[name=kind][value={kind}]").check()
        form.locator("[name=body]").fill(body)
        if estimated_at:
            form.locator("[name=estimated_at]").fill(estimated_at)
        self.do(lambda: form.locator("button.button-primary").click())


@pytest.mark.parametrize("language", ["es", "en"])
def test_the_main_job(browser: Browser, mesa: Mesa, language: str) -> None:
    subject = f"Walk {mesa.shape} {language}"
    customer = Walker(browser, mesa, REQUESTER, language)

    customer.open("/catalog/")
    customer.open("/catalog/error-erp/")
    customer.do(lambda: customer.page.click("form.card .button-primary"))  # empty: refused, with what to mend
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
    agent.do(lambda: agent.page.click("form[action$='/classify/'] button.button"))
    agent.say("reply", "We are looking at it.")
    agent.step("start")
    agent.say("statement", "Fixed tomorrow.", "2030-01-02T10:00")
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
    assert agent.page.locator(".ticket-head .state-in_progress").count() == 1
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
    href = manager.page.locator("a.button-primary").get_attribute("href")
    assert href is not None

    def pdf() -> bytes | None:
        response = manager.context.request.get(mesa.url + href, headers={"Accept-Language": language})
        return response.body() if response.status == 200 else None

    content = wait_until(pdf, "the PDF is made by the worker")
    text = " ".join(pypdf.PdfReader(BytesIO(content)).pages[0].extract_text().split())
    label = "Tickets levantados" if language == "es" else "Tickets raised"
    assert f"{raised} {label}" in text


def test_a_clock_that_nobody_serves_breaches_through_beat_and_reaches_the_matrix_once(browser: Browser, mesa: Mesa) -> None:
    late = mesa.script("late_ticket", "requester@sur.example", "sin-acceso", "39")  # critical, around the clock: 40 min and 1 h

    wait_until(lambda: ["reaction", 100] in mesa.script("facts", str(late["pk"]))["announced"], "beat and worker announce the breach", 90)
    wait_until(lambda: mesa.mailbox.to(AGENT, about=late["number"]), "the first level is told")

    facts = mesa.script("facts", str(late["pk"]))
    assert facts["escalations"] == [[1, "breach"]]
    assert [row for row in facts["announced"] if row[0] == "reaction"] == [["reaction", 90], ["reaction", 100]]
    assert len(mesa.mailbox.to(AGENT, about=late["number"])) == 1
    agent = Walker(browser, mesa, AGENT, "es")
    agent.open("/admin/queue/?view=breached")
    expect(agent.page.locator("table.queue")).to_contain_text(late["number"])


@pytest.mark.parametrize("language", ["es", "en"])
def test_every_other_page_is_clean(browser: Browser, mesa: Mesa, language: str) -> None:
    for email, paths in {
        AGENT: ["/admin/", "/admin/register/"],
        "admin@mesa.example": [
            "/admin/config/",
            "/admin/accounts/organization/",
            "/admin/accounts/organization/1/change/",
            "/admin/accounts/membership/1/change/",
            "/admin/accounts/team/1/change/",
            "/admin/catalog/contract/1/change/",
            "/admin/escalation/escalationmatrix/1/change/",
            "/admin/sla/policyversion/1/change/",
            "/admin/sla/calendar/1/change/",
            "/admin/simulations/?from=norte",
            "/admin/simulations/1/",
            "/admin/notifications/outboxmessage/",
            "/accounts/2fa/",
            "/accounts/password/change/",
        ],
        "coordinator@norte.example": ["/home/", "/reports/", "/nothing-here/"],
    }.items():
        walker = Walker(browser, mesa, email, language)
        for path in paths:
            walker.open(path)
