"""What tests ask of a page that is open: sizes, order, focus, structure."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from playwright.sync_api import Page


@dataclass(frozen=True)
class Stop:
    """Where the focus is after a press of Tab."""

    place: int
    """Which element of the page it is, in the order of reading."""
    name: str
    ring: float
    """The contrast of the ring around it to what lies behind; 0: there is no ring."""
    covered: bool
    """Whether something lies over it."""


@dataclass(frozen=True)
class Text:
    """A text on a page."""

    text: str
    at: str
    isolated: bool
    """Whether it stands alone in an element that keeps directions to itself."""


def ground(page: Page) -> float:
    """Return how light the page is by itself: 0 is black, 1 white."""
    found: float = _ask(page, "ground")
    return found


def sticking_out(page: Page) -> list[str]:
    """Return what makes the page scroll sideways: its width, then the elements too far right."""
    found: list[str] = _ask(page, "stickingOut")
    return found


def squeezed(page: Page) -> list[str]:
    """Return the texts in columns so narrow that hardly a word fits."""
    found: list[str] = _ask(page, "squeezed")
    return found


def small_targets(page: Page, least: int) -> list[str]:
    """Return what can be clicked and is smaller than *least*, but for links inside a sentence."""
    found: list[str] = _ask(page, "smallTargets", least)
    return found


def clickables(page: Page) -> dict[int, str]:
    """Return everything that can be clicked, by its place in the order of reading."""
    return dict(_ask(page, "clickables"))


def stops(page: Page, *, most: int = 600) -> list[Stop]:
    """Press Tab from the top of the page until the focus leaves it, and return where it was."""
    found: dict[int, Stop] = {}
    for _ in range(most):
        page.keyboard.press("Tab")
        stop = _ask(page, "stop")
        if stop is None or stop["place"] in found:
            return list(found.values())
        found[stop["place"]] = Stop(**stop)
    raise AssertionError(f"more than {most} stops")


def reordered(page: Page) -> list[str]:
    """Return what may stand elsewhere on the screen than in the order of reading."""
    found: list[str] = _ask(page, "reordered")
    return found


def headings(page: Page) -> list[tuple[int, str]]:
    """Return level and text of every heading that is shown."""
    return [(level, text) for level, text in _ask(page, "headings")]


def hidden_parts(page: Page) -> list[str]:
    """Return what one has to open first to see it."""
    found: list[str] = _ask(page, "hiddenParts")
    return found


def active(page: Page) -> list[str]:
    """Return what could do something by itself: scripts, frames, handlers, addresses that run."""
    found: list[str] = _ask(page, "active")
    return found


def skeleton(page: Page) -> list[str]:
    """Return what the page is made of, without what it says: one line for each element.

    Elements with all their attributes; of those that hold text, numbers, times or the address of
    a lead only that they are there.
    """
    found: list[str] = _ask(page, "skeleton")
    return found


def texts(page: Page, pattern: str) -> list[Text]:
    """Return every text in which *pattern* (a regular expression) is found."""
    return [Text(**found) for found in _ask(page, "texts", pattern)]


def _ask(page: Page, question: str, argument: object = None) -> Any:  # noqa: ANN401 - JSON
    return page.evaluate(f"argument => ({_questions()}).{question}(argument)", argument)


@cache
def _questions() -> str:
    return Path(__file__).with_suffix(".js").read_text("utf-8").rstrip()
