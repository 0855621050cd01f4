"""Reading the table Leads for people: lists from the recent rows, newest first."""

from __future__ import annotations

import heapq
from itertools import islice
from typing import TYPE_CHECKING

from leads.tables import entities

if TYPE_CHECKING:
    from leads.tables.limits import Entity
    from leads.tables.table import Table

_RECENT = "RowKey ge @start and RowKey lt @end"
_BOUNDS = {"start": f"{entities.RECENT}|", "end": f"{entities.RECENT}}}"}  # } comes after |
_COLUMNS = ("PartitionKey", "RowKey", *entities.RECENT_COLUMNS)


def read_recent(table: Table, *, limit: int, offer: str | None = None) -> list[Entity]:
    """Return the *limit* newest recent rows of one offer, or of all, newest first.

    Source: DESIGN 4.3.
    """
    if offer is not None:
        one = f"PartitionKey eq @offer and {_RECENT}"
        rows = table.query(one, _BOUNDS | {"offer": offer.lower()}, select=_COLUMNS)
        return list(islice(rows, limit))  # a partition lies in this order
    rows = table.query(_RECENT, dict(_BOUNDS), select=_COLUMNS)
    return heapq.nsmallest(limit, rows, key=lambda row: str(row["RowKey"]))
