"""The overview shows what was counted, what came since, and whom to call first."""

from __future__ import annotations

from dataclasses import replace

import pytest

from leads.breakdown import shares, total
from leads.dashboard import overview
from leads.dashboard.breakdowns import Breakdown, breakdown
from leads.dashboard.overview import NEWEST, Counted, counted, show, whom_to_call
from leads.dashboard.sources import Row
from leads.score import DEFAULT_WEIGHTS
from leads.statistics import SOURCE, Statistics, periods
from leads.tending.status import LetterStatus, OfferStatus
from tests.unit import dashboards
from tests.unit.dashboards import (
    AS_OF,
    DAY,
    HOUR,
    MINUTE,
    NOW,
    OFFER,
    OTHER_OFFER,
    Leads,
    asked,
    recent,
    sources,
    status,
    text_of,
)

LATELY = (
    recent(1, ago=HOUR),
    recent(2, ago=2 * DAY, Stage="trial"),
    recent(3, ago=20 * DAY, Stage="interest"),
    recent(4, ago=20 * DAY, IsTest=True),
    recent(5, ago=45 * DAY, LeadSource="SPZA-PLT", Actions="PLT"),
)


def broken_down(*rows: Row, period: str = "30d") -> Breakdown:
    found = breakdown(dashboards.counted(*rows), period, NOW)
    assert found
    return found


def since(*rows: Row, offers: dict[str, OfferStatus] | None = None) -> Counted:
    of = dashboards.counted() if offers is None else offers
    found = counted(of, rows, NOW)
    assert found
    return found


def test_the_numbers_are_those_of_the_periods_with_test_leads_apart() -> None:
    found = broken_down(*LATELY).figures

    assert [(one.label, one.leads, one.tests) for one in found] == [
        ("Today", 1, 0),
        ("7 days", 2, 0),
        ("30 days", 3, 1),
        ("8 weeks", 4, 1),
    ]


@pytest.mark.parametrize("period", list(periods(NOW)))
def test_each_number_equals_what_the_command_counts_for_the_same_moment(period: str) -> None:
    statistics = Statistics(periods(AS_OF)[period])
    for row in LATELY:
        statistics.count(row)
    numbers = list(statistics.numbers())

    found = broken_down(*LATELY, period=period)

    sources_told = found.shares[0].rows
    assert {one.leads for one in found.figures if one.is_chosen} == {total(numbers).leads}
    assert sum(offer.leads for offer in found.funnel) == total(numbers).leads
    assert [row.leads for row in sources_told] == [one.leads for one in shares(numbers, SOURCE)]


def test_the_chart_has_eight_weeks_whatever_period_is_chosen() -> None:
    found = broken_down(recent(), period="today")

    assert [column.leads for column in found.columns] == [0, 0, 0, 0, 0, 0, 0, 1]
    assert found.columns[-1].label == "now"
    assert found.weeks[0].name == "28 Sep (W40)"


def test_the_number_of_a_day_that_is_over_bears_its_date() -> None:
    offers = dashboards.counted(recent(ago=DAY), as_of=NOW - DAY + MINUTE)

    found = breakdown(offers, "today", NOW)

    assert found
    assert (found.figures[0].label, found.figures[0].leads) == ("21 Nov", 1)
    assert found.first_seen == "first seen on 21 November"


def test_offers_are_counted_side_by_side() -> None:
    offers = dashboards.counted(recent()) | dashboards.counted(
        recent(2, PartitionKey=OTHER_OFFER, offer=OTHER_OFFER), offer=OTHER_OFFER
    )

    found = breakdown(offers, "30d", NOW)

    assert found
    assert {offer.name.text: offer.leads for offer in found.funnel} == {OFFER: 1, OTHER_OFFER: 1}
    assert found.figures[0].leads == 2


def test_codes_are_told_in_the_words_of_their_page() -> None:
    found = {one.title: one.rows[0] for one in broken_down(recent()).shares}

    assert found["Sources"].name.text == "Azure Marketplace"
    assert (found["Actions"].name.text, found["Actions"].code.text) == ("Get it now", "INS")
    assert found["Contact"].name.text == "May be contacted"
    assert not found["Campaigns"].name


