"""The desk with the keyboard alone: from sign-in to a solved ticket, and twenty in a row."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.running import Mesa
from tests.support.walker import Walker

pytestmark = pytest.mark.walk

AGENT = "agent@mesa.example"
SUPERVISOR = "supervisor@mesa.example"
EVERY_MONTH = {
    "es": "Cada mes, el primer día de lunes a viernes, 08:00",
    "en": "Every month, the first weekday, 08:00",
}


class Keyboard:
    """Counts what a person does: a key, or a text, is one input."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.inputs = 0

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
            self.inputs += 1

    def write(self, text: str) -> None:
        self.page.keyboard.type(text)
        self.inputs += 1


def raise_tickets(mesa: Mesa, count: int, subject: str) -> None:
    page = mesa.open_page(AGENT, "/admin/register/")
    member = re.search(r'<option value="(\d+)">[^<]*·', page)
    service = re.search(r'name="service".*?<option value="(\d+)"', page, re.DOTALL)
    assert member
    assert service
    for number in range(count):
        form = {
            "membership": member[1],
            "channel": "chat",
            "kind": "incident",
            "service": service[1],
            "subject": f"{subject} {number}",
            "description": f"It fails in place {number}.",
            "impact": "minor",
            "urgency": "medium",
        }
        status, answer = mesa.send_form(AGENT, "/admin/register/", form)
        assert status == 302, answer


def test_from_sign_in_to_twenty_solved_tickets(browser: Browser, mesa: Mesa, language: str) -> None:
    subject = f"Keyboard {mesa.shape}"
    raise_tickets(mesa, 20, subject)
    walker = Walker(browser, mesa, AGENT, language)
    walker.context.clear_cookies()
    page = walker.page
    page.set_viewport_size({"width": 1360, "height": 900})
    keyboard = Keyboard(page)
    page.goto("/accounts/login/")
    page.locator("[name=login]").focus()
    keyboard.write(AGENT)
    keyboard.press("Tab")
    keyboard.write("mesa-demo")
    keyboard.press("Enter")
    page.wait_for_url(lambda url: "login" not in url)
    keyboard.press("q")
    page.wait_for_url("**/admin/queue/**")
    keyboard.press("/")
    keyboard.write(f'"{subject}"')
    keyboard.press("Enter")
    page.wait_for_url("**q=**")
    keyboard.press("j", "o")
    expect(page.locator(".ticket-page h1")).to_contain_text(subject)
    page.wait_for_load_state()

    page.evaluate("window.isTheSamePage = true")
    seen = set()
    for _ in range(20):
        number = page.locator(".bar-head .row-number").inner_text()
        seen.add(number)
        before = keyboard.inputs
        keyboard.press("p")
        expect(page.locator(".grid-cell input:checked")).to_be_focused()
        keyboard.press("Enter")
        expect(page.locator("#main h1")).to_be_focused()
        keyboard.press("r")
        keyboard.write("It works again.")
        keyboard.press("Control+Shift+Enter")
        expect(page.locator(".message").last).to_contain_text(number)
        expect(page.locator("#main h1")).to_be_focused()
        assert keyboard.inputs - before <= 6
    assert page.evaluate("window.isTheSamePage")
    assert len(seen) == 20
    walker.check()
    assert mesa.script("solved_and_answered", subject, "It works again.") == 20


def test_a_recurring_ticket_is_planned_paused_and_resumed_with_the_keyboard(
    browser: Browser, mesa: Mesa, language: str
) -> None:
    raise_tickets(mesa, 1, f"Backups {language}")
    walker = Walker(browser, mesa, SUPERVISOR, language)
    page = walker.page
    walker.open(f"/admin/queue/?view=unassigned&q=Backups {language}")
    address = page.locator("[data-row] .cell-subject a").first.get_attribute("href")
    assert address
    walker.open(address)

    page.keyboard.press("e")
    again = page.locator(".steps-menu a[href*='recurring/new']")
    expect(again).to_be_visible()
    walker.do(lambda: again.press("Enter"))
    expect(page.locator("#schedule")).not_to_be_visible()
    page.locator("[name=frequency]").focus()
    page.keyboard.press("ArrowDown")  # months
    page.locator("[name=month_by]").focus()
    page.keyboard.press("ArrowDown")  # on a weekday
    page.locator("[name=nth_day]").focus()
    page.keyboard.press("End")  # from Monday to Friday
    expect(page.locator("#schedule li")).to_have_count(5)
    expect(page.locator("#schedule strong")).to_have_text(EVERY_MONTH[language])
    walker.check_accessibility()
    walker.do(lambda: page.locator(".recurrence .actions button").press("Enter"))

    expect(page.locator("h1")).to_contain_text(f"Backups {language}")
    expect(page.locator(".next-times li")).to_have_count(5)
    walker.do(lambda: page.locator("form[action$='/pause/'] button").press("Enter"))
    expect(page.locator(".next-times")).to_be_hidden()
    walker.do(lambda: page.locator("form[action$='/resume/'] button").press("Enter"))
    expect(page.locator(".next-times li")).to_have_count(5)
    walker.expect_no_refusal()


