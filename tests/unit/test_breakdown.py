"""The lines that the screen of `stats` and the dashboard show alike (leads/breakdown.py)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.breakdown import (
    MOST_LINES,
    SHARES,
    STAGES,
    Funnel,
    Share,
    Total,
    by_offer,
    by_week,
    shares,
    total,
)
from leads.model import Stage
from leads.statistics import ACTION, CONTACT, COUNTRY, NONE, OTHER, STAGE, TEST, Number

NOW = datetime(2026, 11, 22, 15, 30, tzinfo=UTC)
SINCE = NOW - timedelta(weeks=7)
OFFER = "contoso.sample-saas"


def staged(
    leads: int, *, stage: str = "interest", week: str = "2026-W47", offer: str = OFFER
) -> Number:
    return Number(STAGE, offer, week, stage, leads)


def named(leads: int, name: str, *, kind: str = COUNTRY, offer: str = OFFER) -> Number:
    return Number(kind, offer, "", name, leads)


def lines(funnels: list[Funnel]) -> dict[str, int]:
    return {one.name: one.leads for one in funnels}


def test_the_total_is_what_all_offers_and_weeks_have() -> None:
    numbers = [
        staged(1),
        staged(2, stage="active", week="2026-W46"),
        staged(4, offer="contoso.vm"),
        named(7, "SE"),
        Number(TEST, OFFER, "2026-W47", "", 8),
        Number(TEST, "contoso.vm", "2026-W46", "", 16),
    ]

    assert total(numbers) == Total(leads=7, tests=24)
    assert total([]) == Total(leads=0, tests=0)


def test_weeks_begin_with_the_first_that_has_a_lead_and_have_no_gap() -> None:
    numbers = [staged(3), staged(1, week="2026-W44"), staged(2, week="2026-W44", offer="x.y")]

    weeks = by_week(numbers, SINCE, NOW)

    assert lines(weeks) == {"2026-W44": 3, "2026-W45": 0, "2026-W46": 0, "2026-W47": 3}


def test_weeks_are_those_of_leads_alone() -> None:
    tests = [Number(TEST, OFFER, "2026-W45", "", 1), Number(CONTACT, OFFER, "2026-W45", "-", 1)]

    assert by_week(tests, SINCE, NOW) == []
    assert lines(by_week([*tests, staged(1)], SINCE, NOW)) == {"2026-W47": 1}


def test_a_week_after_this_one_is_shown_where_a_lead_is_in_it() -> None:
    weeks = by_week([staged(1, week="2026-W49"), staged(2)], SINCE, NOW)

    assert lines(weeks) == {"2026-W47": 2, "2026-W49": 1}


def test_a_funnel_tells_of_every_stage_from_the_first_step_on() -> None:
    numbers = [staged(1, stage="unknown"), staged(2, stage="active"), staged(4, stage="active")]

    [offer] = by_offer(numbers)

    assert offer == Funnel(OFFER, {"interest": 0, "trial": 0, "active": 6, "unknown": 1})
    assert tuple(offer.stages) == STAGES
    assert set(STAGES) == {stage.value for stage in Stage}
    assert offer.leads == 7


def test_the_offer_with_the_most_leads_comes_first() -> None:
    numbers = [
        staged(1, offer="a"),
        staged(3, offer="c"),
        staged(2, offer="b"),
        staged(2, offer="a"),
    ]

    assert list(lines(by_offer(numbers)).items()) == [("a", 3), ("c", 3), ("b", 2)]


@pytest.mark.parametrize(
    ("offers", "shown"),
    [
        pytest.param(MOST_LINES, MOST_LINES, id="as many as there are lines"),
        pytest.param(MOST_LINES + 1, MOST_LINES + 1, id="one line more, which is the rest"),
        pytest.param(99, MOST_LINES + 1, id="many"),
    ],
)
def test_a_list_of_offers_has_its_lines_and_the_rest_together(offers: int, shown: int) -> None:
    numbers = [staged(1 + n, offer=f"offer {n:02}") for n in range(offers)]

    found = by_offer(numbers)

    assert len(found) == shown
    assert (found[-1].name == OTHER) is (offers > MOST_LINES)
    assert sum(one.leads for one in found) == total(numbers).leads


def test_how_many_lines_there_are_is_for_the_caller_to_say() -> None:
    numbers = [staged(n, offer=f"offer {n}") for n in range(1, 6)]

    assert lines(by_offer(numbers, most=2)) == {"offer 5": 5, "offer 4": 4, OTHER: 6}


def test_shares_are_those_of_all_leads_the_greatest_first() -> None:
    numbers = [staged(8), named(2, "SE"), named(1, NONE), named(3, "SE", offer="contoso.vm")]

    assert shares(numbers, COUNTRY) == [Share("SE", 5, 0.625), Share(NONE, 1, 0.125)]


def test_shares_of_one_kind_know_nothing_of_another() -> None:
    numbers = [staged(2), named(2, "SE"), named(1, "INS", kind=ACTION)]

    assert [shares(numbers, kind) for kind in (ACTION, "campaign")] == [[Share("INS", 1, 0.5)], []]


def test_the_names_that_an_offer_gave_up_are_added_to_the_rest_of_a_list() -> None:
    numbers = [staged(20), named(9, OTHER), *(named(1, f"{n:02}") for n in range(11))]

    found = shares(numbers, COUNTRY)

    assert found[-1] == Share(OTHER, 10, 0.5)
    assert len(found) == MOST_LINES + 1


def test_names_without_any_lead_divide_by_nothing() -> None:
    assert shares([named(2, "SE")], COUNTRY) == [Share("SE", 2, 2.0)]


NUMBERS = st.lists(
    st.builds(
        Number,
        st.sampled_from([STAGE, *SHARES]),
        st.text(max_size=2),
        st.sampled_from(["2026-W45", "2026-W47", "2026-W48"]),
        st.one_of(st.sampled_from(STAGES), st.text(max_size=2), st.just(OTHER)),
        st.integers(1, 9),
    )
)


@given(numbers=NUMBERS, most=st.integers(1, 5))
def test_no_list_loses_a_lead(numbers: list[Number], most: int) -> None:
    leads = {kind: sum(n.leads for n in numbers if n.kind == kind) for kind in (STAGE, *SHARES)}

    listed = {kind: sum(one.leads for one in shares(numbers, kind, most=most)) for kind in SHARES}

    assert listed == {kind: leads[kind] for kind in SHARES}
    assert sum(one.leads for one in by_week(numbers, SINCE, NOW)) == leads[STAGE]
    assert sum(one.leads for one in by_offer(numbers, most=most)) == leads[STAGE]
