"""The browser of the tests finds what it is there to find."""

from __future__ import annotations

from collections.abc import Iterator

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
    STRANGER,
    Look,
    axe,
    screenshot,
    window,
)
from tests.browser.site import STRICT, Site, serving

FAULTS = {
    "contrast": ('<p class="faint">Hardly to be read</p>', "color-contrast"),
    "no-alternative": ("<img>", "image-alt"),
    "no-label": ('<input name="q">', "label"),
    "no-name": ('<a href="/"></a>', "link-name"),
    "heading-order": ("<h1>One</h1><h4>Four</h4>", "heading-order"),
    "two-mains": ("<main>Another</main>", "landmark-no-duplicate-main"),
    "small-targets": (
        '<a class="tiny" href="/1">1</a><a class="tiny" href="/2">2</a>',
        "target-size",
    ),
}
STYLE = """
.faint { color: #bbb; background: #fff; }
.tiny { display: block; width: 9px; height: 9px; overflow: hidden; }
.bare:focus { outline: none; }
.pale:focus-visible { outline: 2px solid #eee; }
.ringed:focus-visible { outline: 2px solid #00f; }
.large { display: inline-block; min-width: 24px; min-height: 24px; }
.wide { width: 900px; }
.narrow { width: 9px; overflow-wrap: anywhere; }
.last { order: 1; }
.over { position: absolute; inset: 0; background: #fff; }
"""
LINKED = '<link rel="stylesheet" href="/style.css">'


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """A site as strict as the dashboard."""
    with serving({"Content-Security-Policy": STRICT}) as site:
        site.pages["/style.css"] = STYLE
        yield site


@pytest.fixture(scope="module")
def lax_site() -> Iterator[Site]:
    with serving({}) as site:
        yield site


@pytest.mark.parametrize(("body", "rule"), FAULTS.values(), ids=FAULTS)
def test_axe_finds_a_fault_and_says_where(
    browser: Browser, site: Site, body: str, rule: str
) -> None:
    path = site.put(body, head=LINKED)

    with window(browser, site.url) as shown:
        found = axe(shown.visit(path).page)
        shown.settle()

    assert shown.trouble == []
    assert any(line.startswith(f"{rule} at ") for line in found), found


def test_axe_finds_nothing_in_a_page_without_faults(browser: Browser, site: Site) -> None:
    path = site.put('<h1>Leads</h1><p>See <a href="/">all</a> of them</p>')

    with window(browser, site.url) as shown:
        found = axe(shown.visit(path).page)

    assert found == []


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param('<img src="/x.svg" alt="">', "Content Security Policy", id="image"),
        pytest.param("<svg onload=x()></svg>", "Content Security Policy", id="handler"),
        pytest.param('<p style="color: red">Text</p>', "Content Security Policy", id="style"),
        pytest.param("<script>alert(1)</script>", "Content Security Policy", id="script"),
    ],
)
def test_what_the_policy_forbids_is_trouble(
    browser: Browser, site: Site, body: str, expected: str
) -> None:
    path = site.put(body)

    with window(browser, site.url) as shown:
        shown.visit(path)

    assert expected in " ".join(shown.trouble)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            '<img src="http://elsewhere.example/x.png" alt="">',
            "elsewhere: http://elsewhere.example",
        ),
        ("<script>alert('hello')</script>", "dialog: hello"),
        ("<script>throw Error('oh')</script>", "error: oh"),
        ("<script>console.error('oh')</script>", "console: oh"),
        ('<img src="/missing.png" alt="">', "console: Failed to load resource"),
    ],
)
def test_whatever_a_page_does_by_itself_is_trouble(
    browser: Browser, lax_site: Site, body: str, expected: str
) -> None:
    path = lax_site.put(body)

    with window(browser, lax_site.url) as shown:
        shown.visit(path)

    assert expected in "\n".join(shown.trouble)


def test_a_page_that_is_not_found_is_no_trouble(browser: Browser, site: Site) -> None:
    with window(browser, site.url) as shown:
        shown.visit("/nowhere")

    assert (shown.status, shown.trouble) == (404, [])


def test_this_machine_has_another_name_in_this_browser(browser: Browser, site: Site) -> None:
    path = site.put("<h1>Here</h1>")

    with window(browser, site.url.replace("127.0.0.1", STRANGER)) as shown:
        shown.visit(path)

    assert (shown.status, shown.trouble) == (200, [])


@pytest.mark.parametrize(
    ("look", "query"),
    [
        (LIGHT, "screen and (prefers-color-scheme: light) and (min-width: 1280px)"),
        (DARK, "(prefers-color-scheme: dark)"),
        (PHONE, "(width: 390px) and (height: 844px)"),
        (PRINT, "print"),
        (FORCED, "(forced-colors: active)"),
        (STILL, "(prefers-reduced-motion: reduce)"),
        (SCRIPTLESS, "(scripting: none)"),
    ],
    ids=lambda value: value.name if isinstance(value, Look) else "",
)
def test_a_look_is_what_stylesheets_ask_for(
    browser: Browser, site: Site, look: Look, query: str
) -> None:
    path = site.put("<h1>Here</h1>")

    with window(browser, site.url, look) as shown:
        matches = shown.visit(path).page.evaluate("query => matchMedia(query).matches", query)

    assert matches is True


