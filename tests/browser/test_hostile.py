"""A lead that somebody wrote to break the pages changes nothing in them but their words.

Each page is shown twice: with hostile leads, and with plain ones in their place. Its elements are
the same. Both went through the real door.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from difflib import unified_diff
from functools import cache

import pytest
from playwright.sync_api import Browser, Page

from devhost.azurite import Azurite
from tests.browser import questions
from tests.browser.browser import LIGHT, PHONE, ZOOMED, Look, Window, axe, screenshot, window
from tests.browser.dashboard import LEAD, LIST, OVERVIEW, Dashboard, address, opened
from tests.browser.hostile import CODE, OFFERS, SIGN, SPECIMENS, Specimen, with_id
from tests.browser.questions import Text
from tests.end_to_end.app import Row

EMPTY_PAGES = {"overview": OVERVIEW, "list": LIST}
WHOLE_PAGES = {
    "overview": address(OVERVIEW, period="today"),
    "overview-8w": address(OVERVIEW, period="8w"),
    "list": address(LIST),
    "list-best": address(LIST, sort="score"),
}
PARAMETERS = {
    OVERVIEW: ("period",),
    LIST: ("q", "offer", "stage", "since", "sort", "before", "page", "contactable", "tests"),
    LEAD: ("offer", "key", "contact"),
}
# What else a text turns into is tested without a browser.
SHOWN_AS_TYPED = ("script", "image", "vector", "comment", "entity", "braces", "format", "formula")


@dataclass(frozen=True)
class Twins:
    """The app with hostile leads, and the app with a plain one in the place of each."""

    hostile: Dashboard
    plain: Dashboard

    def __iter__(self) -> Iterator[Dashboard]:
        return iter((self.hostile, self.plain))


@pytest.fixture(scope="module")
def empty() -> Iterator[Twins]:
    """Both before anything came."""
    with ExitStack() as stack:
        storages = [stack.enter_context(Azurite()) for _ in range(2)]
        hostile, plain = (stack.enter_context(opened(storage)) for storage in storages)
        yield Twins(hostile, plain)


@pytest.fixture(scope="module")
def twins(empty: Twins) -> Twins:
    for specimen in SPECIMENS:
        for hostile, plain in zip(specimen.leads(), specimen.plain(), strict=True):
            post(empty.hostile, hostile)
            post(empty.plain, plain)
    for specimen in OFFERS:
        post(empty.hostile, with_id(specimen, plain=False))
        post(empty.plain, with_id(specimen, plain=True))
    for dashboard in empty:
        dashboard.counted()
    return empty


def post(dashboard: Dashboard, payload: Row) -> None:
    """Post *payload* in as few bytes as a long text needs; half a surrogate needs its escape."""
    try:
        body = json.dumps(payload, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        body = json.dumps(payload).encode()
    assert dashboard.system.app.post(body).status == 202


@dataclass(frozen=True)
class Seen:
    """What the pages of one specimen were like: its list, and its leads masked and not."""

    skeletons: list[list[str]]
    texts: list[Text]
    titles: list[str]
    words: list[str]
    links: list[str]
    too_wide: list[str]
    trouble: list[str]


@pytest.fixture(scope="module")
def hostile(twins: Twins, browser: Browser) -> Iterator[Callable[[Specimen], Seen]]:
    """Look at the pages of a specimen, once for all tests."""
    with window(browser, twins.hostile.url, ZOOMED) as shown:
        yield cache(lambda specimen: look_at(specimen, twins.hostile, shown))


@pytest.fixture(scope="module")
def plain(twins: Twins, browser: Browser) -> Iterator[Callable[[Specimen], Seen]]:
    """Look at the same pages with a plain lead in its place: those alike are looked at once."""
    with window(browser, twins.plain.url, ZOOMED) as shown:
        look = cache(lambda specimen: look_at(specimen, twins.plain, shown))
        yield lambda specimen: look(next(one for one in SPECIMENS if one.shape == specimen.shape))


def look_at(specimen: Specimen, dashboard: Dashboard, shown: Window) -> Seen:
    seen = Seen([], [], [], [], [], [], [])
    page = shown.page
    shown.trouble.clear()
    for path in paths_of(dashboard, specimen):
        shown.visit(path)
        seen.skeletons.append(questions.skeleton(page))
        seen.texts.extend(questions.texts(page, SIGN))
        seen.titles.append(page.title())
        seen.links.extend(links_in(page))
        seen.words.append(page.locator("main").text_content() or "")
        seen.too_wide.extend(questions.sticking_out(page))
        seen.trouble.extend(trouble_of(shown))
    return seen


def paths_of(dashboard: Dashboard, specimen: Specimen) -> list[str]:
    """Return the list of a specimen, its lead that can be reached, masked, and the other one."""
    rows = dashboard.system.app.offer(specimen.offer, "lead")
    best, *others = sorted(rows, key=lambda row: -int(row["TouchCount"]))
    other = (others or [best])[0]
    return [
        address(LIST, offer=specimen.offer),
        address(LEAD, offer=specimen.offer, key=best["LeadKey"]),
        address(LEAD, offer=specimen.offer, key=other["LeadKey"], contact="shown"),
    ]


def links_in(page: Page) -> list[str]:
    """Return the links that call or write to somebody."""
    found = page.locator("a[href^='mailto:'], a[href^='tel:']")
    links: list[str] = found.evaluate_all("links => links.map(link => link.href)")
    return links


def trouble_of(shown: Window) -> list[str]:
    """Return what went wrong, a script that ran first of all."""
    shown.settle()
    ran = shown.page.evaluate("'pwned' in window")
    return [*(["a script ran"] if ran else []), *questions.active(shown.page), *shown.trouble]


def differences(hostile: list[str], plain: list[str]) -> str:
    return "\n".join(unified_diff(plain, hostile, "plain", "hostile", n=4, lineterm=""))


each_specimen = pytest.mark.parametrize("specimen", SPECIMENS, ids=lambda one: one.name)


@pytest.mark.parametrize("look", [LIGHT, PHONE], ids=lambda look: look.name)
@pytest.mark.parametrize("path", EMPTY_PAGES.values(), ids=EMPTY_PAGES)
def test_a_page_without_leads_breaks_no_rule(
    empty: Twins, browser: Browser, path: str, look: Look
) -> None:
    with window(browser, empty.plain.url, look) as shown:
        page = shown.visit(path).page
        screenshot(page, f"empty-{path}-{look.name}")

        assert axe(page) == []
        assert questions.sticking_out(page) == []
        assert (shown.status, trouble_of(shown)) == (200, [])


@each_specimen
def test_a_hostile_lead_changes_no_element(
    specimen: Specimen, hostile: Callable[[Specimen], Seen], plain: Callable[[Specimen], Seen]
) -> None:
    pairs = zip(hostile(specimen).skeletons, plain(specimen).skeletons, strict=True)

    found = "\n".join(filter(None, (differences(one, other) for one, other in pairs)))

    assert found == ""


@each_specimen
def test_nothing_in_a_hostile_lead_runs_or_is_fetched(
    specimen: Specimen, hostile: Callable[[Specimen], Seen]
) -> None:
    assert hostile(specimen).trouble == []


@each_specimen
def test_the_layout_holds_a_hostile_lead(
    specimen: Specimen, hostile: Callable[[Specimen], Seen]
) -> None:
    assert hostile(specimen).too_wide == []


@each_specimen
def test_a_hostile_text_turns_nothing_around_but_itself(
    specimen: Specimen, hostile: Callable[[Specimen], Seen]
) -> None:
    seen = hostile(specimen)

    assert bool(seen.texts) is (SIGN in specimen.text)
    assert [text for text in seen.texts if not text.isolated] == []
    assert not any(SIGN in title for title in seen.titles)


@pytest.mark.parametrize("name", SHOWN_AS_TYPED)
def test_code_is_shown_as_it_was_typed(name: str, hostile: Callable[[Specimen], Seen]) -> None:
    (specimen,) = (one for one in SPECIMENS if one.name == name)

    words = " ".join(hostile(specimen).words)

    assert " ".join(specimen.text.split()) in " ".join(words.split())


@each_specimen
def test_what_is_no_plain_address_becomes_no_link(
    specimen: Specimen, hostile: Callable[[Specimen], Seen]
) -> None:
    assert hostile(specimen).links == []


@pytest.mark.parametrize("path", WHOLE_PAGES.values(), ids=WHOLE_PAGES)
def test_all_hostile_leads_together_change_no_element(
    twins: Twins, browser: Browser, path: str
) -> None:
    seen = []

    for dashboard in twins:
        with window(browser, dashboard.url) as shown:
            seen.append(questions.skeleton(shown.visit(path).page))
            assert trouble_of(shown) == []

    assert differences(*seen) == ""


@pytest.mark.parametrize("look", [LIGHT, PHONE], ids=lambda look: look.name)
@pytest.mark.parametrize("path", WHOLE_PAGES.values(), ids=WHOLE_PAGES)
def test_the_layout_holds_all_hostile_leads_together(
    twins: Twins, browser: Browser, path: str, look: Look
) -> None:
    with window(browser, twins.hostile.url, look) as shown:
        page = shown.visit(path).page

        assert questions.sticking_out(page) == []
        assert questions.squeezed(page) == []
        assert axe(page) == []


@pytest.mark.parametrize("page", PARAMETERS)
def test_what_stands_in_the_address_changes_no_element(
    twins: Twins, browser: Browser, page: str
) -> None:
    # A slash would make a place of what the list is to go on behind.
    texts = ["plain", *(specimen.text.replace("/", "|") for specimen in CODE)]

    with window(browser, twins.plain.url) as shown:
        paths = [address(page, **dict.fromkeys(PARAMETERS[page], text)) for text in texts]
        plain, *hostile = [questions.skeleton(shown.visit(path).page) for path in paths]
        trouble = trouble_of(shown)

    assert "\n".join(differences(one, plain) for one in hostile).strip() == ""
    assert trouble == []
