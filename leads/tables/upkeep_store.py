"""The table Leads as upkeep needs it: fences, removals, copies, and one pass over an offer."""

from __future__ import annotations

from itertools import batched
from typing import TYPE_CHECKING

from leads.tables import entities, keys
from leads.tables.fences import fence_to_entity
from leads.tables.lead_store import IN_RANGE, TableLeadStore, lead_operations, row_operation
from leads.tables.survey import recent_row_of, survey
from leads.tables.table import if_unchanged, removal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from leads.model import Lead, Located
    from leads.store import Fence, LeadRow
    from leads.tables.limits import Entity
    from leads.tables.table import Operation
    from leads.upkeep.ports import LeadRows, RecentRow

REMOVED_AT_ONCE = 90
"""Rows in one transaction, which takes 100: the lead row and its recent row come on top."""

COPIED_AT_ONCE = 10
"""Touches in one transaction, which takes 4 MiB: one of them can pass 300 KB."""


class TableUpkeepStore(TableLeadStore):
    """The UpkeepStore of upkeep/ports.py on Azure Tables."""

    def offers(self) -> Iterator[str]:
        """Yield the partition of every offer, in order: one request for each."""
        last = ""
        while True:
            rows = self._leads.query(
                "PartitionKey gt @last", {"last": last}, select=("PartitionKey",), page=1
            )
            first = next(rows, None)
            if first is None:
                return
            last = str(first["PartitionKey"])
            yield last

    def survey(self, partition: str) -> Iterator[LeadRows]:
        """Yield the rows of every lead of an offer, then what is listed and has no other row."""
        return survey(self._leads, partition)

    def recent_of(self, lead: Lead) -> RecentRow:
        """Return the row that lists *lead*."""
        return recent_row_of(entities.recent_to_entity(lead))

    def find_recents(self, place: Located) -> list[RecentRow]:
        """Return the rows that list the lead: reads all that the offer has."""
        start, end = keys.rows_of_kind(entities.RECENT)
        rows = self._leads.query(
            IN_RANGE, {"partition": place.partition, "start": start, "end": end}, select=None
        )
        return [
            recent_row_of(row)
            for row in rows
            if keys.key_of_recent_row(row["RowKey"]) == place.lead_key
        ]

    def put_lead(self, lead: Lead, *, replaced: LeadRow | None, strays: Sequence[str] = ()) -> None:
        """Create or replace the lead and its recent row; remove the recent rows *strays*."""
        outdated = set(strays[:REMOVED_AT_ONCE])
        operations = lead_operations(lead, replaced=replaced, outdated=outdated)
        self._leads.transact_without_missing(operations)

    def put_fence(
        self, place: Located, fence: Fence, *, replaced: LeadRow | None, strays: Sequence[str] = ()
    ) -> None:
        """Let the lead row say *fence* and nothing else; remove what lists the lead."""
        operations = [
            row_operation(fence_to_entity(place, fence), replaced),
            *(removal(place.partition, row_key) for row_key in strays[:REMOVED_AT_ONCE]),
        ]
        self._leads.transact_without_missing(operations)

    def remove_lead(self, place: Located, *, replaced: LeadRow) -> None:
        """Remove the lead row."""
        row = {"PartitionKey": place.partition, "RowKey": keys.lead_row(place.lead_key)}
        self._leads.transact([("delete", row, if_unchanged(replaced.etag))])

    def remove_recents(self, place: Located, row_keys: Sequence[str]) -> None:
        """Remove these recent rows of a lead that has no other row."""
        self._remove(place.partition, row_keys)

    def touch_times(self, place: Located) -> list[datetime]:
        """Return when the touches of the lead were received."""
        rows = self._touch_rows(place, keys.touch_rows(place.lead_key), select=("RowKey",))
        return [keys.time_of_touch_row(row["RowKey"]) for row in rows]

    def remove_touches(self, place: Located, *, through: datetime | None = None) -> None:
        """Remove the touches received until *through*, or all."""
        bounds = keys.touch_rows(place.lead_key)
        if through is not None:
            bounds = keys.touch_rows_through(place.lead_key, through)
        rows = self._touch_rows(place, bounds, select=("RowKey",))
        self._remove(place.partition, [str(row["RowKey"]) for row in rows])

    def copy_touches(self, place: Located, *, to: Located) -> None:
        """Copy the touches with all their columns; what lies there already stays as it is."""
        rows = self._touch_rows(place, keys.touch_rows(place.lead_key), select=None)
        for some in batched(rows, COPIED_AT_ONCE, strict=False):
            copies: list[Operation] = [
                ("upsert", row | {"PartitionKey": to.partition}, {"mode": "replace"})
                for row in some
            ]
            self._leads.transact(copies)

    def _remove(self, partition: str, row_keys: Sequence[str]) -> None:
        for some in batched(row_keys, REMOVED_AT_ONCE, strict=False):
            self._leads.transact_without_missing([removal(partition, key) for key in some])

    def _touch_rows(
        self, place: Located, bounds: tuple[str, str], *, select: Sequence[str] | None
    ) -> Iterator[Entity]:
        start, end = bounds
        return self._leads.query(
            IN_RANGE, {"partition": place.partition, "start": start, "end": end}, select=select
        )
