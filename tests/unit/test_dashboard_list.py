"""The list finds what its address asks for, in pages that stay where they are, and never reads on
without end.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.dashboard.addresses import BY_SCORE, Filters
from leads.dashboard.lead_list import BEST_OF, MOST_ROWS, PAGE, best, look, newest, show
from leads.dashboard.sources import Row
from leads.score import DEFAULT_WEIGHTS
from tests.unit import dashboards
from tests.unit.dashboards import (
    DAY,
    MINUTE,
    NOW,
    OFFER,
    OTHER_OFFER,
    Leads,
    asked,
    key,
    lead,
    recent,
    sources,
    text_of,
)

RARE = Filters(stage="trial")


def page_after_page(*rows: Row, query: Mapping[str, str] | None = None) -> list[list[str]]:
    """Return the names on each page, as somebody sees them who turns to the end."""
    of, query = sources(*rows), query or {}
    pages: list[list[str]] = []
    while True:
        html = show(of, asked(query)).html
        pages.append([row.split("</bdi>")[0] for row in html.split('c-lead"><a href="')[1:]])
        pages[-1] = [row.rpartition("<bdi>")[2] for row in pages[-1]]
        onward = [part for part in html.split('href="') if 'rel="next"' in part.split(">")[0]]
        if not onward:
            return pages
        address = onward[0].split('"')[0].replace("&amp;", "&")
        query = dict(parse_qsl(urlsplit(address).query))


def named(number: int, **columns: object) -> Row:
    return recent(number, ago=number * MINUTE, FirstName=_name(number), LastName="", **columns)


def _name(number: int) -> str:
    return "N" + "".join(chr(ord("a") + int(digit)) for digit in str(number))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        pytest.param({}, [1, 3, 4], id="all but test leads, newest first"),
        pytest.param({"tests": "1"}, [1, 2, 3, 4], id="test leads, too"),
        pytest.param({"offer": OTHER_OFFER}, [3], id="an offer"),
        pytest.param({"offer": OTHER_OFFER.upper()}, [3], id="an offer as it was typed"),
        pytest.param({"stage": "trial"}, [3, 4], id="a stage"),
        pytest.param({"contactable": "1"}, [1, 3], id="who may be contacted"),
        pytest.param({"q": "litware"}, [4], id="words"),
        pytest.param({"since": "today"}, [1, 3], id="a time"),
        pytest.param({"sort": "score"}, [3, 1, 4], id="the best first"),
        pytest.param({"q": key(3)}, [3], id="a person"),
        pytest.param({"q": key(3), "offer": OFFER}, [], id="a person in another offer"),
        pytest.param({"q": key(4), "since": "today"}, [], id="a person at another time"),
        pytest.param({"offer": "nobody.knows"}, [], id="an offer that there is not"),
    ],
)
def test_a_list_shows_what_its_address_asks_for(query: dict[str, str], found: list[int]) -> None:
    elsewhere: Row = {"PartitionKey": OTHER_OFFER, "Stage": "trial", "Intent": 90}
    old: Row = {
        "FirstName": _name(4),
        "LastName": "",
        "Stage": "trial",
        "Company": "Litware",
        "ContactStatus": "do-not-contact",
        "Intent": None,
    }
    rows = [
        named(1),
        named(2, IsTest=True),
        {**named(3), **elsewhere},
        {**recent(4, ago=2 * DAY), **old},
        {**lead(3, FirstName=_name(3), LastName=""), **elsewhere},
        {**lead(4, ago=2 * DAY), **old},
    ]

    (names,) = page_after_page(*rows, query=query)

    assert names == [_name(number) for number in found]


@given(st.integers(0, 3 * PAGE), st.booleans())
def test_every_lead_is_on_one_page_whichever_order(count: int, by_score: bool) -> None:
    rows = [named(number, Intent=number % 7) for number in range(count)]

    pages = page_after_page(*rows, query={"sort": "score" if by_score else "last-seen"})

    assert sorted(name for names in pages for name in names) == sorted(map(_name, range(count)))
    assert all(len(names) == PAGE for names in pages[:-1])


def test_a_page_stays_where_it_is_when_new_leads_come() -> None:
    rows = [named(number) for number in range(1, 3 * PAGE)]
    found = look(rows[:PAGE] + rows[PAGE:], Filters(), most=PAGE)
    onward = newest(found, Filters(), now=NOW).onward
    query = dict(parse_qsl(urlsplit(onward).query))

    (before, *_) = page_after_page(*rows, query=query)
    (after, *_) = page_after_page(recent(999, ago=-MINUTE), *rows, query=query)

    assert before == after == [_name(number) for number in range(PAGE + 1, 2 * PAGE + 1)]


def test_leads_of_the_same_moment_in_several_offers_are_neither_lost_nor_shown_twice() -> None:
    rows = [
        recent(number, FirstName=_name(number), LastName="", PartitionKey=offer)
        for number in range(PAGE)
        for offer in (OFFER, OTHER_OFFER)
    ]

    pages = page_after_page(*rows)

    names = [name for page in pages for name in page]
    assert sorted(names) == sorted([_name(number) for number in range(PAGE)] * 2)


def test_a_look_for_what_is_rare_ends_and_can_go_on() -> None:
    rows = [named(number) for number in range(MOST_ROWS + 10)]

    found = look(iter(rows), RARE, most=PAGE)
    listing = newest(found, RARE, now=NOW)

    assert (found.rows, found.looked_at, found.last) == ([], MOST_ROWS, rows[MOST_ROWS - 1])
    assert listing.is_broken_off
    assert listing.told == "0 leads, newest first, among the 1,999 seen last, back to 21 November"
    assert "before=" in listing.onward


def test_who_goes_on_finds_what_lies_further_back() -> None:
    rows = [named(number) for number in range(MOST_ROWS)]

    pages = page_after_page(*rows, named(MOST_ROWS, Stage="trial"), query={"stage": "trial"})

    assert pages == [[], [_name(MOST_ROWS)]]


@pytest.mark.parametrize("query", [{"q": "nobody at all"}, {"stage": "trial"}, {"sort": "score"}])
def test_no_view_reads_more_rows_than_it_may(query: dict[str, str]) -> None:
    leads = Leads([named(number) for number in range(MOST_ROWS + 500)])

    show(replace(sources(), leads=leads), asked(query))

    assert leads.read <= MOST_ROWS + 1


def test_the_best_are_sought_among_the_newest_which_is_told() -> None:
    rows = [named(number) for number in range(BEST_OF + 1)]

    found = look(iter(rows), Filters(sort=BY_SCORE), most=BEST_OF)
    listing = best(found, Filters(sort=BY_SCORE), now=NOW, weights=DEFAULT_WEIGHTS)

    assert listing.told == (
        "999 leads, whom to call first on top, 1 to 50, among the 999 seen last, back to"
        " 21 November"
    )


def test_a_page_too_far_leads_back() -> None:
    found = look(iter([named(1)]), Filters(), most=BEST_OF)

    listing = best(found, Filters(sort=BY_SCORE, page=9), now=NOW, weights=DEFAULT_WEIGHTS)

    assert (listing.rows, listing.onward, listing.back) == (
        [],
        "",
        "/api/dashboard/leads?sort=score",
    )


def test_the_choices_are_the_offers_that_there_are_and_the_one_that_is_chosen() -> None:
    page = text_of(show(sources(recent(), recent(2, PartitionKey="a.b")), asked({"offer": "x.y"})))

    assert [f'<option value="{offer}"' in page for offer in ("a.b", OFFER, "x.y")] == [True] * 3
    assert '<option value="x.y" selected>' in page


def test_what_is_listed_is_masked() -> None:
    page = text_of(show(sources(recent()), asked()))

    assert "Ada L." in page
    assert [part for part in dashboards.HIDDEN if part in page] == []
