"""What the tables tell of a person who may have come before (see migration/sought.py).

One small range of rows for each question, and of each row no more than tells what was said.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from leads.migration.past_leads import said_by
from leads.migration.sought import Seen
from leads.model import Submission
from leads.store import FencedLead
from leads.tables import keys
from leads.tables.columns import CONTACT_COLUMNS, contact_from, text
from leads.tables.entities import NOT_READABLE
from leads.tables.lead_store import IN_RANGE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from leads.model import Located
    from leads.tables.lead_store import TableLeadStore
    from leads.tables.limits import Entity
    from leads.tables.table import Table

_COLUMNS = ("RowKey", "DeliveryId", "Source", "Action", "Description", *CONTACT_COLUMNS)


class TablePastTouches:
    """The tables Leads and LeadPrivacy, as an import and a reconciliation ask them."""

    def __init__(self, leads: Table, store: TableLeadStore) -> None:
        self._leads = leads
        self._store = store

    def near(
        self, place: Located, *, after: datetime | None, before: datetime | None
    ) -> Iterator[Seen]:
        """Yield the touches of a lead, received strictly between the two where they are given."""
        start, end = keys.touch_rows(place.lead_key)
        if after:
            start = f"{start}{keys.milliseconds(max(after, keys.EPOCH)) + 1:013d}"
        if before:
            end = f"{keys.touch_rows(place.lead_key)[0]}{keys.milliseconds(before):013d}"
        bounds = {"partition": place.partition, "start": start, "end": end}
        for row in self._leads.query(IN_RANGE, bounds, select=_COLUMNS):
            yield _seen(row)

    def moved_to(self, place: Located) -> str:
        """Return the partition that a lead was moved to, or an empty text."""
        found = self._store.read_lead(place)
        return found.fence.to if isinstance(found, FencedLead) else ""

    def erased_at(self, lead_key: str) -> datetime | None:
        """Return when the person was erased last."""
        return self._store.read_person(lead_key).erased_at


def _seen(row: Entity) -> Seen:
    return Seen(
        delivery_id=str(row.get("DeliveryId", "")),
        received_at=keys.time_of_touch_row(row["RowKey"]),
        said=_said(row),
    )


def _said(row: Entity) -> str:
    """Return what was said; nothing where a hand changed the row beyond recognition."""
    try:
        said = Submission(
            contact=contact_from(row),
            source=text(row, "Source"),
            action=text(row, "Action"),
            description=text(row, "Description"),
        )
    except NOT_READABLE:
        return ""
    return said_by(said)
