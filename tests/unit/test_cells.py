# ruff: noqa: RUF001 - letters that look like others are what these tests are about

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.cli.cells import cut, formula_safe, padded, plain, printable, width
from leads.model import Stage

FORMULAS = {
    "equals": "=1+1",
    "command": "=cmd|' /C calc'!A0",
    "plus": "+1+1",
    "minus": "-2+3",
    "at": "@SUM(1)",
    "full-width equals": "＝1+1",
    "full-width plus": "＋1",
    "after blanks": "  =1+1",
    "within quotes": '"=1+1"',
    "tab": "\t=1+1",
    "carriage return": "\r=1+1",
    "line feed": "\n=1+1",
    "nul": "\0=1+1",
    "phone and formula": "+46 70 123 45 67=1",
    "phone that calls": "+46|cmd",
    "phone that is a subtraction": "+1-555-123-4567",
    "phone that is a subtraction after a blank": "+1 -555-1234",
    "plus and letters": "+A1234567",
}
PHONES = (
    "+46 70 123 45 67",
    "+46701234567",
    "+46 (0)70 123 45 67",
    "+46(0)701234567",
    "+1 (555) 123-4567",
    "+44 20 7946-0101",
    "+49.30.901820",
    "070-555 12 12",
    "(555) 123-4567",
)
BORDERS = {
    "semicolon": "Contoso;=1+1",
    "semicolon and blank": "Contoso; =1+1",
    "semicolon and quote": 'Contoso;"=1+1"',
    "new line": "Contoso\n=1+1",
    "tab": "Contoso\t=1+1",
}


@pytest.mark.parametrize("text", FORMULAS.values(), ids=FORMULAS)
def test_what_a_spreadsheet_would_compute_gets_a_quote(text: str) -> None:
    safe = formula_safe(text)

    assert safe.startswith("'")
    assert safe.replace("'", "") == text.replace("'", "")


@pytest.mark.parametrize("phone", PHONES)
def test_a_telephone_number_that_no_spreadsheet_computes_stays_as_it_is(phone: str) -> None:
    assert formula_safe(phone) == phone


@pytest.mark.parametrize("text", BORDERS.values(), ids=BORDERS)
def test_no_formula_begins_where_another_country_s_spreadsheet_parts_the_cell(text: str) -> None:
    safe = formula_safe(text)

    assert safe.startswith("Contoso")
    assert safe.count("'") == 1
    assert safe.index("'") < safe.index("=")


@pytest.mark.parametrize(
    "text", ["", "Ada", "ada@example.com", "O'Brien", "1-2", "a=b", "Contoso; Fabrikam", "a - b"]
)
def test_an_ordinary_text_stays_as_it_is(text: str) -> None:
    assert formula_safe(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Ada", "Ada"),
        ("山田\u3000太郎", "山田\u3000太郎"),
        ("a\u00a0b", "a\u00a0b"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("two\nlines\r\nand\ttab", "two lines and tab"),
        ("a\u2028b\x85c", "a b c"),
        ("\x1b[31mred\x1b[0m", "?[31mred?[0m"),
        ("\x9b31m", "?31m"),
        ("\u202egnp.exe", "?gnp.exe"),
        ("\u2066isolate\u2069", "?isolate?"),
        ("bell\x07 nul\0 del\x7f", "bell? nul? del?"),
        ("half\ud83d", "half?"),
    ],
    ids=ascii,
)
def test_a_cell_is_one_line_that_no_terminal_obeys(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(st.text())
def test_nothing_that_is_typed_makes_a_second_line_or_a_control_sequence(text: str) -> None:
    shown = printable(text)

    assert len(shown.splitlines()) <= 1
    assert not set(shown) & {"\x1b", "\x9b", "\0", "\u202e"}


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("", 0),
        ("Ada", 3),
        ("é", 1),
        ("e\u0301", 1),
        ("山田", 4),
        ("\u3000", 2),
        ("क्षि", 3),
        ("👍", 2),
        ("한", 2),
        ("\u1112\u1161\u11ab", 2),
        ("می\u200cخواهم", 7),
    ],
    ids=ascii,
)
def test_the_width_is_what_a_terminal_shows(text: str, columns: int) -> None:
    assert width(text) == columns


@given(st.text(max_size=50).map(printable), st.integers(1, 20))
def test_what_is_cut_and_padded_takes_exactly_its_room(text: str, room: int) -> None:
    short = cut(text, room)

    assert width(padded(short, room)) == room
    assert short == text or short.endswith("…")


def test_a_flood_of_marks_on_one_letter_is_cut() -> None:
    assert len(cut("a" + "\u0301" * 32_000, 10)) <= 41


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, ""),
        (True, "true"),
        (False, "false"),
        (5, "5"),
        (Stage.TRIAL, "trial"),
        (b"\xc3\xb6", "ö"),
        (datetime(2026, 11, 22, 8, tzinfo=UTC), "2026-11-22T08:00:00.000Z"),
        (
            datetime(2026, 11, 22, 8, tzinfo=timezone(timedelta(hours=1))),
            "2026-11-22T07:00:00.000Z",
        ),
    ],
    ids=str,
)
def test_a_value_is_shown_in_one_way_everywhere(value: object, shown: str) -> None:
    assert plain(value) == shown
