"""One pass over an offer that puts the rows of each lead side by side."""

from __future__ import annotations

import heapq
from collections import defaultdict
from hashlib import sha256
from itertools import groupby
from typing import TYPE_CHECKING, Any

from leads.errors import UnreadableTouch
from leads.messages import format_time
from leads.model import LeadPlace
from leads.tables import entities, keys
from leads.tables.columns import moment
from leads.tables.lead_store import IN_RANGE, lead_row_of, touch_of
from leads.tables.table import Row
from leads.upkeep.ports import LeadRows, RecentRow

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from leads.tables.limits import Entity
    from leads.tables.table import Table

type _Recents = dict[str, list[RecentRow]]


def survey(table: Table, partition: str) -> Iterator[LeadRows]:
    """Yield the rows of every lead of an offer, then what is listed and has no other row.

    Leads and touches stream past in the order of their keys; of the recent rows, which lie in
    another order, only a digest is kept.
    """
    recents = _recents(table, partition)
    leads = _rows(table, partition, entities.LEAD, select=None)
    touches = _rows(table, partition, entities.TOUCH, select=entities.TOUCH_COLUMNS_TO_FOLD)
    for key, found in groupby(heapq.merge(leads, touches, key=_lead_key), key=_lead_key):
        place = LeadPlace(partition=partition, lead_key=key)
        yield _lead_rows(place, list(found), recents.pop(key, []))
    for key, listed in recents.items():
        place = LeadPlace(partition=partition, lead_key=key)
        yield LeadRows(place=place, row=None, touches=[], recents=listed)


def _lead_rows(place: LeadPlace, rows: Sequence[Row], recents: Sequence[RecentRow]) -> LeadRows:
    row = next((lead_row_of(row) for row in rows if _is_lead_row(row)), None)
    try:
        touches = [touch_of(row.columns) for row in rows if not _is_lead_row(row)]
    except UnreadableTouch:
        return LeadRows(place=place, row=row, touches=[], recents=recents, readable=False)
    return LeadRows(place=place, row=row, touches=touches, recents=recents)


def recent_row_of(row: Entity) -> RecentRow:
    """Return a recent row with a digest that is the same for a row as made and as read."""
    told = sorted((name, _plain(value)) for name, value in row.items())
    return RecentRow(row_key=row["RowKey"], digest=sha256(repr(told).encode()).hexdigest())


def _recents(table: Table, partition: str) -> _Recents:
    recents: _Recents = defaultdict(list)
    for row in _rows(table, partition, entities.RECENT, select=None):
        recent = recent_row_of(row.columns)
        recents[keys.key_of_recent_row(recent.row_key)].append(recent)
    return recents


def _rows(
    table: Table, partition: str, kind: str, *, select: Sequence[str] | None
) -> Iterator[Row]:
    start, end = keys.rows_of_kind(kind)
    bounds = {"partition": partition, "start": start, "end": end}
    wanted = ("RowKey", *select) if select else None
    for columns in table.query(IN_RANGE, bounds, select=wanted):
        yield Row(columns=columns, etag="")  # what is found wrong is read again


def _lead_key(row: Row) -> str:
    return keys.key_of_row(row.columns["RowKey"])


def _is_lead_row(row: Row) -> bool:
    return str(row.columns["RowKey"]).startswith(f"{entities.LEAD}|")


def _plain(value: Any) -> object:  # noqa: ANN401 - any of the Edm types, or the SDK's own for them
    if hasattr(value, "tzinfo"):
        return format_time(moment(value))
    return getattr(value, "value", value)
