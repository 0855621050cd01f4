"""What the table says of a figure, and when a bar is missed."""

from __future__ import annotations

import json

import pytest

from benchmarks.figures import Figure, Plan, interleaved, ratios
from benchmarks.pages import PAGES, RESULTS, quoted
from benchmarks.report import document, read_document, table
from benchmarks.rig import ROOT


@pytest.mark.parametrize(
    ("figure", "misses"),
    [
        (Figure(name="n", rounds=[1, 2, 9], at_most=2), False),
        (Figure(name="n", rounds=[1, 3, 9], at_most=2), True),
        (Figure(name="n", rounds=[0.6, 0.7, 9], at_least=0.7), False),
        (Figure(name="n", rounds=[0.6, 0.6, 9], at_least=0.7), True),
        (Figure(name="n", rounds=[9]), False),
    ],
    ids=["on the line", "over it", "on the lower line", "under it", "no bar"],
)
def test_the_median_of_the_rounds_decides(figure: Figure, misses: bool) -> None:
    assert figure.misses is misses


def test_sides_are_measured_in_turns_after_a_round_that_does_not_count() -> None:
    order: list[str] = []

    def side(name: str) -> float:
        order.append(name)
        return len(order)

    found = interleaved({"a": lambda: side("a"), "b": lambda: side("b")}, rounds=2)

    assert order == ["a", "b", "a", "b", "a", "b"]
    assert found == {"a": [3, 5], "b": [4, 6]}
    assert ratios(found["b"], found["a"]) == [4 / 3, 6 / 5]


FOUND = {
    "Speed": [
        Figure(name="of the floor", rounds=[0.71, 0.8, 0.9], at_least=0.7, note="both by TLS"),
        Figure(name="answer", rounds=[1234.5], unit="ms", at_most=3, note="both by TLS"),
    ]
}


def test_the_table_shows_spread_bar_verdict_and_each_note_once() -> None:
    lines = table(FOUND).splitlines()

    assert lines[3:] == [
        "| of the floor [1] | 0.8 | 0.71 to 0.9 | ≥ 0.7 | ok |",
        "| answer [1] | 1,234 ms |  | ≤ 3 | missed |",
        "",
        "1. both by TLS",
    ]


def test_what_is_kept_holds_every_round() -> None:
    kept = document(FOUND, Plan(quick=True))

    assert table(read_document(kept)) == table(FOUND)
    assert (json.loads(kept)["quick"], json.loads(kept)["seed"]) == (True, 20261122)


@pytest.mark.parametrize("page", PAGES)
def test_every_page_quotes_what_was_measured_last(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    found = read_document(RESULTS.read_text(encoding="utf-8"))

    assert quoted(text, PAGES[page](found)) == text
    assert all(figure.name in text for figures in PAGES[page](found).values() for figure in figures)
