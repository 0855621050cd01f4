"""Microsoft's own table destination, read where it lies: nothing there is created or changed."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from azure.core.exceptions import ResourceNotFoundError

from leads.errors import Final
from leads.migration.files import Record, record_of
from leads.tables.faults import translated

if TYPE_CHECKING:
    from collections.abc import Iterator

    from azure.data.tables import TableClient, TableEntity


class NoTable(Final):
    """Raised when there is no such account or table."""


def read_table(client: TableClient, *, missing: str) -> Iterator[Record]:
    """Yield the rows, page by page; a row's line is its number.

    Raises:
        NoTable: there is no such table; the message is *missing*.
        StorageUnavailable: nobody could tell.
    """
    with translated("read Microsoft's table"):
        try:
            for number, row in enumerate(client.list_entities(), start=1):
                yield _record(row, number)
        except ResourceNotFoundError:
            raise NoTable(missing) from None


def _record(row: TableEntity, number: int) -> Record:
    columns = {"Timestamp": row.metadata.get("timestamp"), **row}
    texts = {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in columns.items()
    }
    return record_of(texts, number)
