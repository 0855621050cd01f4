"""What counts for what in the statistics of leads (leads/statistics.py)."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.cli.moments import moment_of
from leads.cli.stats import beginning
from leads.statistics import MOST_NAMES, NONE, OTHER, PERIODS, Number, Statistics, periods
from leads.tables.limits import STRING_UNITS, units
from leads.weeks import first_week, monday_of, week_of, weeks_between

NOW = datetime(2026, 11, 22, 15, 30, tzinfo=UTC)  # a Sunday
MONDAY = datetime(2026, 11, 16, tzinfo=UTC)
OFFER = "contoso.sample-saas"
WEEKS = {"today": 1, "7d": 2, "30d": 5, "8w": 8}

type Row = dict[str, object]


def row(**said: object) -> Row:
    usual: Row = {
        "PartitionKey": OFFER,
        "FirstSeen": NOW,
        "Stage": "interest",
        "ContactStatus": "contactable",
        "LeadSource": "AzureMarketplace-INS|contoso.sample-saas",
        "Actions": "INS",
        "CountryCode": "GB",
        "Campaign": "spring",
        "IsTest": False,
    }
    return usual | said


def counted(*rows: Row, since: datetime = MONDAY) -> Statistics:
    statistics = Statistics(since)
    for one in rows:
        statistics.count(one)
    return statistics


def of(kind: str, numbers: Iterable[Number]) -> dict[str, int]:
    return {number.name: number.leads for number in numbers if number.kind == kind}


def test_a_lead_counts_once_for_each_thing_that_it_tells() -> None:
    statistics = counted(row(), row(Stage="active", Actions="INS,Create", CountryCode="SE"))

    assert list(statistics.numbers()) == [
        ("stage", OFFER, "2026-W47", "active", 1),
        ("stage", OFFER, "2026-W47", "interest", 1),
        ("contact", OFFER, "2026-W47", "contactable", 2),
        ("source", OFFER, "", "AzureMarketplace", 2),
        ("action", OFFER, "", "INS", 2),
        ("action", OFFER, "", "Create", 1),
        ("country", OFFER, "", "GB", 1),
        ("country", OFFER, "", "SE", 1),
        ("campaign", OFFER, "", "spring", 2),
    ]


def test_a_test_lead_counts_nowhere_but_in_the_tests() -> None:
    statistics = counted(row(IsTest=True))

    assert list(statistics.numbers()) == [("test", OFFER, "2026-W47", "", 1)]


def test_offers_are_counted_apart() -> None:
    statistics = counted(row(), row(PartitionKey="contoso.vm"))

    offers = [number.offer for number in statistics.numbers() if number.kind == "stage"]
    assert offers == [OFFER, "contoso.vm"]


@pytest.mark.parametrize(
    ("first_seen", "week"),
    [
        pytest.param(MONDAY, "2026-W47", id="the first moment of a week"),
        pytest.param(
            MONDAY - timedelta(milliseconds=1), "2026-W46", id="the last of the one before"
        ),
        pytest.param(datetime(2027, 1, 3, tzinfo=UTC), "2026-W53", id="a week of the old year"),
        pytest.param(datetime(2024, 12, 30, tzinfo=UTC), "2025-W01", id="a week of the new year"),
        pytest.param(datetime.fromisoformat("2026-11-16T01:00+02:00"), "2026-W46", id="in UTC"),
        pytest.param("2026-11-16T00:00:00.000Z", "2026-W47", id="typed by a hand"),
    ],
)
def test_a_lead_counts_in_the_iso_week_in_which_it_was_first_seen(
    first_seen: object, week: str
) -> None:
    statistics = counted(row(FirstSeen=first_seen), since=datetime(2020, 1, 1, tzinfo=UTC))

    assert [n.week for n in statistics.numbers() if n.kind == "stage"] == [week]


@pytest.mark.parametrize(
    "first_seen",
    [
        pytest.param(MONDAY - timedelta(milliseconds=1), id="before the period"),
        pytest.param("last week", id="no time"),
        pytest.param(None, id="nothing"),
    ],
)
def test_a_lead_that_was_not_first_seen_in_the_period_is_left_out(first_seen: object) -> None:
    statistics = counted(row(FirstSeen=first_seen), row(FirstSeen=first_seen, IsTest=True))

    assert list(statistics.numbers()) == []


@pytest.mark.parametrize(
    ("kind", "said", "names"),
    [
        pytest.param("stage", {"Stage": "won"}, {"unknown": 1}, id="a stage that is none"),
        pytest.param("stage", {"Stage": None}, {"unknown": 1}, id="no stage"),
        pytest.param(
            "contact", {"ContactStatus": "?"}, {"do-not-contact": 1}, id="no contact status"
        ),
        pytest.param(
            "contact", {"ContactStatus": "suppressed"}, {"suppressed": 1}, id="suppressed"
        ),
        pytest.param(
            "source", {"LeadSource": "appsource (spza)-PLT|x"}, {"SPZA": 1}, id="spelling"
        ),
        pytest.param("source", {"LeadSource": "Web-form"}, {"Web": 1}, id="unknown source"),
        pytest.param("source", {"LeadSource": ""}, {NONE: 1}, id="no source"),
        pytest.param("action", {"Actions": "INS,PLT"}, {"INS": 1, "PLT": 1}, id="two actions"),
        pytest.param("action", {"Actions": ""}, {NONE: 1}, id="no action"),
        pytest.param("country", {"CountryCode": ""}, {NONE: 1}, id="no country"),
        pytest.param("country", {"CountryCode": 46}, {NONE: 1}, id="a country that is no text"),
        pytest.param("campaign", {"Campaign": " a\n b\x1b "}, {"a b?": 1}, id="odd characters"),
        pytest.param("campaign", {"Campaign": "c" * 65}, {"c" * 63 + "…": 1}, id="a long name"),
        pytest.param("campaign", {"Campaign": "c" * 64}, {"c" * 64: 1}, id="just short enough"),
    ],
)
def test_a_lead_counts_under_the_name_that_its_row_tells(
    kind: str, said: Row, names: dict[str, int]
) -> None:
    statistics = counted(row(**said))

    assert of(kind, statistics.numbers()) == names


def test_an_offer_has_its_most_frequent_names_and_the_rest_is_other() -> None:
    rare = [row(Campaign=f"rare {n:02}") for n in range(MOST_NAMES)]

    campaigns = of("campaign", counted(*rare, row(), row()).numbers())

    assert len(campaigns) == MOST_NAMES + 1
    assert (campaigns["spring"], campaigns[OTHER], campaigns["rare 48"]) == (2, 1, 1)
    assert list(campaigns)[-1] == OTHER


def test_as_many_names_as_there_is_room_for_are_all_kept() -> None:
    campaigns = of("campaign", counted(*named(range(MOST_NAMES))).numbers())

    assert set(campaigns.values()) == {1}
    assert OTHER not in campaigns


def test_a_flood_of_names_takes_no_more_memory_and_loses_none() -> None:
    flood = [row(Actions=",".join(f"{n}.{m}" for m in range(100))) for n in range(3_000)]

    statistics = counted(*[row() for _ in range(9)], *flood)

    actions = of("action", statistics.numbers())
    assert max(len(names) for names in statistics.counts.values()) <= 100_001
    assert (actions["INS"], sum(actions.values())) == (9, 300_009)


def test_names_give_the_same_numbers_in_whatever_order_they_come() -> None:
    rows = [*named(range(12_000)), *named(range(0, 12_000, 300))]

    there, back = counted(*rows), counted(*reversed(rows))

    assert list(there.numbers()) == list(back.numbers())
    assert of("campaign", there.numbers())["campaign 11700"] == 2


def test_statistics_of_halves_add_up_to_those_of_the_whole() -> None:
    rows = [row(Campaign=f"c{n % 7}", Stage=["trial", "active"][n % 2]) for n in range(40)]

    both = counted(*rows[:11]) + counted(*rows[11:], row(PartitionKey="contoso.vm"))

    assert both == counted(*rows, row(PartitionKey="contoso.vm"))


def test_a_sum_begins_when_the_earlier_one_does_and_changes_neither() -> None:
    earlier, later = counted(row(), since=MONDAY - timedelta(weeks=1)), counted(row())

    both = later + earlier

    assert both.since == earlier.since
    assert (of("stage", both.numbers()), of("stage", later.numbers())) == (
        {"interest": 2},
        {"interest": 1},
    )


ROWS = st.builds(
    row,
    PartitionKey=st.sampled_from([OFFER, "contoso.vm"]),
    FirstSeen=st.sampled_from([NOW, MONDAY, MONDAY - timedelta(weeks=1)]),
    Stage=st.sampled_from(["unknown", "interest", "trial", "active", "?"]),
    Campaign=st.text(max_size=80),
    LeadSource=st.text(max_size=20),
    Actions=st.text(max_size=20),
    IsTest=st.booleans(),
)


@given(rows=st.lists(ROWS, max_size=30))
def test_statistics_come_back_from_json_with_the_same_numbers(rows: list[Row]) -> None:
    statistics = counted(*rows, since=MONDAY - timedelta(weeks=1))

    again = Statistics.from_json(json.loads(json.dumps(statistics.to_json())))

    assert list(again.numbers()) == list(statistics.numbers())
    assert again.since == statistics.since


@given(rows=st.lists(ROWS, max_size=30))
def test_every_kind_but_actions_adds_up_to_the_leads(rows: list[Row]) -> None:
    statistics = counted(*rows, since=MONDAY - timedelta(weeks=1))

    numbers = list(statistics.numbers())

    totals = {
        kind: sum(n.leads for n in numbers if n.kind == kind)
        for kind in ("stage", "contact", "source", "country", "campaign")
    }
    assert set(totals.values()) == {sum(not one["IsTest"] for one in rows)}


def test_offers_that_were_counted_apart_and_stored_give_the_numbers_of_all_at_once() -> None:
    first = named(range(70))
    second = [one | {"PartitionKey": "contoso.vm"} for one in named(range(60, 130))]

    stored = [json.loads(json.dumps(counted(*rows).to_json())) for rows in (first, second)]
    added = Statistics.from_json(stored[0]) + Statistics.from_json(stored[1])

    assert list(added.numbers()) == list(counted(*first, *second).numbers())


@pytest.mark.parametrize("period", PERIODS)
@pytest.mark.parametrize("filler", [pytest.param('"', id="quotes"), pytest.param("😀", id="pairs")])
def test_the_statistics_of_an_offer_fit_into_a_column_whatever_names_were_sent(
    filler: str, period: str
) -> None:
    statistics = Statistics(periods(NOW)[period])
    for n in range(2_000):
        name = f'{n % 100:02}\x00"\\\ud800'.ljust(300, filler)
        nasty = dict.fromkeys(("Campaign", "LeadSource", "Actions", "CountryCode"), name)
        told: Row = {
            "PartitionKey": "o" * 200,
            "FirstSeen": NOW - timedelta(days=n % 56),
            "Stage": ("unknown", "interest", "trial", "active")[n % 4],
            "ContactStatus": ("contactable", "suppressed", "do-not-contact")[n % 3],
        }
        statistics.count(nasty | told)
        statistics.count(told | {"IsTest": True})

    millions = {place: times(names, 1_000_000) for place, names in statistics.counts.items()}
    text = json.dumps(Statistics(NOW, millions).to_json(), ensure_ascii=False)

    assert len({number.week for number in statistics.numbers()} - {""}) >= WEEKS[period]
    assert units(text) < 32_000 < STRING_UNITS


@pytest.mark.parametrize("fields", [{}, {"since": "2026-11-16T00:00:00Z"}, {"offers": {}}])
def test_what_are_no_statistics_is_refused(fields: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="no statistics"):
        Statistics.from_json(fields)


@pytest.mark.parametrize(
    "kinds",
    [
        pytest.param({"colour": {"": {"red": 1}}}, id="a kind that is none"),
        pytest.param({"stage": {"last": {"trial": 1}}}, id="a week that is none"),
        pytest.param({"stage": {"2026-W54": {"trial": 1}}}, id="a week that no year has"),
        pytest.param({"country": {"": {"SE": "many"}}}, id="a word as a number"),
        pytest.param({"country": {"": {"SE": -1}}}, id="fewer than none"),
        pytest.param({"country": {"": {"SE": 1.5}}}, id="half a lead"),
        pytest.param({"country": {"": {"SE": True}}}, id="a truth value as a number"),
        pytest.param({"country": {"": "SE"}}, id="a text as names"),
        pytest.param({"country": ["SE"]}, id="a list as weeks"),
        pytest.param(None, id="nothing"),
    ],
)
def test_numbers_that_nothing_could_have_counted_are_refused(kinds: object) -> None:
    fields = {"since": "2026-11-16T00:00:00Z", "offers": {OFFER: kinds}}

    with pytest.raises((AttributeError, TypeError, ValueError)):
        Statistics.from_json(fields)


# --- periods


MOMENTS = st.datetimes(
    min_value=datetime(2000, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    max_value=datetime(2100, 1, 1),  # noqa: DTZ001 - likewise
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=14)), timezone(timedelta(hours=-12))]),
)


@given(now=MOMENTS)
def test_each_period_begins_when_stats_says_that_it_does(now: datetime) -> None:
    now = now.astimezone(UTC)

    began = periods(now)

    typed = {name: moment_of(name, now=now) for name in ("today", "7d", "30d")}
    assert began == typed | {"8w": beginning(now)}
    assert beginning(now) == beginning(now, weeks=8)


@given(now=MOMENTS)
def test_each_period_lies_within_the_next_one_and_ends_now(now: datetime) -> None:
    began = list(periods(now).values())

    assert all(later >= earlier for later, earlier in pairwise([now, *began]))
    assert began == list(periods(now.astimezone(UTC)).values())
    assert {moment.utcoffset() for moment in began} == {timedelta(0)}


def test_the_first_of_one_week_is_the_monday_of_now() -> None:
    assert first_week(NOW, 1) == MONDAY
    assert first_week(MONDAY, 1) == MONDAY
    assert first_week(NOW, 8) == MONDAY - timedelta(weeks=7)


def test_weeks_follow_each_other_without_a_gap() -> None:
    since = datetime(2025, 12, 10, 23, tzinfo=UTC)

    weeks = weeks_between(since, NOW)

    assert (weeks[0], weeks[-1], len(weeks)) == (week_of(since), "2026-W47", 50)
    assert all(earlier < later for earlier, later in pairwise(weeks))


@given(moment=MOMENTS)
def test_a_week_begins_on_the_monday_before_each_of_its_moments(moment: datetime) -> None:
    monday = monday_of(week_of(moment))

    assert monday.weekday() == 0
    assert timedelta(0) <= moment.astimezone(UTC).date() - monday < timedelta(weeks=1)


def times(names: Counter[str], factor: int) -> Counter[str]:
    return Counter({name: leads * factor for name, leads in names.items()})


def named(numbers: Iterable[int]) -> list[Row]:
    return [row(Campaign=f"campaign {number}") for number in numbers]
