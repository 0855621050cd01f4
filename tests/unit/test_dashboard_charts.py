"""Bars are as long as what they stand for, and lie where the eye looks for them."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.dashboard import charts
from leads.dashboard.charts import BOTTOM_UP
from leads.model import Stage

STAGES = st.dictionaries(st.sampled_from(BOTTOM_UP), st.integers(0, 5_000))
WEEKS = st.lists(STAGES, max_size=12)


def test_every_stage_has_its_place_in_a_bar() -> None:
    assert set(BOTTOM_UP) == {stage.value for stage in Stage}


def test_the_greatest_week_fills_the_chart_and_the_others_are_in_proportion() -> None:
    half, whole = charts.columns([("a", {"active": 50}), ("b", {"active": 100})], height=100)

    assert [half.pieces[0].length, whole.pieces[0].length] == [48.5, 98.5]
    assert [half.left + half.width / 2, whole.left + whole.width / 2] == [25, 75]


@given(WEEKS)
def test_every_piece_stands_on_the_one_below_with_a_gap_between(
    weeks: list[dict[str, int]],
) -> None:
    bars = charts.columns([("week", stages) for stages in weeks], height=160)

    for bar in bars:
        ends = [(piece.start, piece.start + piece.length) for piece in bar.pieces]
        assert all(lower[0] - upper[1] > 1 for lower, upper in pairwise(ends))
        assert all(end <= 160 for _, end in ends)
        assert bar.top == min([start for start, _ in ends], default=160)


@given(WEEKS)
def test_every_bar_has_all_its_leads_and_no_piece_of_nothing(weeks: list[dict[str, int]]) -> None:
    bars = charts.columns([("week", stages) for stages in weeks], height=160)

    assert [bar.leads for bar in bars] == [sum(stages.values()) for stages in weeks]
    assert all(piece.leads and piece.length >= 2 for bar in bars for piece in bar.pieces)
    assert [sum(piece.leads for piece in bar.pieces) for bar in bars] == [bar.leads for bar in bars]


@given(WEEKS)
def test_no_bar_leaves_the_chart_or_touches_another(weeks: list[dict[str, int]]) -> None:
    bars = charts.columns([("week", stages) for stages in weeks], height=160)

    edges = [edge for bar in bars for edge in (bar.left, bar.left + bar.width)]
    assert edges == sorted(edges)
    assert all(0 <= edge <= 100 for edge in edges)


@pytest.mark.parametrize(
    ("stages", "most", "pieces"),
    [
        pytest.param({"active": 5}, 10, [("active", 0, 50)], id="half of the most"),
        pytest.param(
            {"interest": 5, "active": 5}, 10, [("active", 0, 50), ("interest", 50, 50)], id="all"
        ),
        pytest.param({}, 10, [], id="none"),
    ],
)
def test_a_lying_bar_is_in_proportion_to_the_longest(
    stages: dict[str, int], most: int, pieces: list[tuple[str, float, float]]
) -> None:
    found = charts.row(stages, most)

    assert [(piece.stage, piece.start, piece.length) for piece in found] == pieces
