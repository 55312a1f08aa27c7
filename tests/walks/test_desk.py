"""Two agents on one ticket, and every page of the desk: accessible, and nowhere too wide."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Response, expect

from tests.support.running import Mesa
from tests.support.walker import Walker

pytestmark = pytest.mark.walk

AGENT = "agent@mesa.example"
OTHER = "agent2@mesa.example"
SUPERVISOR = "supervisor@mesa.example"
# 640 is a window of 1280 at a zoom of 200 %
WIDTHS = (1440, 1280, 768, 640, 390)
PARTS = {"es": "Refacciones", "en": "Spare parts"}
PASSWORD = {"es": "una contraseña", "en": "a password"}


def first_ticket(mesa: Mesa, view: str) -> str:
    """Return the address of the first ticket of a list."""
    page = mesa.open_page(AGENT, f"/admin/queue/?view={view}&sort=number")
    found = re.search(r'href="(/admin/tickets/[A-Z]+-\d+/)', page)
    assert found
    return found[1]


def saves_a_draft_with(word: str) -> Callable[[Response], bool]:
    """Return whether a response is to the draft of a text with this word."""
    return lambda response: "/draft/" in response.url and word in (response.request.post_data or "")


def say_that_it_is_open(walker: Walker) -> None:
    """Have the open ticket say so at once, as it does every 15 seconds."""
    with walker.page.expect_response(re.compile("/presence/")):
        walker.page.evaluate(
            """() => {
                const form = document.querySelector("[data-presence]");
                htmx.ajax("POST", form.action, { source: form, target: "#visitors" });
            }"""
        )


def test_two_agents_on_one_ticket(browser: Browser, mesa: Mesa, language: str) -> None:
    address = first_ticket(mesa, "unassigned")
    one = Walker(browser, mesa, AGENT, language)
    other = Walker(browser, mesa, OTHER, language)
    one.open(address)
    other.open(address)

    # each sees the other, and that something is being written
    name = str(mesa.script("name_of", AGENT))
    say_that_it_is_open(one)
    other.page.reload()
    expect(other.page.locator(".visitor")).to_contain_text(name)
    # the choice of a kind saves a draft too, which has no text yet
    with one.page.expect_response(saves_a_draft_with("loose")):
        one.page.locator("[data-composer] [name=kind][value=reply]").click()
        one.page.locator("[data-composer] [name=body]").fill("The cable was loose.")
    say_that_it_is_open(one)
    other.page.reload()
    expect(other.page.locator(".visitor.is-writing")).to_contain_text(name)

    # what is typed is there on another device
    device = Walker(browser, mesa, AGENT, language)
    device.open(address)
    expect(device.page.locator("[data-composer] [name=body]")).to_have_value("The cable was loose.")

    # the other one changes the ticket: what is sent is not lost, and the step is not taken
    other.act(lambda: other.page.click("[data-primary]"))
    composer = one.page.locator("[data-composer]")
    composer.locator("[name=then][value=solve]").evaluate("choice => { choice.checked = true; }")
    composer.locator("[name=then][value=solve]").dispatch_event("change")
    composer.locator("[name=solution_type]").select_option("definitive")
    composer.locator(".split-button > .button-primary").click()
    expect(one.page.locator(".messages, .message").first).to_be_visible()
    expect(one.page.locator(".conversation")).to_contain_text("The cable was loose.")
    expect(one.page.locator(".ticket-head .state-in_progress")).to_be_visible()
    assert mesa.script("messages", "The cable was loose.") == 1
    one.check_accessibility()

    # a stale classification is refused once, with what changed; the same one again is saved
    other.say("reply", "Who changed it?")
    expect(other.page.locator("[data-composer] [name=body]")).to_have_value("")
    other.step("pend_user", message="Which cable?")
    one.page.keyboard.press("p")
    with one.page.expect_response(re.compile("/classify/preview/")):
        one.page.locator(".grid-cell input[value='extensive:critical']").click()
    expect(one.page.locator("#triage-effects > :not(input)")).to_be_visible()  # it is in the page
    one.page.keyboard.press("Enter")
    expect(one.page.locator(".stale")).to_be_visible()
    chosen = one.page.locator(".grid-cell input:checked")
    expect(chosen).to_have_value("extensive:critical")
    one.check_accessibility()
    one.act(lambda: one.page.locator("#classification .button-primary").click())
    expect(one.page.locator(".ticket-head .state-pending_user")).to_be_visible()


def test_no_page_of_the_desk_is_too_wide(browser: Browser, mesa: Mesa, language: str) -> None:
    ticket = first_ticket(mesa, "all")
    walker = Walker(browser, mesa, SUPERVISOR, language)
    walker.open("/admin/audits/")
    audit = walker.page.locator(".cell-number a").first.get_attribute("href")
    assert audit
    pages = (
        "/admin/",
        "/admin/queue/?view=all",
        "/admin/queue/?view=any&q=red",
        "/admin/queue/?view=any&q=notaword",
        ticket,
        f"{ticket}clocks/attention/",
        "/admin/team/load/",
        "/admin/team/assignment/?group=1&month=" + f"{datetime.now(UTC):%Y-%m}",
        "/admin/tickets/agentprofile/",
        "/admin/keyboard/",
        "/admin/replies/",
        "/admin/replies/new/",
        "/admin/register/",
        "/admin/audits/",
        audit,
        "/admin/audits/plan/",
        "/admin/audits/plan/?show=contracts",
        "/admin/audits/plan/1/",
        "/admin/audits/new/?organization=andes",
        f"{ticket}customer/",
        "/admin/duty/absence/add/",
        "/admin/duty/shift/add/",
        "/admin/signature/",
        "/admin/recurring/",
        "/admin/recurring/1/",
        f"/admin/recurring/new/?from={ticket.split('/')[-2]}",
    )
    for address in pages:
        walker.open(address)
        walker.page.evaluate(
            "for (const step of document.querySelectorAll('.steps-column .inline-step')) "
            "step.open = true"
        )
        for width in WIDTHS:
            walker.page.set_viewport_size({"width": width, "height": 900})
            wide = walker.page.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
            assert wide <= 0, f"{address} is {wide} px too wide at {width}"


def test_parts_that_open_are_accessible(browser: Browser, mesa: Mesa, language: str) -> None:
    walker = Walker(browser, mesa, SUPERVISOR, language)
    page = walker.page
    page.set_viewport_size({"width": 1440, "height": 900})
    walker.open("/admin/queue/?view=all&sort=number")

    page.keyboard.press("Control+k")
    page.keyboard.type("red")
    expect(page.locator("#palette-tickets .palette-item").first).to_be_visible()
    walker.check_accessibility()
    page.keyboard.press("Escape")
    expect(page.locator("[data-palette]")).to_be_hidden()

    page.keyboard.press("j")
    page.keyboard.press(" ")
    expect(page.locator("#glance h2")).to_be_visible()
    walker.check_accessibility()

    page.keyboard.press("x")
    page.keyboard.press("a")
    page.locator("#bulk-assignee").select_option(index=2)
    walker.do(lambda: page.click("#bulk [value=assign]"))

    walker.open("/admin/team/load/")
    page.locator(".team-name").first.click()
    expect(page.locator("#person-0 [data-row]").first).to_be_visible()
    walker.check_accessibility()
    page.keyboard.press("?")
    expect(page.locator("[data-keys-help]")).to_be_visible()
    walker.check_accessibility()


def test_a_ticket_is_merged_and_taken_out_again_by_keyboard(
    browser: Browser, mesa: Mesa, language: str
) -> None:
    address = first_ticket(mesa, "unassigned")
    walker = Walker(browser, mesa, AGENT, language)
    page = walker.page
    page.set_viewport_size({"width": 1440, "height": 900})
    walker.open(address)
    related = page.locator("#panel-relations")
    state = page.locator(".ticket-head .state").first.inner_text()
    options = page.locator("#related-numbers option")
    expect(options.first).to_be_attached()  # the panel comes after the page
    offered = options.evaluate_all("found => found.map(each => each.value)")
    number = next(each for each in offered if "Auditor" not in each).split()[0]  # no audit merges

    related.locator("summary").last.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type(number)
    walker.check_accessibility()
    walker.do(lambda: page.keyboard.press("Enter"))
    expect(page.locator("h1")).to_contain_text(number)
    walker.check_accessibility()
    walker.do(lambda: page.locator("form .button-primary").last.press("Enter"))
    expect(page.locator(".row-number")).to_have_text(number)
    walker.check_accessibility()

    walker.open(address)
    expect(page.locator(".ticket-main .message-info")).to_contain_text(number)
    walker.check_accessibility()
    walker.act(lambda: page.locator(".ticket-main form.undo button").press("Enter"))
    expect(page.locator(".ticket-head .state").first).to_have_text(state)


def test_tags_tasks_and_time_are_noted_and_a_matter_split_off_by_keyboard(
    browser: Browser, mesa: Mesa, language: str
) -> None:
    address = first_ticket(mesa, "unassigned")
    walker = Walker(browser, mesa, AGENT, language)
    page = walker.page
    page.set_viewport_size({"width": 1440, "height": 900})
    walker.open("/admin/checklists/new/")
    page.fill("[name=name]", f"New user {language}")
    page.fill("[name=lines]", "Account\nMailbox")
    walker.do(lambda: page.locator("main .button-primary").press("Enter"))
    walker.open(address)

    page.locator("#tag_tags").press_sequentially("vpn, month end")
    page.locator("#tag_tags").press("Enter")
    expect(page.locator("#panel-tags .tag")).to_have_count(2)
    expect(page.locator("#tag_tags")).to_be_focused()
    page.locator("#panel-tags .tag-off").first.press("Enter")
    expect(page.locator("#panel-tags .tag")).to_have_count(1)

    tasks = page.locator("#panel-tasks")
    tasks.locator("details > summary").first.press("Enter")
    expect(page.locator("#task_title")).to_be_visible()
    page.locator("#task_title").press_sequentially("Call the supplier")
    walker.check_accessibility()
    page.locator("#task_title").press("Enter")
    expect(tasks.locator(".task")).to_have_count(1)
    # before htmx has settled, a form of the new panel is sent as one of a page without scripts
    expect(page.locator(".htmx-added, .htmx-settling")).to_have_count(0)
    tasks.locator(".task-tick").press("Enter")
    expect(tasks.locator(".task-tick")).to_have_attribute("aria-checked", "true")
    expect(tasks.locator(".task-tick")).to_be_focused()
    tasks.locator("details > summary").last.press("Enter")
    page.locator("#tasks_checklist").select_option(label=f"New user {language}")
    tasks.locator("form:has(#tasks_checklist) button").press("Enter")
    expect(tasks.locator(".task")).to_have_count(3)

    page.locator("#panel-times summary").press("Enter")
    page.locator("#time_minutes").press_sequentially("1:30")
    page.locator("#time_minutes").press("Enter")
    expect(page.locator("#panel-times strong")).to_have_text("1 h 30 min")
    walker.check_accessibility()
    walker.expect_no_refusal()

    walker.do(lambda: page.locator("a.entry-act").first.press("Enter"))
    page.fill("[name=subject]", "A matter of its own")
    walker.do(lambda: page.locator("main .button-primary").press("Enter"))
    expect(page.locator("h1")).to_contain_text("A matter of its own")
    walker.expect_no_refusal()


def test_a_ticket_is_dragged_to_somebody_and_goes_back(
    browser: Browser, mesa: Mesa, language: str
) -> None:
    walker = Walker(browser, mesa, SUPERVISOR, language)
    page = walker.page
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto("/admin/team/load/?open=0")
    row = page.locator("#person-0 [data-row]").first
    expect(row).to_have_attribute("draggable", "true")
    number = row.locator(".cell-number").inner_text()
    target = page.locator(".team-person").nth(2)
    name = target.locator(".team-name").inner_text().split("\n")[-1].strip()

    # The page's replaceState counts as a navigation: only the answer's message tells that it moved.
    row.drag_to(target)
    expect(page.locator(".message button")).to_be_visible()

    assert name in mesa.open_page(SUPERVISOR, f"/admin/tickets/{number}/")
    expect(page.locator("#person-0 [data-row]").first).to_be_visible()
    page.click(".message button")
    expect(page.locator("#person-0")).to_contain_text(number)


def test_a_wait_a_session_and_the_cause_of_an_end_are_noted_by_keyboard(
    browser: Browser, mesa: Mesa, language: str
) -> None:
    address = first_ticket(mesa, "unassigned")
    walker = Walker(browser, mesa, AGENT, language)
    page = walker.page
    page.set_viewport_size({"width": 1440, "height": 900})
    walker.open(address)
    walker.act(lambda: page.locator("[data-primary]").press("Enter"))

    page.locator(".bar-menu > summary").press("Enter")
    wait = page.locator(".steps-menu details", has=page.locator("#mark_reason"))
    wait.locator("summary").press("Enter")
    page.locator("#mark_mark").select_option("spare_parts")
    page.locator("#mark_reason").press_sequentially("A disk")
    walker.check_accessibility()
    walker.act(lambda: wait.locator("button").press("Enter"))
    expect(page.locator(".ticket-head .badges")).to_contain_text(PARTS[language])
    walker.act(lambda: page.locator("form[action$='/mark/remove/'] button").press("Enter"))
    expect(page.locator(".ticket-head .badges")).not_to_contain_text(PARTS[language])

    page.locator("#panel-sessions summary").press("Enter")
    for field, typed in (
        ("tool", "Screen"),
        ("minutes", "5"),
        ("summary", "The printer was paused"),
    ):
        page.locator(f"#session_{field}").press_sequentially(typed)
    yesterday = datetime.now(UTC) - timedelta(days=1)
    page.locator("#session_started_at").fill(yesterday.strftime("%Y-%m-%dT%H:%M"))
    walker.check_accessibility()
    page.locator("#session_tool").press("Enter")
    expect(page.locator("#panel-sessions .task")).to_contain_text("The printer was paused")
    page.locator("#panel-analyses summary").press("Enter")
    page.locator("#panel-analyses .side-act summary").press("Enter")
    expect(page.locator("#analysis_finding")).to_be_visible()
    walker.check_accessibility()

    page.locator(".bar-menu > summary").press("Enter")
    page.locator("[hx-get$='/step/close_cancelled/form/']").locator("xpath=../summary").press(
        "Enter"
    )
    page.locator("#close_cancelled_cause").select_option("duplicate")
    expect(page.locator("#close_cancelled_asked_by")).to_be_hidden()
    page.locator("#close_cancelled_cause").select_option("requested")
    expect(page.locator("#close_cancelled_duplicate_of")).to_be_hidden()
    page.locator("#close_cancelled_asked_by").select_option(index=1)
    page.locator("#close_cancelled_asked_channel").select_option("phone")
    page.locator("#close_cancelled_reason").press_sequentially("No longer needed")
    walker.check_accessibility()
    button = page.locator("form[action$='/step/close_cancelled/'] button")
    walker.act(lambda: button.press("Enter"))
    expect(page.locator(".properties")).to_contain_text("No longer needed")


def test_a_password_is_hinted_at_masked_and_shown_by_keyboard(
    browser: Browser, mesa: Mesa, language: str
) -> None:
    walker = Walker(browser, mesa, AGENT, language)
    page = walker.page
    walker.open(first_ticket(mesa, "unassigned"))

    page.keyboard.press("n")
    page.locator("[data-composer] textarea").press_sequentially("password: Walk-2026")
    expect(page.locator("[data-hint] span")).to_contain_text(PASSWORD[language])
    walker.check_accessibility()
    walker.act(lambda: page.locator("[data-composer] textarea").press("Control+Enter"))

    entry = page.locator(".entry-note", has=page.locator("form.sensitive")).last
    expect(entry).to_contain_text("password: ••••••")
    expect(entry).not_to_contain_text("Walk-2026")
    entry.locator("form.sensitive button").press("Enter")
    expect(page.locator(".original")).to_contain_text("password: Walk-2026")
    expect(page.locator(".original")).to_be_focused()
    walker.check_accessibility()


def test_an_agent_works_by_the_next_ticket_with_the_keyboard_alone(
    browser: Browser, mesa: Mesa, language: str
) -> None:
    walker = Walker(browser, mesa, AGENT, language)
    walker.open("/admin/")
    opened = []

    for _ in range(2):
        walker.do(lambda: walker.page.keyboard.press("m"))
        opened.append(urlsplit(walker.page.url).path)

    assert all(re.fullmatch(r"/admin/tickets/[A-Z]+-\d+/", each) for each in opened)
    assert len(set(opened)) == 2
    walker.expect_no_refusal()
