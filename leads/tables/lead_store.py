"""The table Leads as recording needs it, and the person's row of LeadPrivacy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leads.errors import CommitConflict
from leads.model import Person
from leads.recording import Sighting, StoredLead, UnreadableLead
from leads.tables import entities, keys
from leads.tables.columns import moment
from leads.tables.table import if_unchanged

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from leads.model import Identity, Lead, Touch
    from leads.tables.table import Operation, Table

_IN_RANGE = "PartitionKey eq @partition and RowKey ge @start and RowKey lt @end"


class TableLeadStore:
    """The LeadStore of recording.py on Azure Tables."""

    def __init__(self, *, leads: Table, privacy: Table) -> None:
        self._leads = leads
        self._privacy = privacy

    def read_lead(self, identity: Identity) -> StoredLead | UnreadableLead | None:
        """Return the lead row, or None."""
        row = self._leads.get(identity.partition, keys.lead_row(identity.lead_key))
        if row is None:
            return None
        fenced = row.columns.get("Kind") == entities.ERASING
        try:
            lead = entities.lead_from_entity(row.columns)
        except entities.NOT_READABLE:
            version = entities.fold_version(row.columns)
            return UnreadableLead(etag=row.etag, fold_version=version, fenced=fenced)
        return StoredLead(lead=lead, etag=row.etag, fenced=fenced)

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
            f"{_IN_RANGE} and Fingerprint eq @fingerprint",
            {
                "partition": identity.partition,
                "start": start,
                "end": end,
                "fingerprint": identity.fingerprint,
            },
            select=("DeliveryId", "ReceivedAt"),
        )
        return [
            Sighting(delivery_id=row["DeliveryId"], received_at=moment(row["ReceivedAt"]))
            for row in rows
        ]

    def read_touches(self, identity: Identity) -> Iterator[Touch]:
        """Yield all touches of the lead, without their payloads."""
        start, end = keys.touch_rows(identity.lead_key)
        rows = self._leads.query(
            _IN_RANGE,
            {"partition": identity.partition, "start": start, "end": end},
            select=entities.TOUCH_COLUMNS_TO_FOLD,
        )
        return (entities.touch_from_entity(row) for row in rows)

    def commit(self, touch: Touch, lead: Lead, *, previous: StoredLead | None) -> None:
        """Create the touch and create or replace its lead and recent row, all or nothing.

        Raises:
            CommitConflict: somebody was faster, or nobody can tell whether it was written.

        Source: DESIGN 5.3. The touch stands first, so that a touch recorded before is what fails.
        """
        operations = self._operations(touch, lead, previous)
        try:
            self._leads.transact(operations)
        except CommitConflict as conflict:
            if conflict.missing_at is None or operations[conflict.missing_at][0] != "delete":
                raise
            # Somebody removed a recent row by hand: that must not stop the lead for ever.
            self._leads.transact([entry for entry in operations if entry[0] != "delete"])

    def _operations(self, touch: Touch, lead: Lead, previous: StoredLead | None) -> list[Operation]:
        row, recent = entities.lead_to_entity(lead), entities.recent_to_entity(lead)
        operations: list[Operation] = [("create", entities.touch_to_entity(touch))]
        if previous is None:
            operations.append(("create", row))
        else:
            operations.append(("update", row, {"mode": "replace", **if_unchanged(previous.etag)}))
            outdated = keys.recent_row(previous.lead)
            if outdated != recent["RowKey"]:
                place = {"PartitionKey": lead.partition, "RowKey": outdated}
                operations.append(("delete", place))
        operations.append(("upsert", recent, {"mode": "replace"}))
        return operations
