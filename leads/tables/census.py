"""Passes over the table Leads that need only a few columns: to count, to find what is silent."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from leads.model import ContactStatus, LeadPlace, Stage
from leads.tables import entities, keys
from leads.tables.columns import moment
from leads.tables.fences import fence_from_entity, is_fence
from leads.tables.lead_store import IN_RANGE
from leads.tending.status import OfferStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from leads.tables.limits import Entity
    from leads.tables.table import Table
    from leads.tending.ports import Fenced

_COLUMNS = (
    "RowKey", "Kind", "Stage", "ContactStatus", "IsTest", "LastSeen", "Since", "Through", "MovedTo",
)  # fmt: skip


class TableCensus:
    """The Census of tending/ports.py on Azure Tables."""

    def __init__(self, leads: Table) -> None:
        self._leads = leads

    def count(self, partition: str, *, as_of: datetime) -> tuple[OfferStatus, Sequence[Fenced]]:
        """Return what stands in an offer, and the lead rows that tell of no lead."""
        start, end = keys.rows_of_kind(entities.LEAD)
        bounds = {"partition": partition, "start": start, "end": end}
        tally, fenced = _Tally(), []
        for row in self._leads.query(IN_RANGE, bounds, select=_COLUMNS):
            if is_fence(row):
                place = LeadPlace(partition=partition, lead_key=keys.key_of_row(row["RowKey"]))
                fenced.append((place, fence_from_entity(row)))
            else:
                tally.add(row)
        return tally.status(partition, as_of=as_of), fenced

    def silent(self, partition: str, *, before: datetime) -> Iterator[tuple[LeadPlace, str]]:
        """Yield the leads last seen before *before*, each with the RowKey that lists it."""
        start, end = keys.recent_rows_before(before)
        bounds = {"partition": partition, "start": start, "end": end}
        for row in self._leads.query(IN_RANGE, bounds, select=("RowKey",)):
            key = keys.key_of_recent_row(row["RowKey"])
            yield LeadPlace(partition=partition, lead_key=key), row["RowKey"]


class _Tally:
    """Counts lead rows as teams see them: what somebody edited beyond recognition is left out."""

    def __init__(self) -> None:
        self._stages: Counter[str] = Counter()
        self._contact: Counter[str] = Counter()
        self._seen: dict[bool, datetime] = {}
        self._tests = 0

    def add(self, row: Entity) -> None:
        """Count a lead row."""
        is_test = row.get("IsTest") is True
        if seen_at := _moment(row.get("LastSeen")):
            self._seen[is_test] = max(self._seen.get(is_test, seen_at), seen_at)
        if is_test:
            self._tests += 1
            return
        self._stages[_known(row.get("Stage"), Stage, Stage.UNKNOWN)] += 1
        status = _known(row.get("ContactStatus"), ContactStatus, ContactStatus.DO_NOT_CONTACT)
        self._contact[status] += 1

    def status(self, partition: str, *, as_of: datetime) -> OfferStatus:
        """Return what was counted."""
        return OfferStatus(
            partition=partition,
            as_of=as_of,
            stages={stage.value: self._stages[stage] for stage in Stage},
            contact={status.value: self._contact[status] for status in ContactStatus},
            tests=self._tests,
            last_real_at=self._seen.get(False),
            last_test_at=self._seen.get(True),
        )


def _moment(value: object) -> datetime | None:
    """Return the time that *value* tells, if it tells one: a hand may have typed it."""
    try:
        return moment(value)
    except (AttributeError, TypeError, ValueError):
        return None


def _known[T: (Stage, ContactStatus)](value: object, kinds: Iterable[T], otherwise: T) -> T:
    """Return the member that *value* names; the careful one where somebody typed another."""
    return next((kind for kind in kinds if kind == value), otherwise)
