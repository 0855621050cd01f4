"""Every page is whole whatever the rows hold: nothing raises, and nothing leaves its place."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import override

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leads.dashboard import lead_list, lead_page, overview, pages
from leads.dashboard.sources import Asked, Page, Row, Sources
from tests.unit.dashboards import OFFER, asked, counted, key, lead, recent, sources, touch

THE_LEAD = {"offer": OFFER, "key": key(1)}
SHOWS: dict[str, tuple[Callable[[Sources, Asked], Page], Asked]] = {
    "overview": (overview.show, asked()),
    "list": (lead_list.show, asked({"tests": "1"})),
    "best": (lead_list.show, asked({"sort": "score", "tests": "1"})),
    "lead": (lead_page.show, asked(THE_LEAD)),
    "lead shown": (lead_page.show, asked(THE_LEAD, shown=True)),
}
EVERY_PAGE = pytest.mark.parametrize("name", SHOWS)

COLUMNS = sorted({*lead(), *touch()} - {"PartitionKey", "RowKey", "Kind"})
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(),
    st.binary(max_size=8),
    st.datetimes(datetime(1601, 1, 1), datetime(9999, 12, 30), timezones=st.just(UTC)),  # noqa: DTZ001 - the bounds are naive
    st.text(max_size=30),
)
EDITS = st.dictionaries(st.sampled_from(COLUMNS), ODD)
HOSTILE = (
    "<script>alert(1)</script>",
    '"><svg onload=alert(1)>',
    "' onmouseover='alert(1)",
    "{{7*7}}{% raw %}",
    "</title><style>*{display:none}",
    "\u202eevil\u2066",
    "A" * 32_000,
    "javascript:alert(1)",
    "&lt;b&gt;",
)


class Skeleton(HTMLParser):
    """The elements of a page with the names of their attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, ...]] = []
        self.feed(html)

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, *(name for name, _ in attrs)))


def shown(name: str, *rows: Row) -> str:
    show, of = SHOWS[name]
    return show(sources(*rows, offers=counted(*rows)), of).html


def everywhere(columns: Mapping[str, object] | None = None) -> list[dict[str, object]]:
    """Return the rows of one lead, each with *columns*."""
    return [{**row, **(columns or {})} for row in (recent(), lead(), touch())]


@EVERY_PAGE
@given(edits=EDITS)
@settings(max_examples=150)
def test_whatever_a_hand_made_of_the_rows_every_page_is_shown(
    name: str, edits: dict[str, object]
) -> None:
    html = shown(name, *everywhere(edits))

    assert html.rstrip().endswith("</html>")


@EVERY_PAGE
@given(gone=st.sets(st.sampled_from(COLUMNS)))
def test_whatever_a_hand_took_from_the_rows_every_page_is_shown(name: str, gone: set[str]) -> None:
    rows = [{n: v for n, v in row.items() if n not in gone} for row in everywhere()]

    html = shown(name, *rows)

    assert html.rstrip().endswith("</html>")


@EVERY_PAGE
@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_adds_an_element_or_an_attribute(name: str, text: str) -> None:
    columns = ("FirstName", "LastName", "Email", "Phone", "Company", "Title", "CountryCode")
    further = ("Campaign", "Description", "OfferDisplayName", "Action", "Source", "ScoreReasons")
    hostile = everywhere(dict.fromkeys((*columns, *further), text))
    plain = everywhere(dict.fromkeys((*columns, *further), "plain"))

    assert Skeleton(shown(name, *hostile)).elements == Skeleton(shown(name, *plain)).elements


@EVERY_PAGE
def test_what_others_typed_stands_isolated(name: str) -> None:
    typed = dict.fromkeys(("FirstName", "Company", "Title", "CountryCode"), "Zq")

    html = shown(name, *everywhere(typed))

    assert re.findall(r"Zq", html)
    assert re.findall(r"(?<!<bdi>)Zq(?! L|</bdi>)", html.replace("Zq Lovelace", "Zq L")) == []


@EVERY_PAGE
def test_no_text_is_longer_than_somebody_reads(name: str) -> None:
    html = shown(
        name, *everywhere(dict.fromkeys(("FirstName", "Company", "Campaign"), "W" * 32_000))
    )

    assert max(map(len, re.findall("W+", html))) <= 300


@EVERY_PAGE
def test_no_page_needs_what_its_policy_forbids(name: str) -> None:
    html = shown(name, *everywhere())

    assert re.findall(r"<script|<style|\sstyle=|\son\w+=|javascript:|data:|https?:", html) == []


@EVERY_PAGE
def test_every_page_is_one_document_in_one_language_under_one_heading(name: str) -> None:
    html = shown(name, *everywhere())

    assert [html.count(part) for part in ('<html lang="en">', "<h1>", "<main", "<title>")] == [
        1
    ] * 4
    assert len(set(re.findall(r'\sid="([^"]+)"', html))) == len(re.findall(r'\sid="', html))


@EVERY_PAGE
def test_time_is_said_to_be_utc(name: str) -> None:
    assert "All times are UTC." in shown(name, *everywhere())


def test_the_address_of_the_stylesheet_tells_its_content() -> None:
    html = shown("overview")

    assert f'href="/api/dashboard/style.css?v={pages.style_hash()}"' in html


def test_a_template_that_misses_something_fails_rather_than_shows_nothing() -> None:
    with pytest.raises(Exception, match="undefined"):
        pages.render("message.html", text="there is no title")
