"""The table Leads as recording needs it, and the person's row of LeadPrivacy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leads.errors import UnreadableTouch
from leads.model import Person
from leads.store import FencedLead, Sighting, StoredLead, UnreadableLead
from leads.tables import entities, keys
from leads.tables.fences import fence_from_entity, is_fence
from leads.tables.table import if_unchanged, removal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from leads.model import Identity, Lead, Located, Touch
    from leads.store import LeadRow
    from leads.tables.limits import Entity
    from leads.tables.table import Operation, ReadTable, Row, Table

IN_RANGE = "PartitionKey eq @partition and RowKey ge @start and RowKey lt @end"


class TableLeadStore:
    """The LeadStore of store.py on Azure Tables."""

    def __init__(self, *, leads: Table, privacy: Table) -> None:
        self._leads = leads
        self._privacy = privacy

    def read_lead(self, place: Located) -> LeadRow | None:
        """Return the lead row, or None."""
        row = self._leads.get(place.partition, keys.lead_row(place.lead_key))
        return lead_row_of(row) if row else None

    def read_person(self, lead_key: str) -> Person:
        """Return the person's wishes; an empty Person where there is no row."""
        row = self._privacy.get(lead_key, keys.PERSON)
        return entities.person_from_entity(row.columns) if row else Person()

    def find_touches(
        self, identity: Identity, *, after: datetime, before: datetime
    ) -> list[Sighting]:
        """Return the touches of this lead and fingerprint received strictly between the two."""
        start, end = keys.touch_rows_between(identity, after, before)
        rows = self._leads.query(
            f"{IN_RANGE} and Fingerprint eq @fingerprint",
            {
                "partition": identity.partition,
                "start": start,
                "end": end,
                "fingerprint": identity.fingerprint,
            },
            select=("RowKey", "DeliveryId"),
        )
        return [
            Sighting(
                delivery_id=str(row.get("DeliveryId", "")),
                received_at=keys.time_of_touch_row(row["RowKey"]),
            )
            for row in rows
        ]

    def read_touches(self, place: Located) -> Iterator[Touch]:
        """Yield all touches of the lead, without their payloads.

        Raises:
            UnreadableTouch: a hand changed one of them beyond recognition.
            StorageUnavailable: nobody could tell.
        """
        start, end = keys.touch_rows(place.lead_key)
        rows = self._leads.query(
            IN_RANGE,
            {"partition": place.partition, "start": start, "end": end},
            select=entities.TOUCH_COLUMNS_TO_FOLD,
        )
        return map(touch_of, rows)

    def commit(self, touch: Touch, lead: Lead, *, previous: StoredLead | None) -> None:
        """Create the touch and create or replace its lead and recent row, all or nothing.

        Raises:
            CommitConflict: somebody was faster, or nobody can tell whether it was written.

        Source: DESIGN 5.3. The touch stands first, so that a touch recorded before is what fails.
        """
        outdated = {keys.recent_row(previous.lead)} if previous else set()
        operations = [
            ("create", entities.touch_to_entity(touch)),
            *lead_operations(lead, replaced=previous, outdated=outdated),
        ]
        # Somebody may have removed a recent row by hand: that must not stop the lead for ever.
        self._leads.transact_without_missing(operations)


def partitions(leads: ReadTable, *, after: str = "", before: str = "") -> Iterator[str]:
    """Yield the partition of every offer between the two, in order: one request for each."""
    within = " and PartitionKey lt @before" if before else ""
    while True:
        bounds = {"after": after, "before": before} if before else {"after": after}
        rows = leads.query(
            f"PartitionKey gt @after{within}", bounds, select=("PartitionKey",), page=1
        )
        first = next(rows, None)
        if first is None:
            return
        after = str(first["PartitionKey"])
        yield after


def lead_row_of(row: Row) -> LeadRow:
    """Return what a lead row tells."""
    if is_fence(row.columns):
        return FencedLead(fence=fence_from_entity(row.columns), etag=row.etag)
    try:
        return StoredLead(lead=entities.lead_from_entity(row.columns), etag=row.etag)
    except entities.NOT_READABLE:
        version = entities.fold_version(row.columns)
        return UnreadableLead(etag=row.etag, fold_version=version)


def touch_of(row: Entity) -> Touch:
    """Return the touch in *row*.

    Raises:
        UnreadableTouch: a hand changed it beyond recognition.
    """
    try:
        return entities.touch_from_entity(row)
    except entities.NOT_READABLE:  # their messages quote the row
        raise UnreadableTouch("a touch row tells no touch any more: mend it by hand") from None


def lead_operations(lead: Lead, *, replaced: LeadRow | None, outdated: set[str]) -> list[Operation]:
    """Return what puts *lead* in place of *replaced*, and of the rows *outdated* in the list."""
    row, recent = entities.lead_to_entity(lead), entities.recent_to_entity(lead)
    gone = sorted(outdated - {recent["RowKey"]})
    return [
        row_operation(row, replaced),
        *(removal(lead.partition, row_key) for row_key in gone),
        ("upsert", recent, {"mode": "replace"}),
    ]


def row_operation(row: dict[str, object], replaced: LeadRow | None) -> Operation:
    """Return what puts the lead row *row* where *replaced* was read."""
    if replaced is None:
        return ("create", row)
    return ("update", row, {"mode": "replace", **if_unchanged(replaced.etag)})