def test_an_offer_that_was_not_counted_has_no_numbers() -> None:
    offers = {OFFER: replace(dashboards.counted()[OFFER], statistics={})}

    assert breakdown(offers, "30d", NOW) is None
    assert counted(offers, [], NOW) is None


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        pytest.param([], "", id="nothing"),
        pytest.param([recent(ago=MINUTE)], "1 lead came since", id="a new lead"),
        pytest.param([recent(ago=4 * MINUTE)], "", id="one that was counted"),
        pytest.param([recent(ago=MINUTE, FirstSeen=NOW - DAY)], "", id="one that came again"),
        pytest.param([recent(ago=MINUTE, IsTest=True)], "", id="a test lead"),
        pytest.param([recent(ago=MINUTE, FirstSeen="now")], "", id="nobody knows when"),
        pytest.param(
            [recent(one, ago=MINUTE) for one in range(NEWEST)],
            "at least 1,000 leads came since",
            id="as many as are looked at",
        ),
    ],
)
def test_who_came_since_the_count_is_told(rows: list[Row], told: str) -> None:
    found = since(*rows)

    assert (found.since, found.at.text, found.ago) == (told, "12:05", "3 minutes ago")


def test_an_offer_that_is_new_since_the_count_is_told() -> None:
    found = since(recent(ago=MINUTE, PartitionKey=OTHER_OFFER))

    assert (found.since, found.missing) == ("1 lead came since", "1 offer is not counted yet")


def test_where_offers_were_counted_at_different_times_the_earliest_is_told() -> None:
    offers = dashboards.counted() | dashboards.counted(offer=OTHER_OFFER, as_of=NOW - HOUR)

    found = since(recent(ago=30 * MINUTE), offers=offers)

    assert (found.at.text, found.since) == ("11:08", "")


def test_the_best_are_called_first_and_who_is_never_ranked_not_at_all() -> None:
    rows = [
        recent(1, Intent=40),
        recent(2, Intent=90, Fit="B"),
        recent(3, Intent=90, Fit="A"),
        recent(4, Fit=None, Intent=None, ScoreReasons="not ranked: suppressed"),
        *(recent(number, Intent=1) for number in range(10, 30)),
    ]

    found = whom_to_call(rows, now=NOW, weights=DEFAULT_WEIGHTS)

    assert [one.ranking.intent for one in found[:3] if one.ranking] == [90, 90, 40]
    assert [one.ranking.fit for one in found[:3] if one.ranking] == ["A", "B", "A"]
    assert len(found) == 10


def test_who_is_to_be_called_is_masked_and_the_reason_is_told() -> None:
    page = text_of(show(sources(recent(), offers=dashboards.counted(recent())), asked()))

    assert "Ada L." in page
    assert all(part in page for part in ("business e-mail", "director", "company"))
    assert [part for part in dashboards.HIDDEN if part in page] == []


def test_a_system_without_a_lead_says_how_to_send_one() -> None:
    page = text_of(show(sources(), asked()))

    assert "No lead has come yet" in page
    assert "python -m leads send --all" in page


def test_where_no_lead_arrives_because_something_is_wrong_that_is_told() -> None:
    letters = LetterStatus(parked=2, redriven=0, waiting_for_a_person=2, oldest_at=NOW - HOUR)

    page = text_of(show(sources(status=status(letters=letters)), asked()))

    assert page.index("2 dead letters wait") < page.index("No lead has come yet")


def test_leads_are_there_before_they_are_counted() -> None:
    page = text_of(show(sources(recent()), asked()))

    assert "Nothing has been counted yet" in page
    assert "Ada L." in page


def test_where_only_test_leads_came_one_is_led_to_them() -> None:
    page = text_of(show(sources(recent(IsTest=True)), asked()))

    assert "Only test leads have come so far" in page


def test_what_needs_attention_comes_before_the_numbers() -> None:
    offers = dashboards.counted(last=NOW - 9 * DAY)

    page = text_of(show(sources(recent(), status=status(), offers=offers), asked()))

    assert page.index("No lead for 9 days") < page.index("30 days")


def test_however_many_leads_there_are_few_are_read() -> None:
    leads = Leads([recent(number) for number in range(NEWEST + 50)])

    overview.show(replace(sources(), leads=leads), asked())

    assert leads.read == NEWEST
