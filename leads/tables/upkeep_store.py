"""The table Leads as upkeep needs it: fences, removals, copies, and one pass over an offer."""

from __future__ import annotations

from dataclasses import replace
from itertools import batched
from typing import TYPE_CHECKING

from leads.errors import CommitConflict
from leads.store import Fence, FencedLead, StoredLead
from leads.tables import entities, keys
from leads.tables.fences import fence_to_entity
from leads.tables.lead_store import (
    IN_RANGE,
    TableLeadStore,
    lead_operations,
    partitions,
    row_operation,
)
from leads.tables.survey import recent_row_of, survey
from leads.tables.table import if_unchanged, removal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from leads.model import Lead, Located, Touch
    from leads.store import LeadRow
    from leads.tables.limits import Entity
    from leads.tables.table import Operation
    from leads.upkeep.ports import LeadRows, RecentRow

REMOVED_AT_ONCE = 90
"""Rows in one transaction, which takes 100: the lead row and its recent row come on top."""


class TableUpkeepStore(TableLeadStore):
    """The UpkeepStore of upkeep/ports.py on Azure Tables."""

    def offers(self) -> Iterator[str]:
        """Yield the partition of every offer, in order: one request for each."""
        return partitions(self._leads)

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
        outdated = set(self._as_many_as_fit(lead.partition, strays))
        operations = lead_operations(lead, replaced=replaced, outdated=outdated)
        self._leads.transact_without_missing(operations)

    def put_fence(
        self, place: Located, fence: Fence, *, replaced: LeadRow | None, strays: Sequence[str] = ()
    ) -> FencedLead:
        """Let the lead row say *fence* and nothing else; remove what lists the lead."""
        some = self._as_many_as_fit(place.partition, strays)
        etag = self._write(
            row_operation(fence_to_entity(place, fence), replaced),
            *(removal(place.partition, row_key) for row_key in some),
        )
        return FencedLead(fence=fence, etag=etag)

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

    def remove_touches(
        self, place: Located, *, fenced: FencedLead, through: datetime | None = None
    ) -> FencedLead:
        """Remove the touches received until *through*, or all, as long as it stays *fenced*."""
        bounds = keys.touch_rows(place.lead_key)
        if through is not None:
            bounds = keys.touch_rows_through(place.lead_key, through)
        rows = list(self._touch_rows(place, bounds, select=("RowKey",)))
        for some in batched(rows, REMOVED_AT_ONCE, strict=False):
            etag = self._write(
                row_operation(fence_to_entity(place, fenced.fence), fenced),
                *(removal(place.partition, str(row["RowKey"])) for row in some),
            )
            fenced = replace(fenced, etag=etag)
        return fenced

    def copy_touches(
        self, touches: Sequence[Touch], *, to: Located, told: Lead | Fence, replaced: LeadRow | None
    ) -> LeadRow:
        """Copy *touches* with all their columns, and let the lead row of *to* say *told*."""
        copies: list[Operation] = [
            ("create", row | {"PartitionKey": to.partition}) for row in self._whole(touches)
        ]
        if isinstance(told, Fence):
            row = row_operation(fence_to_entity(to, told), replaced)
            return FencedLead(fence=told, etag=self._write(row, *copies))
        outdated = {keys.recent_row(replaced.lead)} if isinstance(replaced, StoredLead) else set()
        rows = lead_operations(told, replaced=replaced, outdated=outdated)
        return StoredLead(lead=told, etag=self._write(*rows, *copies))

    def _whole(self, touches: Sequence[Touch]) -> list[Entity]:
        """Return the rows of *touches*, which lie side by side, as nobody else may add to them."""
        if not touches:
            return []
        wanted = [keys.touch_row(touch) for touch in touches]
        bounds = wanted[0], f"{wanted[-1]}}}"  # } comes after every digit
        rows = self._touch_rows(touches[0].identity, bounds, select=None)
        found = [row for row in rows if row["RowKey"] in wanted]
        if len(found) < len(wanted):
            raise CommitConflict("a touch went away while it was copied")
        return found

    def _write(self, row: Operation, *rest: Operation) -> str:
        """Write the lead row *row* and what goes with it; return the row's new ETag."""
        etag, *_ = self._leads.transact_without_missing([row, *rest])
        if not etag:
            raise CommitConflict("the answer to the transaction is not complete")
        return etag

    def _as_many_as_fit(self, partition: str, row_keys: Sequence[str]) -> Sequence[str]:
        """Return as many of *row_keys* as one transaction takes, when the others are removed."""
        self._remove(partition, row_keys[REMOVED_AT_ONCE:])
        return row_keys[:REMOVED_AT_ONCE]

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
