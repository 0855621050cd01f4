"""What others typed comes onto a page clean, short, and apart from its neighbours."""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape
from unicodedata import category

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import escape as escaped

from leads.dashboard.texts import LONG, Said, cut, said, said_lines

UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
JOINERS = "\u200c\u200d"


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        pytest.param("Ada Lovelace", "Ada Lovelace", id="a plain name"),
        pytest.param("  Ada \t\n Lovelace ", "Ada Lovelace", id="white space"),
        pytest.param("Ada\u202eecalevoL", "AdaecalevoL", id="an override of direction"),
        pytest.param("\u2066Ada\u2069", "Ada", id="isolates"),
        pytest.param("A\u200bd\u00ada", "Ada", id="invisible between letters"),
        pytest.param("\x00Ada\x07\x1b[31m", "Ada[31m", id="controls"),
        pytest.param("\u3164\u2800\u115f", "", id="letters that nobody sees"),
        pytest.param("A" + "\u0301" * 50, "A" + "\u0301" * 4, id="a flood of marks"),
        pytest.param("\u0301Ada", "Ada", id="a mark without a letter"),
        pytest.param("Ada\ud800", "Ada\ufffd", id="half a character"),
        pytest.param("می\u200cخواهم", "می\u200cخواهم", id="a joiner that spells"),  # noqa: RUF001 - Persian
        pytest.param("\u200d\u200d", "", id="nothing but joiners"),
        pytest.param(None, "", id="nothing"),
        pytest.param(42, "42", id="a number"),
        pytest.param(b"\xff", "", id="bytes"),
        pytest.param(datetime(2026, 11, 22, tzinfo=UTC), "2026-11-22 00:00:00+00:00", id="a time"),
    ],
)
def test_what_nobody_sees_is_not_shown(typed: object, shown: str) -> None:
    found = said(typed)

    assert found.text == shown


@given(st.text(st.characters(codec=None), max_size=200), st.integers(2, 80))
def test_every_text_is_one_line_of_what_one_sees_and_no_longer(typed: str, most: int) -> None:
    shown = said(typed, most).text

    assert len(shown) <= most
    assert {category(char) for char in shown if char not in JOINERS} & UNSEEN == set()
    assert shown == shown.strip()


@given(st.text(st.characters(codec=None), max_size=100))
def test_every_text_shows_the_same_when_it_is_cleaned_again(typed: str) -> None:
    once = said(typed, 50).text

    assert said(once, 50).text == once


@given(st.text(max_size=100))
def test_every_text_stands_escaped_in_an_element_that_isolates_it(typed: str) -> None:
    found = said(typed)

    assert escaped(found) == (f"<bdi>{escape(found.text)}</bdi>" if found.text else "")


@pytest.mark.parametrize("nothing", ["", " ", "\u202e", None])
def test_what_shows_nothing_is_false(nothing: object) -> None:
    found = said(nothing)

    assert not found


def test_what_a_customer_wrote_keeps_its_lines_and_no_empty_ones() -> None:
    found = said_lines("Please call.\r\n\r\n  In the morning\u202e.\n")

    assert found == Said("Please call.\nIn the morning.")


def test_however_long_a_text_is_its_end_is_marked() -> None:
    found = said_lines("word " * 32_000)

    assert (len(found.text), found.text[-1]) == (LONG, "…")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("12345", "12345", id="as long as there is room"),
        pytest.param("123456", "1234…", id="longer"),
        pytest.param("123 456", "123…", id="no blank before the mark"),
        pytest.param("123\u200d456", "123…", id="no joiner before the mark"),
    ],
)
def test_a_cut_is_marked(text: str, shown: str) -> None:
    found = cut(text, 5)

    assert found == shown