def test_a_page_that_is_too_wide_tells_by_what(browser: Browser, site: Site) -> None:
    path = site.put('<p class="wide">Wide</p><p>Narrow</p>', head=LINKED)

    with window(browser, site.url, PHONE) as shown:
        found = questions.sticking_out(shown.visit(path).page)

    assert [line.partition(">")[2].strip() for line in found[1:]] == ["Wide"]


@pytest.mark.parametrize(
    ("link", "ring"),
    [
        ('<a href="/" class="ringed">Link</a>', pytest.approx(8.59, abs=0.01)),
        ('<a href="/" class="pale">Link</a>', pytest.approx(1.16, abs=0.01)),
        ('<a href="/" class="bare">Link</a>', 0),
    ],
    ids=["ring", "pale", "none"],
)
def test_the_ring_around_what_has_the_focus_is_measured(
    browser: Browser, site: Site, link: str, ring: float
) -> None:
    path = site.put(link, head=LINKED)

    with window(browser, site.url) as shown:
        (stop,) = questions.stops(shown.visit(path).page)

    assert stop.ring == ring


def test_the_focus_stops_at_everything_in_the_order_of_the_page(
    browser: Browser, site: Site
) -> None:
    path = site.put('<a href="/1">1</a><button>2</button><input type="hidden"><a>no link</a>')

    with window(browser, site.url) as shown:
        page = shown.visit(path).page
        walked = [stop.place for stop in questions.stops(page)]
        clickable = questions.clickables(page)

    assert walked == list(clickable)
    assert [name.partition("> ")[2] for name in clickable.values()] == ["1", "2"]


def test_what_lies_over_the_focus_is_noticed(browser: Browser, site: Site) -> None:
    path = site.put('<a href="/">Below</a><p class="over">Above</p>', head=LINKED)

    with window(browser, site.url) as shown:
        (stop,) = questions.stops(shown.visit(path).page)

    assert stop.covered


@pytest.mark.parametrize(
    "body", ['<a class="last" href="/">1</a>', '<a href="/" tabindex="2">1</a>'], ids=["css", "tab"]
)
def test_another_order_than_that_of_reading_is_noticed(
    browser: Browser, site: Site, body: str
) -> None:
    path = site.put(body, head=LINKED)

    with window(browser, site.url) as shown:
        assert questions.reordered(shown.visit(path).page)


def test_a_column_in_which_no_word_fits_is_found(browser: Browser, site: Site) -> None:
    path = site.put('<p class="narrow">One letter a line</p><p>short</p>', head=LINKED)

    with window(browser, site.url) as shown:
        found = questions.squeezed(shown.visit(path).page)

    assert found == ["One letter a line"]


def test_a_small_target_is_found_unless_it_is_a_link_in_a_sentence(
    browser: Browser, site: Site
) -> None:
    path = site.put(
        '<p>A <a href="/">sentence</a> with it</p><p><a href="/">alone</a></p>'
        '<a class="large" href="/">large</a>'
        '<label class="large"><input type="checkbox"> with a label</label>',
        head=LINKED,
    )

    with window(browser, site.url) as shown:
        found = questions.small_targets(shown.visit(path).page, 24)

    assert [line.rpartition("> ")[2] for line in found] == ["alone"]


@pytest.mark.parametrize(
    ("body", "isolated"),
    [
        ("<p>Name: <bdi>Hostile</bdi>, then more</p>", True),
        ("<p>Hostile <b>then more</b></p>", False),
        ("<p>Name: <b>Hostile</b></p>", False),
        ("<p><bdi>Hostile<b>more</b></bdi></p>", False),
    ],
)
def test_a_text_that_could_turn_others_around_is_found(
    browser: Browser, site: Site, body: str, isolated: bool
) -> None:
    path = site.put(body)

    with window(browser, site.url) as shown:
        (text,) = questions.texts(shown.visit(path).page, "Hostile")

    assert text.isolated is isolated


def test_a_skeleton_has_every_element_and_attribute_but_no_text(
    browser: Browser, site: Site
) -> None:
    path = site.put('<p class="a">One</p><a href="/1" title="x">Two</a>')

    with window(browser, site.url) as shown:
        found = questions.skeleton(shown.visit(path).page)

    assert found[-3:] == ["  main", "   p class=a", "   a href title"]


def test_what_could_do_something_by_itself_is_found(browser: Browser, site: Site) -> None:
    path = site.put(
        '<a href=" JavaScript:x()">1</a><p onclick="x()">2</p><script>3</script><a href="/">4</a>'
    )

    with window(browser, site.url) as shown:
        found = questions.active(shown.visit(path).page)

    assert sorted(line.rpartition("> ")[2] for line in found) == ["1", "2", "3"]


def test_what_is_folded_away_is_found(browser: Browser, site: Site) -> None:
    path = site.put(
        "<details><summary>1</summary><p>2</p></details><details open><summary>3</summary><p>4"
    )

    with window(browser, site.url) as shown:
        found = questions.hidden_parts(shown.visit(path).page)

    assert [line.rpartition("> ")[2] for line in found] == ["2"]


def test_a_screenshot_is_kept_under_its_name(browser: Browser, site: Site) -> None:
    path = site.put("<h1>Here</h1>")

    with window(browser, site.url) as shown:
        picture = screenshot(shown.visit(path).page, "The harness / itself")

    assert picture.name == "the-harness-itself.png"
    assert picture.read_bytes().startswith(b"\x89PNG")
