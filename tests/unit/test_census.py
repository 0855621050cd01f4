"""The census counts what `stats` would count, in one pass over other rows of the same leads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.errors import CountBrokenOff
from leads.model import ContactStatus, Lead, Stage
from leads.statistics import PERIODS, Statistics, periods
from leads.tables.census import TableCensus
from leads.tables.entities import lead_to_entity, recent_to_entity
from leads.tables.limits import Entity
from leads.tables.table import Table
from leads.tending.ports import Bounds
from tests.contract.factories import MS, NOON, at, identity, lead, touch

OFFER = "contoso.offer"
BEGINNINGS = tuple(periods(NOON).values())


@dataclass
class Rows:
    """A table of rows, of which a query gives the columns that it selects."""

    rows: Sequence[Entity]
    selected: list[tuple[str, ...]] = field(default_factory=list)

    def query(self, _filter: str, _values: Entity, *, select: tuple[str, ...]) -> Iterator[Entity]:
        self.selected.append(select)
        return ({name: row[name] for name in select if name in row} for row in self.rows)


def census_of(rows: Sequence[Entity]) -> dict[str, Statistics]:
    census = TableCensus(cast("Table", Rows(rows)))
    return dict(census.count(OFFER, as_of=NOON)[0].statistics)


def stats_of(leads: Iterable[Lead]) -> dict[str, Statistics]:
    """Return what `stats` counts at NOON: it looks at recent rows, each period for itself."""
    rows = [recent_to_entity(one) for one in leads]
    counted = {name: Statistics(since) for name, since in periods(NOON).items()}
    for row in rows:
        for statistics in counted.values():
            statistics.count(row)
    return counted


A_LEAD = lead(touch(replace(identity(), partition=OFFER)))

NASTY = st.one_of(
    st.text(max_size=20),
    st.text(st.sampled_from(" \t\n\x00\x1b\u202e\ud83d\ude00😀é\uffff,|-A"), max_size=600),
    st.builds(
        lambda start, filler, length, end: start + filler * length + end,
        st.text(max_size=4),
        st.sampled_from(["x", "é", "😀", " ", "\ud83d", ",", "-", "\x07", "e\u0301"]),
        st.integers(60, 600),
        st.text(max_size=4),
    ),
)
MOMENTS = st.one_of(
    st.builds(
        lambda began, shift: began + shift,
        st.sampled_from(BEGINNINGS),
        st.sampled_from([-MS, timedelta(0), MS]),
    ),
    st.integers(-90, 3).map(lambda days: at(days=days)),
)


@st.composite
def leads(draw: st.DrawFn) -> Lead:
    return replace(
        A_LEAD,
        enrichment=replace(
            A_LEAD.enrichment, stage=draw(st.sampled_from(Stage)), country_code=draw(NASTY)
        ),
        contact_status=draw(st.sampled_from(ContactStatus)),
        campaign=draw(NASTY),
        lead_source=draw(NASTY),
        actions=tuple(draw(st.lists(NASTY, max_size=3))),
        first_seen=draw(MOMENTS),
        is_test=draw(st.booleans()),
    )


@given(found=st.lists(leads(), max_size=6))
def test_the_census_counts_in_each_period_what_stats_counts(found: list[Lead]) -> None:
    counted = census_of([lead_to_entity(one) for one in found])

    assert counted == stats_of(found)


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        pytest.param("\ud83d" + "😀" * 300, "?" + "😀" * 62 + "…", id="half of an emoji"),
        pytest.param("\ude00\ud83d" * 300, "?" * 63 + "…", id="halves in disorder"),
        pytest.param("é" * 32_768, "é" * 63 + "…", id="as long as can be"),
        pytest.param("  \n ", "(none)", id="blanks"),
        pytest.param(46, "(none)", id="a number"),
        pytest.param(b"spring", "(none)", id="bytes"),
    ],
)
def test_what_a_hand_typed_into_a_text_stops_no_census(typed: object, name: str) -> None:
    row = lead_to_entity(A_LEAD) | {"Campaign": typed}

    counted = census_of([row])["today"]

    assert [one.name for one in counted.numbers() if one.kind == "campaign"] == [name]


@pytest.mark.parametrize(
    ("days", "counted"),
    [
        pytest.param(0, {"today": 1, "7d": 1, "30d": 1, "8w": 1}, id="today"),
        pytest.param(-2, {"today": 0, "7d": 1, "30d": 1, "8w": 1}, id="this week"),
        pytest.param(-20, {"today": 0, "7d": 0, "30d": 1, "8w": 1}, id="this month"),
        pytest.param(-40, {"today": 0, "7d": 0, "30d": 0, "8w": 1}, id="eight weeks"),
        pytest.param(-400, {"today": 0, "7d": 0, "30d": 0, "8w": 0}, id="long ago"),
    ],
)
def test_a_lead_counts_in_every_period_in_which_it_was_first_seen(
    days: int, counted: dict[str, int]
) -> None:
    found = census_of([lead_to_entity(replace(A_LEAD, first_seen=at(days=days)))])

    stages = {
        name: sum(number.leads for number in one.numbers() if number.kind == "stage")
        for name, one in found.items()
    }
    assert stages == counted
    assert {name: one.since for name, one in found.items()} == periods(NOON)
    assert tuple(found) == tuple(PERIODS)


@pytest.mark.parametrize("first_seen", ["yesterday", 7, None], ids=["a word", "a number", "none"])
def test_a_lead_that_does_not_tell_when_it_was_first_seen_is_in_no_period(
    first_seen: object,
) -> None:
    found = census_of([lead_to_entity(A_LEAD) | {"FirstSeen": first_seen}])

    assert {name for name, one in found.items() if not one.counts} == set(PERIODS)


def test_a_count_is_broken_off_when_its_time_is_over() -> None:
    clock = count()
    bounds = Bounds(now=NOON, clock=lambda: float(next(clock)), ends_at=2.0)
    table = Rows([lead_to_entity(A_LEAD)] * 3)
    census = TableCensus(cast("Table", table))

    with pytest.raises(CountBrokenOff):
        census.count(OFFER, as_of=NOON, bounds=bounds)

    assert next(clock) == 3, "two rows were counted, and the third was not"


def test_the_census_passes_over_the_leads_once_and_asks_for_nothing_personal() -> None:
    table = Rows([lead_to_entity(A_LEAD)])

    TableCensus(cast("Table", table)).count(OFFER, as_of=NOON)

    [columns] = table.selected
    personal = {"FirstName", "LastName", "Email", "Phone", "Company", "Title", "LeadKey"}
    assert personal.isdisjoint(columns)
