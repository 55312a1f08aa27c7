"""A browser session that checks every page it opens."""

import re
from collections.abc import Callable
from typing import Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.support.running import Mesa

SIZES = {"phone": {"width": 390, "height": 844}, "desktop": {"width": 1360, "height": 900}}
SHAPES = {"sqlite": "phone", "postgres": "desktop"}
SCHEMES: dict[str, Literal["light", "dark"]] = {"es": "light", "en": "dark"}
# A refused form answers 40x. The jQuery of the configuration pages tries an inline style, which the
# CSP blocks. A part of a page that is replaced stops its request, which htmx logs in two lines.
HARMLESS = ("status of 40", "Applying inline style", "htmx:sendAbort", "htmx:afterRequest")

# Without ``preload`` axe does not fetch the style sheets again, which takes two seconds a page of
# the configuration; only its rule about locked orientation needs them, and no style sheet locks it.
AXE_OPTIONS = {"resultTypes": ["violations"], "preload": False}


class Walker:
    """A signed-in browser session. It checks each kind of page once: axe, console, width,
    language.
    """

    def __init__(self, browser: Browser, mesa: Mesa, email: str, language: str) -> None:
        self.mesa = mesa
        self.email = email
        self.language = language
        size = SIZES[SHAPES[mesa.shape]]
        self.context = browser.new_context(
            viewport=size,
            locale="es-MX" if language == "es" else "en-US",
            color_scheme=SCHEMES[language],
            base_url=mesa.url,
        )
        self.context.set_default_timeout(60_000)  # milliseconds: two products share two cores
        self.page: Page = self.context.new_page()
        self.errors: list[str] = []
        self.page.on(
            "console",
            lambda m: (
                self.errors.append(m.text)
                if m.type == "error" and not any(word in m.text for word in HARMLESS)
                else None
            ),
        )
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        key = mesa.session(email)
        self.context.add_cookies([{"name": "sessionid", "value": key, "url": mesa.url}])

    def sign_in_again(self) -> None:
        """Clear the session and sign in with the login form."""
        self.context.clear_cookies()
        self.open("/accounts/login/")
        self.page.fill("[name=login]", self.email)
        self.page.fill("[name=password]", "mesa-demo")
        self.do(lambda: self.page.click("main .button-primary"))

    def open(self, path: str) -> None:
        self.page.goto(path)
        self.check()

    def do(self, act: Callable[[], None]) -> None:
        with self.page.expect_navigation():
            act()
        self.check()

    def act(self, act: Callable[[], None]) -> None:
        """Act on the desk's ticket page, which is replaced without a page load."""
        before = self.page.locator("#main").element_handle()
        assert before is not None
        act()
        before.wait_for_element_state("hidden")  # it left the page
        self.check()
        self.expect_no_refusal()

    def check(self) -> None:
        kind = re.sub(r"[A-Z]+-\d+", "N", self.page.url)
        if (self.email, kind) in self.mesa.checked:
            return
        self.mesa.checked.add((self.email, kind))
        self.check_accessibility()
        wide = self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert wide <= 0, f"{self.page.url} is {wide} px too wide"
        assert self.page.get_attribute("html", "lang") == self.language
        assert self.errors == [], (self.page.url, self.errors)

    def check_accessibility(self) -> None:
        found = [
            v
            for v in Axe().run(self.page, options=AXE_OPTIONS).response["violations"]
            if v["impact"] in {"serious", "critical"}
        ]
        assert found == [], [
            (self.page.url, v["id"], [n["target"] for n in v["nodes"]][:3]) for v in found
        ]

    def expect_no_refusal(self) -> None:
        assert self.page.locator(".message-error").all_inner_texts() == []

    def step(self, name: str, **fields: str) -> None:
        """Open the form of a transition on the desk's ticket page, fill it and submit it."""
        form = self.page.locator(f".steps form[action$='/step/{name}/']")
        self.page.locator(".bar-menu").evaluate("menu => { menu.open = true; }")
        slot = self.page.locator(f".steps [hx-get$='/step/{name}/form/']")
        slot.locator("xpath=..").locator("summary").click()
        for field, value in fields.items():
            control = form.locator(f"[name={field}]")
            control.select_option(value) if control.evaluate(
                "e => e.tagName"
            ) == "SELECT" else control.fill(value)
        self.act(lambda: form.locator("button.button-primary, button.button-danger").click())

    def say(self, kind: str, body: str, estimated_at: str = "") -> None:
        form = self.page.locator("[data-composer]")
        form.locator(f"[name=kind][value={kind}]").click()  # it opens the composer too
        form.locator("[name=body]").fill(body)
        if estimated_at:
            form.locator("[name=estimated_at]").fill(estimated_at)
        self.act(lambda: form.locator("button.button-primary").click())
