"""A browser for the tests: windows that look like a desk, a phone or paper, and tell what is wrong.

It reaches nothing but this machine. What a page asks for elsewhere than at the site that its window
is opened for, writes to the console or raises is kept as trouble: without any, the list is empty.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal, Self

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Dialog,
    Page,
    Request,
    Response,
    sync_playwright,
)

from tests.browser.chromium import Chromium

_HERE = Path(__file__).resolve().parent
SCREENSHOTS = _HERE.parents[1] / ".local" / "screenshots"
STRANGER = "stranger.localhost"
"""Another name of this machine: browsers look names of this kind up nowhere, and trust them."""

_AXE = _HERE / "node_modules" / "axe-core" / "axe.min.js"
_RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")

_FLAGS = (
    # Nothing is looked up, fetched, updated or reported: machines of tests have closed networks.
    f"--host-resolver-rules=MAP {STRANGER} 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-domain-reliability",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
    "--no-pings",
    "--no-proxy-server",
    # Letters have the same width wherever the tests run.
    "--font-render-hinting=none",
)


@dataclass(frozen=True, kw_only=True)
class Look:
    """What somebody has before them."""

    name: str
    scheme: Literal["light", "dark"] = "light"
    width: int = 1280
    height: int = 900
    on_paper: bool = False
    forced_colours: bool = False
    still: bool = False
    """Whether they asked for less motion."""
    scripts: bool = True
    scale: float = 1
    """How many dots of a screenshot a CSS pixel has."""


LIGHT = Look(name="light")
DARK = Look(name="dark", scheme="dark")
PHONE = Look(name="phone", width=390, height=844)
PRINT = Look(name="print", on_paper=True, width=794, height=1123)  # A4 at 96 dots to the inch
FORCED = Look(name="forced-colours", forced_colours=True)
STILL = Look(name="still", still=True)
ZOOMED = Look(name="zoomed", width=320, height=450)
"""A desk at 400 %, or a phone at 120 %: what WCAG 1.4.10 asks for."""
SCRIPTLESS = Look(name="scriptless", scripts=False)


@dataclass
class Window:
    """One page, and all that went wrong in it since it was opened."""

    page: Page
    origin: str
    look: Look
    trouble: list[str] = field(default_factory=list)
    answer: Response | None = None

    def visit(self, path: str) -> Self:
        """Go to *path* and wait until all of it is there."""
        self.answer = self.page.goto(self.origin + path)
        self.settle()
        return self

    def settle(self) -> None:
        """Wait for what the page still has to say: events arrive in order, before this answer."""
        self.page.wait_for_load_state("load")
        self.page.evaluate("0")

    @property
    def status(self) -> int:
        """The status of the page that was visited last."""
        assert self.answer
        return self.answer.status

    def listen(self) -> Self:
        """Take down from now on what goes wrong."""
        page, note = self.page, self.trouble.append
        page.on("console", self._heard)
        page.on("pageerror", lambda error: note(f"error: {error}"))
        page.on("dialog", self._asked)
        # Listened to, not routed: that would ask us about every request, and switch the cache off.
        page.on("request", self._requested)
        return self

    def _heard(self, message: ConsoleMessage) -> None:
        # A page that answers 403 or 404 is reported as a resource that was not loaded.
        of_page = message.location["url"] == self.page.url and "status of 4" in message.text
        if message.type in {"error", "warning", "assert"} and not of_page:
            self.trouble.append(f"console: {message.text}")

    def _asked(self, dialog: Dialog) -> None:
        self.trouble.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _requested(self, request: Request) -> None:
        if not request.url.startswith((f"{self.origin}/", "data:", "about:")):
            self.trouble.append(f"elsewhere: {request.url}")


@contextmanager
def started(chromium: Chromium) -> Iterator[Browser]:
    """Start a headless browser with a profile of its own.

    Not longer than for one test module: as long as it runs, this thread has an event loop.
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium.path,
            args=_FLAGS,
            env=dict(chromium.environment),
        )
        with browser:
            yield browser


@contextmanager
def window(browser: Browser, origin: str, look: Look = LIGHT) -> Iterator[Window]:
    """Open a window on *origin*, with no memory of others."""
    with _context(browser, look) as context:
        page = context.new_page()
        if look.on_paper:
            page.emulate_media(media="print")
        yield Window(page, origin, look).listen()


def _context(browser: Browser, look: Look) -> BrowserContext:
    return browser.new_context(
        color_scheme=look.scheme,
        device_scale_factor=look.scale,
        forced_colors="active" if look.forced_colours else "none",
        java_script_enabled=look.scripts,
        reduced_motion="reduce" if look.still else "no-preference",
        service_workers="block",
        timezone_id="Pacific/Chatham",  # whoever looks there sees UTC as well
        viewport={"width": look.width, "height": look.height},
    )


def axe(page: Page) -> list[str]:
    """Return what axe finds: rule, element and reason.

    A page's policy may stay in force: what the debugger evaluates is not bound by it.
    """
    page.evaluate(_axe())
    found: dict[str, Any] = page.evaluate(
        """tags => axe.run({
            runOnly: { type: "tag", values: tags },
            rules: { "target-size": { enabled: true } },  // of WCAG 2.2, which is off by default
            resultTypes: ["violations"],
        })""",
        list(_RULES),
    )
    return [
        f"{rule['id']} at {' '.join(map(str, node['target']))}: {_reason(node)}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]


def screenshot(page: Page, name: str) -> Path:
    """Keep a picture of the whole page in .local/screenshots/."""
    path = SCREENSHOTS / f"{re.sub(r'[^a-z0-9-]+', '-', name.lower())}.png"
    page.screenshot(path=path, full_page=True)
    return path


@cache
def _axe() -> str:
    return _AXE.read_text("utf-8")


def _reason(node: dict[str, Any]) -> str:
    return " ".join(str(node["failureSummary"]).split())
