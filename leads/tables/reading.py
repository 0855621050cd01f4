"""Reading the table Leads for people: lists from the recent rows, newest first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leads.tables import entities

if TYPE_CHECKING:
    from leads.tables.limits import Entity
    from leads.tables.table import Table

_RECENT = "RowKey ge @start and RowKey lt @end"


def read_recent(table: Table, *, offer: str | None = None) -> list[Entity]:
    """Return the recent rows of one offer, or of all, newest first.

    Source: DESIGN 4.3.
    """
    bounds = {"start": f"{entities.RECENT}|", "end": f"{entities.RECENT}}}"}  # } comes after |
    columns = ("PartitionKey", *entities.RECENT_COLUMNS)
    if offer is None:
        rows = table.query(_RECENT, bounds, select=columns)
    else:
        one = f"PartitionKey eq @offer and {_RECENT}"
        rows = table.query(one, bounds | {"offer": offer.lower()}, select=columns)
    return sorted(rows, key=lambda row: row["LastSeen"], reverse=True)
