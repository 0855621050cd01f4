from __future__ import annotations

from datetime import UTC, datetime

import pytest
from azure.data.tables import EdmType, EntityProperty
from hypothesis import given
from hypothesis import strategies as st

from leads.errors import EntityTooLarge
from leads.tables.limits import (
    BINARY_BYTES,
    ENTITY_BYTES,
    INT32_MAX,
    INT64_MAX,
    KEY_UNITS,
    OWN_PROPERTIES,
    STRING_UNITS,
    TRANSACTION_OPERATIONS,
    Entity,
    check_keys,
    check_transaction,
    cut_to,
    entity_bytes,
    fitted,
    units,
)
from tests.contract.factories import NOON


def row(**columns: object) -> Entity:
    return {"PartitionKey": "p", "RowKey": "r", **columns}


def test_what_azure_takes_stays_as_it_is() -> None:
    entity = row(Text="x", Empty="", Yes=True, Number=7, Time=NOON, Bytes=b"\x00")

    assert fitted(entity) == entity


def test_a_column_without_a_value_is_left_out() -> None:
    assert fitted(row(Nothing=None)) == row()


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        pytest.param("x" * STRING_UNITS, "x" * STRING_UNITS, id="at the limit"),
        pytest.param("😀" * 16_384, "😀" * 16_384, id="emojis at the limit"),
        pytest.param("x" * (STRING_UNITS + 1), "x" * STRING_UNITS, id="one over"),
        pytest.param("é" * (STRING_UNITS + 9), "é" * STRING_UNITS, id="nine over"),
        pytest.param("😀" * 16_385, "😀" * 16_384, id="one emoji over"),
        pytest.param("x" + "😀" * 16_384, "x" + "😀" * 16_383, id="an emoji on the edge"),
    ],
)
def test_too_long_a_text_is_cut_and_its_column_named(sent: str, kept: str) -> None:
    fit = fitted(row(Text=sent, Other="y"))

    assert fit == row(Text=kept, Other="y") | ({} if sent == kept else {"Truncated": "Text"})


def test_all_columns_that_were_cut_are_named() -> None:
    long = "x" * (STRING_UNITS + 1)

    assert fitted(row(A=long, B="y", C=long))["Truncated"] == "A,C"


@given(st.text(), st.integers(0, 30))
def test_every_cut_is_the_longest_beginning_that_fits(text: str, limit: int) -> None:
    cut = cut_to(text, limit)

    rest = text.removeprefix(cut)
    assert text == cut + rest
    assert units(cut) <= limit
    assert not rest or units(cut + rest[0]) > limit


@given(st.text())
def test_units_count_as_utf_16_does(text: str) -> None:
    assert units(text) == len(text.encode("utf-16-le")) // 2


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("a\ud83db", "a\ufffdb"),
        ("\ude00", "\ufffd"),
        ("\ud83d\ude00", "😀"),
        ("\ud83d" * 40_000, "\ufffd" * STRING_UNITS),
    ],
    ids=["first half", "second half", "both halves", "too many halves"],
)
def test_half_an_emoji_is_replaced(sent: str, kept: str) -> None:
    assert fitted(row(Text=sent))["Text"] == kept


@pytest.mark.parametrize("too_many", [False, True], ids=["at the limit", "one over"])
def test_a_row_has_a_limited_number_of_properties(*, too_many: bool) -> None:
    columns = {f"C{n}": n for n in range(OWN_PROPERTIES + too_many)}

    if too_many:
        with pytest.raises(EntityTooLarge, match="253 properties"):
            fitted(row(**columns))
    else:
        assert fitted(row(**columns)) == row(**columns)


def test_the_marker_counts_among_the_properties() -> None:
    columns: dict[str, object] = {f"C{n}": n for n in range(OWN_PROPERTIES - 1)}
    long = "x" * (STRING_UNITS + 1)

    with pytest.raises(EntityTooLarge):
        fitted(row(**columns, Long=long))


def test_a_row_of_one_mebibyte_fits_and_one_byte_more_does_not() -> None:
    columns: dict[str, object] = {f"C{n:02}": b"x" * BINARY_BYTES for n in range(15)}
    room = ENTITY_BYTES - entity_bytes(row(**columns, Last=b""))

    fitted(row(**columns, Last=b"x" * room))

    with pytest.raises(EntityTooLarge, match="1048577 bytes"):
        fitted(row(**columns, Last=b"x" * (room + 1)))


def test_a_row_takes_what_microsoft_says_it_takes() -> None:
    # "Table service data model": 4 bytes + key names and values; each property 8 bytes + name in
    # UTF-16 + value. Ours counts the keys as properties, too, so it never comes out lower.
    size = entity_bytes({"PartitionKey": "p", "RowKey": "r", "Text": "é", "Yes": True, "N": 1})

    keys = 4 + 2 * len("pr")
    properties = (8 + 8 + 2 + 4) + (8 + 6 + 1) + (8 + 2 + 4)
    assert size >= keys + properties


@pytest.mark.parametrize("char", [*"/\\#?", "\x00", "\t", "\n", "\x1f", "\x7f", "\x9f"])
@pytest.mark.parametrize("place", ["PartitionKey", "RowKey"])
def test_a_key_holds_no_character_that_azure_refuses(place: str, char: str) -> None:
    with pytest.raises(EntityTooLarge, match=place):
        fitted(row() | {place: f"a{char}b"})


@pytest.mark.parametrize("key", ["", "a b", "é😀", "a|b~c", "O'Brien", "\xa0", "x" * KEY_UNITS])
def test_a_key_that_azure_takes_passes(key: str) -> None:
    assert fitted(row(RowKey=key))["RowKey"] == key


@pytest.mark.parametrize("key", ["x" * 513, "😀" * 257], ids=["513 letters", "257 emojis"])
def test_a_key_is_not_longer_than_1_kib(key: str) -> None:
    with pytest.raises(EntityTooLarge):
        check_keys(key, "r")


@pytest.mark.parametrize("number", [0, -1, INT32_MAX, -INT32_MAX])
def test_a_small_number_stays_plain(number: int) -> None:
    assert fitted(row(N=number))["N"] is number


@pytest.mark.parametrize("number", [INT32_MAX + 1, -INT32_MAX - 1, INT64_MAX, -INT64_MAX])
def test_a_large_number_says_that_it_has_64_bits(number: int) -> None:
    assert fitted(row(N=number))["N"] == EntityProperty(number, EdmType.INT64)


@pytest.mark.parametrize("number", [INT64_MAX + 1, -INT64_MAX - 2, 10**40])
def test_a_number_past_64_bits_is_refused(number: int) -> None:
    with pytest.raises(EntityTooLarge):
        fitted(row(N=number))


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(TypeError):
        fitted(row(Time=datetime(2026, 11, 22)))  # noqa: DTZ001 - the point


def test_bytes_have_a_limit() -> None:
    assert fitted(row(Body=b"x" * BINARY_BYTES))["Body"] == b"x" * BINARY_BYTES
    with pytest.raises(EntityTooLarge, match="65537 bytes"):
        fitted(row(Body=b"x" * (BINARY_BYTES + 1)))


def test_a_transaction_has_a_limit() -> None:
    check_transaction(TRANSACTION_OPERATIONS)

    with pytest.raises(EntityTooLarge):
        check_transaction(TRANSACTION_OPERATIONS + 1)


def test_times_of_any_zone_fit() -> None:
    assert fitted(row(Time=datetime.max.replace(tzinfo=UTC)))
