"""Every page of the dashboard, as people meet it: at a desk, in the dark, on a phone, on paper."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from itertools import pairwise
from urllib.parse import parse_qsl, urlsplit

import pytest
from playwright.sync_api import Browser

from tests.browser import questions
from tests.browser.browser import (
    DARK,
    FORCED,
    LIGHT,
    PHONE,
    PRINT,
    SCRIPTLESS,
    STILL,
    ZOOMED,
    Look,
    Window,
    axe,
    screenshot,
    window,
)
from tests.browser.dashboard import (
    ADA,
    LEAD,
    LIST,
    MANY,
    OFFER,
    OVERVIEW,
    SILENT,
    Dashboard,
    address,
)
from tests.browser.questions import Stop

type Find = Callable[[Dashboard, Browser], str]


def at(page: str, **query: str) -> Find:
    return lambda *_: address(page, **query)


def of_lead(**query: str) -> Find:
    return lambda *_: address(LEAD, offer=OFFER, key=ADA, **query)


def second_page(**query: str) -> Find:
    """Return the page that the list itself leads to."""

    def find(dashboard: Dashboard, browser: Browser) -> str:
        with window(browser, dashboard.url) as shown:
            shown.visit(address(LIST, **query))
            return shown.page.locator("a[rel=next]").get_attribute("href") or ""

    return find


PAGES: dict[str, tuple[int, Find]] = {
    "overview": (200, at(OVERVIEW)),
    "overview-today": (200, at(OVERVIEW, period="today")),
    "overview-7d": (200, at(OVERVIEW, period="7d")),
    "overview-8w": (200, at(OVERVIEW, period="8w")),
    "list": (200, at(LIST)),
    "list-2": (200, second_page(offer=OFFER)),
    "list-best": (200, at(LIST, sort="score")),
    "list-filtered": (200, at(LIST, offer=OFFER, stage="trial", since="30d", contactable="1")),
    "list-nothing": (200, at(LIST, q="nobody is called so")),
    "lead": (200, of_lead()),
    "lead-shown": (200, of_lead(contact="shown")),
    "lead-unknown": (404, at(LEAD, offer=OFFER, key="e" + "0" * 32)),
    "page-unknown": (404, at(f"{OVERVIEW}/nothing")),
    "refused": (403, at(OVERVIEW)),
}
ALIKE = ("overview-today", "overview-7d", "overview-8w", "list-2", "list-best")
"""Pages made of the same parts as others: one look shows whether these are in their places."""
CASES = [
    (page, look)
    for page in PAGES
    for look in ([PHONE] if page in ALIKE else [LIGHT, DARK, PHONE, PRINT])
]
ON_SCREEN = [(page, look) for page, look in CASES if look != PRINT]
ONCE = [(page, look) for page, look in CASES if look == PHONE]
ON_PAPER = [(page, look) for page, look in CASES if look == PRINT]
NARROW = [(page, ZOOMED) for page in PAGES if page not in ALIKE]
OWN_COLOURS = [(page, look) for page in ("overview", "list", "lead") for look in (FORCED, STILL)]
CONTROLS = "nav[aria-label=Pages], nav[aria-label='Further leads'], form, button, .button, .skip"
ONE_OF_A_KIND = ("overview", "list", "list-filtered", "lead", "lead-shown", "refused")
WALKED = [(page, look) for page in ONE_OF_A_KIND for look in (LIGHT, DARK, PHONE)]
LEAST_TARGET = 24  # CSS pixels, WCAG 2.5.8
LEAST_CONTRAST = 3  # of what is no text, WCAG 1.4.11


def shown_as(*cases: tuple[str, Look]) -> pytest.MarkDecorator:
    """Run a test on these pages; tests of the same page and look share one window."""
    ids = [f"{page}-{look.name}" for page, look in cases]
    return pytest.mark.parametrize("shown", cases, ids=ids, indirect=True, scope="module")


@pytest.fixture(scope="module")
def paths(dashboard: Dashboard, browser: Browser) -> Callable[[str], str]:
    return cache(lambda page: PAGES[page][1](dashboard, browser))


@pytest.fixture(scope="module")
def shown(
    request: pytest.FixtureRequest,
    dashboard: Dashboard,
    browser: Browser,
    paths: Callable[[str], str],
) -> Iterator[Window]:
    page, look = request.param
    origin = dashboard.by_another_name if page == "refused" else dashboard.url
    with window(browser, origin, look) as opened:
        opened.visit(paths(page))
        if (page, look) in CASES:
            screenshot(opened.page, f"{page}-{look.name}")
        yield opened


@pytest.fixture(scope="module")
def walk(shown: Window) -> list[Stop]:
    """Go through the page by Tab."""
    return questions.stops(shown.page)


@shown_as(*CASES)
def test_a_page_does_nothing_but_show_itself(shown: Window, request: pytest.FixtureRequest) -> None:
    page, _ = request.node.callspec.params["shown"]

    active = questions.active(shown.page)
    shown.settle()

    assert (shown.status, shown.trouble, active) == (PAGES[page][0], [], [])


@shown_as(*ON_SCREEN)
def test_a_page_breaks_no_rule_of_accessibility(shown: Window) -> None:
    found = axe(shown.page)

    assert found == []


@shown_as(*CASES, *NARROW)
def test_no_page_scrolls_sideways(shown: Window) -> None:
    found = questions.sticking_out(shown.page)

    assert found == []


@shown_as(*CASES, *NARROW)
def test_in_every_column_there_is_room_for_words(shown: Window) -> None:
    found = questions.squeezed(shown.page)

    assert found == []


@shown_as(*ON_SCREEN)
def test_everything_to_click_is_large_enough_for_a_finger(shown: Window) -> None:
    found = questions.small_targets(shown.page, LEAST_TARGET)

    assert found == []


@shown_as(*ON_SCREEN)
def test_the_screen_has_the_order_of_the_page(shown: Window) -> None:
    found = questions.reordered(shown.page)

    assert found == []


@shown_as(*WALKED)
def test_tab_reaches_everything_in_the_order_of_reading(shown: Window, walk: list[Stop]) -> None:
    reached = [stop.place for stop in walk]

    assert reached == sorted(reached)
    assert set(questions.clickables(shown.page)) - set(reached) == set()


@shown_as(*WALKED)
def test_one_sees_where_the_focus_is(walk: list[Stop]) -> None:
    unseen = [stop for stop in walk if stop.ring < LEAST_CONTRAST or stop.covered]

    assert walk
    assert unseen == []


@shown_as(*ONCE)
def test_headings_form_a_table_of_contents(shown: Window) -> None:
    levels = [level for level, _ in questions.headings(shown.page)]

    deeper = [lower - upper for upper, lower in pairwise(levels)]
    assert Counter(levels)[1] == 1
    assert levels[0] == 1
    assert max(deeper, default=0) <= 1


@shown_as(*ONCE)
def test_a_page_says_what_it_is_and_where_its_parts_are(shown: Window) -> None:
    page = shown.page

    parts = {part: page.locator(part).count() for part in ("main", "body > header", "head title")}

    assert page.locator("html").get_attribute("lang") == "en"
    assert set(parts.values()) == {1}, parts
    assert page.locator('meta[name="color-scheme"]').get_attribute("content") == "light dark"


@shown_as(*ON_PAPER)
def test_on_paper_is_nothing_to_click_and_nothing_folded_away(shown: Window) -> None:
    controls = shown.page.locator(CONTROLS)

    visible = [control.inner_text() for control in controls.all() if control.is_visible()]

    assert visible == []
    assert questions.hidden_parts(shown.page) == []


@shown_as(*OWN_COLOURS)
def test_a_page_respects_colours_and_stillness_of_ones_own(shown: Window) -> None:
    moving = shown.page.evaluate("document.getAnimations().length")

    assert (shown.trouble, moving) == ([], 0)
    assert axe(shown.page) == []


def test_titles_tell_pages_apart(
    dashboard: Dashboard, browser: Browser, paths: Callable[[str], str]
) -> None:
    different = ("overview", "list", "lead", "lead-shown", "lead-unknown", "page-unknown")

    with window(browser, dashboard.url) as shown:
        titles = [shown.visit(paths(page)).page.title() for page in different]

    assert len(set(titles)) == len(different), titles


def test_light_and_dark_differ(dashboard: Dashboard, browser: Browser) -> None:
    grounds = {}

    for look in (LIGHT, DARK):
        with window(browser, dashboard.url, look) as shown:
            grounds[look.name] = questions.ground(shown.visit(OVERVIEW).page)

    assert grounds["light"] > 0.8
    assert grounds["dark"] < 0.05


def kind_of(link: str) -> tuple[str, tuple[str, ...]]:
    """Return which page a link leads to, and by which parameters: links of a kind are alike."""
    split = urlsplit(link)
    return split.path, tuple(sorted(name for name, _ in parse_qsl(split.query)))


@pytest.mark.parametrize("start", ["overview", "list", "list-filtered", "lead", "lead-shown"])
def test_every_kind_of_link_leads_to_a_page(
    dashboard: Dashboard, browser: Browser, paths: Callable[[str], str], start: str
) -> None:
    with window(browser, dashboard.url, SCRIPTLESS) as shown:
        links = shown.visit(paths(start)).page.locator("a[href^='/']")
        found = links.evaluate_all("links => links.map(link => link.getAttribute('href'))")
        kinds = {kind_of(link): link for link in found}
        reached = {link: shown.visit(link).status for link in kinds.values()}

    assert kinds
    assert set(reached.values()) == {200}, reached
    assert shown.trouble == []


def tab_to(shown: Window, selector: str) -> None:
    """Press Tab until the focus is on what *selector* names."""
    wanted = shown.page.locator(selector).first
    for _ in range(300):
        shown.page.keyboard.press("Tab")
        if wanted.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"no Tab leads to {selector}")


def press_enter(shown: Window) -> None:
    with shown.page.expect_navigation():
        shown.page.keyboard.press("Enter")


def test_by_keyboard_and_without_scripts_one_gets_from_the_overview_to_contact_data(
    dashboard: Dashboard, browser: Browser
) -> None:
    with window(browser, dashboard.url, SCRIPTLESS) as shown:
        shown.visit(OVERVIEW)
        for link in (f"main a[href^='{LEAD}?']", "main a[href*='contact=shown']"):
            tab_to(shown, link)
            press_enter(shown)
        mail = shown.page.locator("a[href^='mailto:']").count()

    assert (mail, shown.trouble) == (1, [])


def test_by_keyboard_and_without_scripts_the_list_is_filtered(
    dashboard: Dashboard, browser: Browser
) -> None:
    with window(browser, dashboard.url, SCRIPTLESS) as shown:
        shown.visit(LIST)
        tab_to(shown, "input[name=q]")
        shown.page.keyboard.type("Lovelace")
        tab_to(shown, "select[name=offer]")
        shown.page.keyboard.type(SILENT)
        tab_to(shown, "input[name=contactable]")
        shown.page.keyboard.press("Space")
        tab_to(shown, "form button")
        press_enter(shown)
        asked = dict(parse_qsl(urlsplit(shown.page.url).query))
        leads = shown.page.locator(f"main a[href^='{LEAD}?']").count()

    assert {"q": "Lovelace", "offer": SILENT, "contactable": "1"}.items() <= asked.items()
    assert (leads, shown.trouble) == (1, [])


def test_by_keyboard_and_without_scripts_one_turns_the_pages_of_the_list(
    dashboard: Dashboard, browser: Browser
) -> None:
    with window(browser, dashboard.url, SCRIPTLESS) as shown:
        shown.visit(address(LIST, offer=OFFER))
        links = shown.page.locator(f"main a[href^='{LEAD}?']")
        leads = [links.evaluate_all("links => links.map(link => link.href)")]
        tab_to(shown, "a[rel=next]")
        press_enter(shown)
        leads.append(links.evaluate_all("links => links.map(link => link.href)"))

    assert set(leads[0]) & set(leads[1]) == set()
    assert len(leads[0]) + len(leads[1]) == MANY + 1


def test_skip_link_leads_past_the_navigation(dashboard: Dashboard, browser: Browser) -> None:
    with window(browser, dashboard.url, SCRIPTLESS) as shown:
        shown.visit(LIST)
        shown.page.keyboard.press("Tab")
        shown.page.keyboard.press("Enter")
        shown.page.keyboard.press("Tab")
        in_main = shown.page.evaluate("!!document.activeElement.closest('main')")

    assert in_main
