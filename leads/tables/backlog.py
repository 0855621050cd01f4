"""What the health check reads of the table LeadStatus: one row, two columns, no more imports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leads.health import Backlog
from leads.tables.columns import moment

if TYPE_CHECKING:
    from leads.tables.table import Table

PIPELINE = "pipeline"
"""PartitionKey and RowKey of the one row that tells of the pipeline."""


def read_backlog(table: Table) -> Backlog | None:
    """Return what tending last saw in the queues, or None where it never ran.

    Raises:
        StorageUnavailable: nobody could tell.
    """
    row = table.get(PIPELINE, PIPELINE)
    if row is None:
        return None
    oldest = row.columns.get("OldestMessageAt")
    return Backlog(as_of=moment(row.columns["AsOf"]), oldest_at=oldest and moment(oldest))
