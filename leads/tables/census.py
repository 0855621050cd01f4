"""Passes over the table Leads that need only a few columns: to count, to find what is silent."""

from __future__ import annotations

from collections import Counter
from itertools import accumulate
from typing import TYPE_CHECKING

from leads.errors import CountBrokenOff
from leads.model import ContactStatus, LeadPlace, Stage
from leads.statistics import Statistics, periods
from leads.tables import entities, keys
from leads.tables.columns import moment
from leads.tables.fences import fence_from_entity, is_fence
from leads.tables.lead_store import IN_RANGE
from leads.tables.limits import cut_to
from leads.tending.status import OfferStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from leads.tables.limits import Entity
    from leads.tables.table import ReadTable
    from leads.tending.ports import Bounds, Fenced

_TEXTS = ("Stage", "ContactStatus", "LeadSource", "Actions", "CountryCode", "Campaign")
COLUMNS = (
    "RowKey", "Kind", "IsTest", "FirstSeen", "LastSeen", "Since", "Through", "MovedTo", *_TEXTS,
)  # fmt: skip


class TableCensus:
    """The Census of tending/ports.py on Azure Tables."""

    def __init__(self, leads: ReadTable) -> None:
        self._leads = leads

    def count(
        self, partition: str, *, as_of: datetime, bounds: Bounds | None = None
    ) -> tuple[OfferStatus, Sequence[Fenced]]:
        """Return what stands in an offer, and the lead rows that tell of no lead.

        Raises:
            CountBrokenOff: the time was over before the offer was.
        """
        start, end = keys.rows_of_kind(entities.LEAD)
        place = {"partition": partition, "start": start, "end": end}
        tally, fenced = _Tally(partition, as_of), []
        for row in self._leads.query(IN_RANGE, place, select=COLUMNS):
            if bounds and bounds.reached:
                raise CountBrokenOff("an offer has more leads than can be counted in one run")
            if is_fence(row):
                lead_key = keys.key_of_row(row["RowKey"])
                found = LeadPlace(partition=partition, lead_key=lead_key)
                fenced.append((found, fence_from_entity(row)))
            else:
                tally.add(row)
        return tally.status(), fenced

    def silent(self, partition: str, *, before: datetime) -> Iterator[tuple[LeadPlace, str]]:
        """Yield the leads last seen before *before*, each with the RowKey that lists it."""
        start, end = keys.recent_rows_before(before)
        bounds = {"partition": partition, "start": start, "end": end}
        for row in self._leads.query(IN_RANGE, bounds, select=("RowKey",)):
            key = keys.key_of_recent_row(row["RowKey"])
            yield LeadPlace(partition=partition, lead_key=key), row["RowKey"]


class _Tally:
    """Counts lead rows as teams see them: what somebody edited beyond recognition is left out."""

    def __init__(self, partition: str, as_of: datetime) -> None:
        self._partition, self._as_of = partition, as_of
        self._statistics = _PeriodTally(partition, as_of)
        self._stages: Counter[str] = Counter()
        self._contact: Counter[str] = Counter()
        self._seen: dict[bool, datetime] = {}
        self._tests = 0

    def add(self, row: Entity) -> None:
        """Count a lead row."""
        is_test = row.get("IsTest") is True
        if seen_at := _moment(row.get("LastSeen")):
            self._seen[is_test] = max(self._seen.get(is_test, seen_at), seen_at)
        self._statistics.add(row)
        if is_test:
            self._tests += 1
            return
        self._stages[_known(row.get("Stage"), Stage, Stage.UNKNOWN)] += 1
        status = _known(row.get("ContactStatus"), ContactStatus, ContactStatus.DO_NOT_CONTACT)
        self._contact[status] += 1

    def status(self) -> OfferStatus:
        """Return what was counted."""
        return OfferStatus(
            partition=self._partition,
            as_of=self._as_of,
            stages={stage.value: self._stages[stage] for stage in Stage},
            contact={status.value: self._contact[status] for status in ContactStatus},
            tests=self._tests,
            last_real_at=self._seen.get(False),
            last_test_at=self._seen.get(True),
            statistics=self._statistics.by_period(),
        )


class _PeriodTally:
    """Counts a lead row once, in the shortest period that it lies in: each lies in the next one.

    The numbers are those that `stats` finds in the recent rows (DESIGN 4.3).
    """

    def __init__(self, partition: str, as_of: datetime) -> None:
        self._partition = partition
        self._names = list(periods(as_of))
        self._parts = [Statistics(since) for since in periods(as_of).values()]

    def add(self, row: Entity) -> None:
        """Count a lead row; one that is older than all periods costs next to nothing."""
        seen_at = _moment(row.get("FirstSeen"))
        if seen_at is None or seen_at < self._parts[-1].since:
            return
        texts = {column: _as_listed(row.get(column)) for column in _TEXTS}
        told = {"PartitionKey": self._partition, "IsTest": row.get("IsTest"), "FirstSeen": seen_at}
        part = next(part for part in self._parts if seen_at >= part.since)
        part.count(told | texts)

    def by_period(self) -> dict[str, Statistics]:
        """Return what was counted in each period."""
        return dict(zip(self._names, accumulate(self._parts), strict=True))


def _as_listed(value: object) -> object:
    """Return *value* as the recent row has it: of a text no more than its beginning."""
    if not isinstance(value, str):
        return value
    short = value[: entities.RECENT_UNITS]  # no text has more characters than units
    if short.isascii():
        return short
    # A hand may have typed half of an emoji, which cannot be cut.
    whole = short.encode("utf-16-le", "replace").decode("utf-16-le")
    return cut_to(whole, entities.RECENT_UNITS)


def _moment(value: object) -> datetime | None:
    """Return the time that *value* tells, if it tells one: a hand may have typed it."""
    try:
        return moment(value)
    except (AttributeError, TypeError, ValueError):
        return None


def _known[T: (Stage, ContactStatus)](value: object, kinds: Iterable[T], otherwise: T) -> T:
    """Return the member that *value* names; the careful one where somebody typed another."""
    return next((kind for kind in kinds if kind == value), otherwise)
