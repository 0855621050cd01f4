"""Numbers, times and addresses as the pages write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.cli.moments import moment_of
from leads.dashboard import addresses, wording
from leads.dashboard.addresses import BY_SCORE, Filters
from leads.model import Stage
from leads.selection import Selection
from leads.statistics import PERIODS
from tests.unit.dashboards import DAY, HOUR, MINUTE, NOW, OFFER, recent

TEXTS = st.text(st.characters(codec="utf-8"), max_size=40)
FILTERS = st.builds(
    Filters,
    offer=st.just("") | st.from_regex(r"[a-z0-9._|~-]{1,30}", fullmatch=True),
    stage=st.sampled_from(["", *Stage]),
    since=st.sampled_from(list(addresses.SINCES)),
    search=TEXTS.map(str.strip),
    contactable=st.booleans(),
    tests=st.booleans(),
    before=st.just("") | st.from_regex(r"\d{13}\|e[0-9a-f]{32}/[a-z|.]{1,9}", fullmatch=True),
) | st.builds(Filters, sort=st.just(BY_SCORE), page=st.integers(1, 20))


@pytest.mark.parametrize(
    ("before", "told"),
    [
        pytest.param(timedelta(seconds=-90), "just now", id="a clock that is ahead"),
        pytest.param(timedelta(seconds=59), "just now", id="seconds"),
        pytest.param(MINUTE, "1 minute ago", id="a minute"),
        pytest.param(59 * MINUTE, "59 minutes ago", id="minutes"),
        pytest.param(HOUR, "1 hour ago", id="an hour"),
        pytest.param(47 * HOUR, "1 day ago", id="a day"),
        pytest.param(400 * DAY, "400 days ago", id="days"),
    ],
)
def test_how_long_ago_is_told_in_the_greatest_unit(before: timedelta, told: str) -> None:
    found = wording.ago(NOW - before, NOW)

    assert found == told


@pytest.mark.parametrize(
    ("moment", "told"),
    [
        pytest.param(NOW - HOUR, "today, 11:08", id="the same day"),
        pytest.param(NOW - 13 * HOUR, "21 Nov, 23:08", id="the day before"),
        pytest.param(datetime(2025, 2, 1, tzinfo=UTC), "1 Feb 2025, 00:00", id="another year"),
    ],
)
def test_a_time_is_told_as_shortly_as_it_is_clear(moment: datetime, told: str) -> None:
    found = wording.short(moment, NOW)

    assert found.text == told


def test_a_time_is_there_for_machines_as_well() -> None:
    found = wording.clock(NOW).__html__()

    assert found == '<time datetime="2026-11-22T12:08:00.000Z">12:08</time>'


@pytest.mark.parametrize(
    ("value", "told"), [(0, "0 leads"), (1, "1 lead"), (2, "2 leads"), (12_345, "12,345 leads")]
)
def test_things_are_counted_in_words(value: int, told: str) -> None:
    found = wording.counted(value, "lead")

    assert found == told


@pytest.mark.parametrize(
    ("part", "told"), [(0.0, "0%"), (0.0004, "<1%"), (0.01, "1%"), (0.5, "50%"), (1.0, "100%")]
)
def test_a_share_is_never_nothing_where_there_is_something(part: float, told: str) -> None:
    found = wording.percent(part)

    assert found == told


@pytest.mark.parametrize(
    ("column", "found"),
    [
        pytest.param(NOW, NOW, id="a time"),
        pytest.param("2026-11-22T12:08:00.000Z", NOW, id="a text that tells one"),
        pytest.param("yesterday", None, id="another text"),
        pytest.param(5, None, id="a number"),
        pytest.param(None, None, id="nothing"),
    ],
)
def test_a_time_that_a_hand_mistyped_is_none(column: object, found: datetime | None) -> None:
    moment = wording.moment_in(column)

    assert moment == found


@given(FILTERS)
def test_every_filter_survives_its_address(filters: Filters) -> None:
    address = addresses.leads(filters)

    assert addresses.filters_in(dict(parse_qsl(urlsplit(address).query))) == filters


@given(TEXTS, TEXTS)
def test_every_lead_has_an_address_that_finds_it(offer: str, key: str) -> None:
    address = addresses.lead(offer, key)

    told = dict(parse_qsl(urlsplit(address).query, keep_blank_values=True))
    assert told == {name: text for name, text in (("offer", offer), ("key", key)) if text}


@given(
    st.dictionaries(
        st.sampled_from(["offer", "stage", "since", "q", "contactable", "sort", "before", "page"]),
        TEXTS,
    )
)
def test_whatever_an_address_asks_for_is_understood_or_left(query: dict[str, str]) -> None:
    filters = addresses.filters_in(query)

    assert (
        addresses.filters_in(dict(parse_qsl(urlsplit(addresses.leads(filters)).query))) == filters
    )
    assert filters.stage in {"", *Stage}


@pytest.mark.parametrize(
    "query",
    [
        pytest.param({"stage": "hot"}, id="a stage that there is not"),
        pytest.param({"since": "9999d"}, id="another time"),
        pytest.param({"sort": "name"}, id="another order"),
        pytest.param({"page": "0", "sort": "score"}, id="a page before the first"),
        pytest.param({"page": "9" * 5_000, "sort": "score"}, id="a page too far"),
        pytest.param({"before": "nowhere"}, id="a place that is none"),
        pytest.param({"contactable": "yes"}, id="a tick that is none"),
    ],
)
def test_what_is_not_understood_is_not_asked_for(query: dict[str, str]) -> None:
    filters = addresses.filters_in(query)

    assert filters == Filters(sort=filters.sort)


def test_a_list_goes_on_behind_the_row_that_its_address_names() -> None:
    row = recent(PartitionKey="publisher|offer")

    after = Filters(before=addresses.place_of(row)).after

    assert after == ("publisher|offer", row["RowKey"])


def test_a_list_of_the_best_has_pages_and_no_place_to_go_on() -> None:
    place = addresses.place_of(recent())

    filters = addresses.filters_in({"sort": BY_SCORE, "before": place, "page": "3"})

    assert (filters.before, filters.page) == ("", 3)


def test_filters_select_as_the_commands_do() -> None:
    filters = Filters(stage="trial", search="ada", contactable=True, tests=True)

    assert filters.selection == Selection(
        stage="trial", contactable=True, search="ada", include_tests=True
    )


@pytest.mark.parametrize("since", [name for name in addresses.SINCES if name])
def test_a_time_in_an_address_means_what_it_means_to_the_commands(since: str) -> None:
    begins = Filters(since=since).begins(NOW)

    assert begins == moment_of(since, now=NOW)


def test_the_overview_has_every_period_that_is_counted() -> None:
    assert list(addresses.PERIODS) == list(PERIODS)


@pytest.mark.parametrize(
    ("asked_for", "period"), [("7d", "7d"), ("", "30d"), ("1h", "30d"), ("today", "today")]
)
def test_the_overview_shows_30_days_unless_it_is_asked_for_others(
    asked_for: str, period: str
) -> None:
    found = addresses.period_in({"period": asked_for})

    assert (
        found,
        addresses.period_in(dict(parse_qsl(urlsplit(addresses.overview(found)).query))),
    ) == (
        period,
        period,
    )


def test_addresses_say_nothing_that_goes_without_saying() -> None:
    found = [
        addresses.leads(Filters()),
        addresses.overview("30d"),
        addresses.leads(Filters(offer=OFFER)),
    ]

    assert found == [
        "/api/dashboard/leads",
        "/api/dashboard",
        f"/api/dashboard/leads?offer={OFFER}",
    ]
