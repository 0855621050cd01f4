"""Rows come back from the real table as they went in, value and type."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings

from leads.errors import EntityTooLarge
from leads.model import Lead, Touch
from leads.tables.connection import open_table
from leads.tables.entities import (
    lead_from_entity,
    lead_to_entity,
    recent_to_entity,
    touch_from_entity,
    touch_to_entity,
)
from leads.tables.limits import Entity, fitted
from leads.tables.table import Table
from tests.contract import strategies
from tests.contract.benches import TableBench
from tests.contract.factories import NOON, at, lead

on_the_table = settings(
    max_examples=25,
    deadline=None,  # a request takes as long as it takes
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # rows have names of their own
)


@pytest.fixture
def table(tables: TableBench) -> Table:
    return open_table(tables.service, tables.leads)


def back(table: Table, entity: Entity) -> Entity:
    """Return *entity* as the table gives it back."""
    assert table.insert(entity)
    row = table.get(entity["PartitionKey"], entity["RowKey"])
    assert row is not None
    return row.columns


def elsewhere() -> str:
    return uuid4().hex


@on_the_table
@given(strategies.leads)
def test_every_lead_comes_back_from_the_table(table: Table, lead: Lead) -> None:
    here = replace(lead, partition=elsewhere())

    row = back(table, lead_to_entity(here))

    assert lead_from_entity(row) == here
    assert row == lead_to_entity(here)


@on_the_table
@given(strategies.touches)
def test_every_touch_and_its_recent_row_come_back_from_the_table(
    table: Table, touch: Touch
) -> None:
    here = replace(touch, identity=replace(touch.identity, partition=elsewhere()))

    row = back(table, touch_to_entity(here))
    recent = back(table, recent_to_entity(lead(here)))

    assert touch_from_entity(row) == here
    assert row == touch_to_entity(here)
    assert recent == recent_to_entity(lead(here))


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("", id="empty text"),
        pytest.param('O\'Brien "😀" \\ é\u2028\n', id="quotes and emoji"),
        pytest.param("2026-11-22T12:00:00.000Z", id="text that looks like a time"),
        pytest.param("1", id="text that looks like a number"),
        pytest.param("x" * 32_768, id="longest text"),
        pytest.param("😀" * 16_384, id="longest text of emojis"),
        pytest.param(True, id="true"),
        pytest.param(1, id="one"),
        pytest.param(-(2**31) + 1, id="smallest plain number"),
        pytest.param(b"\x00\xff", id="bytes"),
        pytest.param(b"x" * 65_536, id="most bytes"),
        pytest.param(NOON, id="whole second"),
        pytest.param(at(milliseconds=7), id="milliseconds"),
        pytest.param(datetime(2243, 1, 2, 3, 4, 5, 678_000, tzinfo=UTC), id="far future"),
    ],
)
def test_a_value_keeps_its_type(table: Table, value: object) -> None:
    place = {"PartitionKey": elsewhere(), "RowKey": "r"}

    row = back(table, fitted(place | {"Value": value}))

    assert row["Value"] == value
    assert isinstance(row["Value"], type(value))
    assert isinstance(row["Value"], bool) == isinstance(value, bool)


@pytest.mark.parametrize("key", ["é😀", "a b", "O'Brien", "a + b & c", "~unknown", "a|b:c@d"])
def test_a_key_with_odd_characters_names_its_own_row(table: Table, key: str) -> None:
    entity = fitted({"PartitionKey": elsewhere() + key, "RowKey": key, "Value": key})

    assert back(table, entity) == entity


@pytest.mark.parametrize("key", ["a/b", "a\\b", "a#b", "a?b", "a\tb", "x" * 513])
def test_a_key_that_no_row_can_have_is_refused_before_it_is_asked_for(
    table: Table, key: str
) -> None:
    with pytest.raises(EntityTooLarge):
        table.get(elsewhere(), key)