def test_an_item_is_given_to_somebody_and_a_conference_scheduled_with_the_keyboard(
    browser: Browser, mesa: Mesa, language: str
) -> None:
    walker = Walker(browser, mesa, "audit@mesa.example", language)
    page = walker.page
    walker.open("/admin/audits/")
    walker.do(lambda: page.locator(".cell-number a").first.press("Enter"))
    item = page.locator(".audit-items > li").last
    item.locator("details:has([name=prepare_by]) > summary").press("Enter")
    item.locator("[name=preparer]").fill("consultant@mesa.example")
    given = page.locator("#preparers option[value='consultant@mesa.example']").text_content()
    assert given
    walker.check_accessibility()
    walker.do(lambda: item.locator("details:has([name=prepare_by]) .button-primary").press("Enter"))
    expect(page.locator(".audit-items > li").last).to_contain_text(given)

    opener = page.locator("aside details:has([name=people]) > summary")
    opener.press("Enter")
    form = page.locator("aside form:has([name=people])")
    form.locator("[name=starts_at]").fill("2027-02-01T10:00")
    form.locator("[name=place]").focus()
    page.keyboard.type(f"Sala {language}")
    form.locator("[name=people]").first.press("Space")
    walker.do(lambda: form.locator(".button-primary").press("Enter"))
    expect(page.locator("aside")).to_contain_text(f"Sala {language}")
    walker.expect_no_refusal()


def test_a_copy_of_a_reply_is_sent_with_the_keyboard(
    browser: Browser, mesa: Mesa, language: str
) -> None:
    raise_tickets(mesa, 1, f"Copy {language}")
    walker = Walker(browser, mesa, AGENT, language)
    page = walker.page
    walker.open(f"/admin/queue/?view=unassigned&q=Copy {language}")
    address = page.locator("[data-row] .cell-subject a").first.get_attribute("href")
    assert address
    walker.open(address)

    page.keyboard.press("r")
    body = page.locator("form.composer [name=body]")
    expect(body).to_be_focused()
    page.keyboard.type("We look at it.")
    copies = page.locator("form.composer .copies")
    summary = copies.locator("summary")
    if summary.count():
        summary.press("Enter")
    copies.locator("[name=cc]").focus()
    page.keyboard.type(f"other-{language}@norte.example")
    walker.check_accessibility()
    walker.act(lambda: body.press("Control+Enter"))
    said = page.locator(".conversation").get_by_text(f"other-{language}@norte.example")
    expect(said.first).to_be_visible()


def test_a_text_is_formatted_and_previewed_with_the_keyboard(
    browser: Browser, mesa: Mesa, language: str
) -> None:
    raise_tickets(mesa, 1, f"Format {language}")
    walker = Walker(browser, mesa, AGENT, language)
    page = walker.page
    walker.open(f"/admin/queue/?view=unassigned&q=Format {language}")
    address = page.locator("[data-row] .cell-subject a").first.get_attribute("href")
    assert address
    walker.open(address)

    page.keyboard.press("n")
    body = page.locator("form.composer [name=body]")
    expect(body).to_be_focused()
    page.keyboard.press("Control+b")
    page.keyboard.type("Cable")
    page.keyboard.press("End")
    page.keyboard.type(" first\nthen this")
    page.locator("[data-mark=list]").press("Enter")
    expect(body).to_have_value("**Cable** first\n- then this")
    body.press("Control+a")
    page.keyboard.press("Control+b")
    page.keyboard.press("Control+z")
    expect(body).to_have_value("**Cable** first\n- then this")
    preview = page.locator("form.composer .format-preview")
    preview.press("Enter")
    shown = page.locator("form.composer .preview")
    expect(shown.locator("strong")).to_have_text("Cable")
    expect(shown.locator("li")).to_have_text("then this")
    expect(body).to_be_hidden()
    walker.check_accessibility()
    preview.press("Enter")
    walker.act(lambda: body.press("Control+Enter"))
    note = page.locator(".conversation .kind-note").last
    expect(note.locator("strong", has_text="Cable")).to_be_visible()
    expect(note.locator("li")).to_have_text("then this")


def test_a_macro_and_a_ticket_put_aside_with_the_keyboard(
    browser: Browser, mesa: Mesa, language: str
) -> None:
    raise_tickets(mesa, 1, f"Aside {language}")
    walker = Walker(browser, mesa, AGENT, language)
    page = walker.page
    walker.open(f"/admin/queue/?view=unassigned&q=Aside {language}")
    address = page.locator("[data-row] .cell-subject a").first.get_attribute("href")
    assert address
    walker.open(address)

    page.keyboard.press("i")
    choices = page.locator("[data-choices=macros] .reply-choice")
    expect(choices.first).to_be_visible()
    page.keyboard.type("alta de")
    expect(choices.locator("visible=true")).to_have_count(1)
    walker.check_accessibility()
    walker.act(lambda: page.keyboard.press("Enter"))
    expect(page.locator(".ticket-head .state-in_progress")).to_be_visible()
    expect(page.locator("#panel-tasks .task")).to_have_count(3)

    page.keyboard.press("e")
    aside = page.locator(".steps-menu details", has=page.locator("#snooze_until"))
    aside.locator("summary").press("Enter")
    tomorrow = aside.locator("[name=preset][value=tomorrow]")
    expect(tomorrow).to_be_visible()
    walker.check_accessibility()
    walker.act(lambda: tomorrow.press("Enter"))
    back = page.locator("form[action$='/snooze/end/'] button")
    expect(back).to_be_visible()
    walker.check_accessibility()
    walker.open("/admin/queue/?view=snoozed")
    expect(page.locator("[data-row]", has_text=f"Aside {language}")).to_be_visible()
    walker.open(address)
    walker.act(lambda: back.press("Enter"))
    expect(back).to_be_hidden()
