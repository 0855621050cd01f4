"""No error of the SDK leaves the table, and the caller learns whether to read again."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest
from azure.data.tables import TableServiceClient

from leads.errors import CommitConflict, LeadsError, StorageUnavailable
from leads.tables import keys
from leads.tables.connection import open_table
from leads.tables.limits import Entity
from leads.tables.table import Table
from tests.contract.benches import TableBench
from tests.contract.faults import (
    Fault,
    FaultyTransport,
    answer_cut_off,
    answer_lost,
    answered,
    answered_inside,
    not_sent,
)

EMAIL = "someone@contoso.com"

type Call = Callable[[Table, Entity], object]

READS: dict[str, Call] = {
    "get": lambda table, row: table.get(row["PartitionKey"], row["RowKey"]),
    "query": lambda table, row: list(
        table.query("PartitionKey eq @p", {"p": row["PartitionKey"]}, select=["Email"])
    ),
}
WRITES: dict[str, Call] = {
    "replace": lambda table, row: table.replace(row, etag="*"),
    "transact": lambda table, row: table.transact([("upsert", row)]),
}
INSERT: dict[str, Call] = {"insert": lambda table, row: table.insert(row | {"RowKey": "new"})}


@pytest.fixture
def row(tables: TableBench) -> Entity:
    """A row that exists."""
    stored = {"PartitionKey": uuid4().hex, "RowKey": "r", "Email": EMAIL}
    open_table(tables.service, tables.leads).insert(stored)
    return stored


@pytest.fixture
def table(faulty: TableServiceClient) -> Table:
    return open_table(faulty, keys.LEADS)


def error_of(call: Call, table: Table, row: Entity) -> LeadsError:
    with pytest.raises(LeadsError) as caught:
        call(table, row)
    return caught.value


EVERY_CALL = READS | INSERT | WRITES
NOBODY_COULD_TELL = {
    **{str(status): answered(status, applied=False) for status in (408, 429, 500, 502, 503, 504)},
    "answer lost": answer_lost,
}
REFUSED = {str(status): answered(status, applied=False) for status in (400, 401, 403, 413)}


@pytest.mark.parametrize("call", EVERY_CALL.values(), ids=EVERY_CALL.keys())
@pytest.mark.parametrize("fault", REFUSED.values(), ids=REFUSED.keys())
def test_what_the_service_refuses_is_no_conflict(
    table: Table, row: Entity, transport: FaultyTransport, call: Call, fault: Fault
) -> None:
    transport.arm(1, fault)

    assert type(error_of(call, table, row)) is StorageUnavailable


@pytest.mark.parametrize("call", EVERY_CALL.values(), ids=EVERY_CALL.keys())
def test_what_was_never_sent_is_no_conflict(
    table: Table, row: Entity, transport: FaultyTransport, call: Call
) -> None:
    transport.arm(1, not_sent)

    assert type(error_of(call, table, row)) is StorageUnavailable


READS_AND_INSERT = READS | INSERT


@pytest.mark.parametrize("call", READS_AND_INSERT.values(), ids=READS_AND_INSERT.keys())
@pytest.mark.parametrize("fault", NOBODY_COULD_TELL.values(), ids=NOBODY_COULD_TELL.keys())
def test_a_read_or_insert_without_an_answer_is_to_be_tried_again(
    table: Table, row: Entity, transport: FaultyTransport, call: Call, fault: Fault
) -> None:
    transport.arm(1, fault)

    assert type(error_of(call, table, row)) is StorageUnavailable


@pytest.mark.parametrize("call", WRITES.values(), ids=WRITES.keys())
@pytest.mark.parametrize("fault", NOBODY_COULD_TELL.values(), ids=NOBODY_COULD_TELL.keys())
def test_a_write_without_an_answer_is_to_be_read_again(
    table: Table, row: Entity, transport: FaultyTransport, call: Call, fault: Fault
) -> None:
    transport.arm(1, fault)

    assert type(error_of(call, table, row)) is CommitConflict


@pytest.mark.parametrize("status", [408, 409, 412, 429, 500, 503])
def test_a_transaction_that_failed_inside_is_to_be_read_again(
    table: Table, row: Entity, transport: FaultyTransport, status: int
) -> None:
    transport.arm(1, answered_inside(status, applied=False))

    assert type(error_of(WRITES["transact"], table, row)) is CommitConflict


def test_half_an_answer_to_a_transaction_is_no_success(
    table: Table, row: Entity, transport: FaultyTransport
) -> None:
    rows = [row | {"RowKey": name} for name in ("a", "b", "c")]
    transport.arm(1, answer_cut_off)

    with pytest.raises(CommitConflict):
        table.transact([("create", one) for one in rows])


@pytest.mark.parametrize("call", EVERY_CALL.values(), ids=EVERY_CALL.keys())
@pytest.mark.parametrize("status", [400, 500])
def test_no_error_quotes_a_row_or_keeps_one_that_does(
    table: Table, row: Entity, transport: FaultyTransport, call: Call, status: int
) -> None:
    transport.arm(1, answered(status, applied=False, body=EMAIL.encode()))

    error = error_of(call, table, row)

    assert EMAIL not in repr(error)
    assert (error.__cause__, error.__suppress_context__) == (None, True)
