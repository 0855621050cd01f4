"""Reading the table Leads for people: what came in last, one lead with its journey, everything.

Whatever can be long is streamed. Values go into queries by parameters only.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

from leads.tables import entities, keys
from leads.tables.lead_store import IN_RANGE, partitions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime

    from leads.tables.limits import Entity
    from leads.tables.table import ReadTable

RECENT_COLUMNS = ("PartitionKey", "RowKey", *entities.RECENT_COLUMNS)


class TableReading:
    """The table Leads as lists, exports and the dashboard read it."""

    def __init__(self, leads: ReadTable, *, known: Callable[[], Iterable[str]] = tuple) -> None:
        """*known* returns offers that need not be looked for, such as those counted before."""
        self._leads = leads
        self._known = known

    def offers(self) -> Iterator[str]:
        """Yield the partition of every offer, in order: one request for each, as for each gap.

        To look only between those that are known is not fewer requests, but lighter ones: a range
        that holds nothing costs Azurite a tenth of one that holds an offer of 100,000 leads.
        """
        last = ""
        for offer in sorted(self._known()):
            yield from partitions(self._leads, after=last, before=offer)
            yield offer
            last = offer
        yield from partitions(self._leads, after=last)

    def recent(
        self,
        offer: str | None = None,
        *,
        since: datetime | None = None,
        after: tuple[str, str] | None = None,
        page: int | None = None,
    ) -> Iterator[Entity]:
        """Yield what lists show of the leads of one offer, or of all, newest first.

        *since*: only leads seen at that time or later. *after*: PartitionKey and RowKey of a row;
        only what follows it in this order. *page*: rows to a request, where not all are wanted.

        Source: DESIGN 4.3.
        """
        start, end = keys.recent_rows_since(since) if since else keys.rows_of_kind(entities.RECENT)
        streams = [
            self._rows(one, (max(start, _beginning(one, after)), end), RECENT_COLUMNS, page=page)
            for one in self._chosen(offer)
        ]
        # A partition lies in this order; together they are merged as far as they are read, and of
        # rows of one time and person, the partition that comes first comes first.
        return heapq.merge(*streams, key=lambda row: str(row["RowKey"]))

    def leads(self, offer: str | None = None) -> Iterator[Entity]:
        """Yield the lead rows of one offer, or of all, with every column; fences left out."""
        for one in self._chosen(offer):
            for row in self._rows(one, keys.rows_of_kind(entities.LEAD), None):
                if row.get("Kind") == entities.LEAD:
                    yield row

    def touches(self, offer: str | None = None) -> Iterator[Entity]:
        """Yield the touch rows of one offer, or of all, with every column."""
        for one in self._chosen(offer):
            yield from self._rows(one, keys.rows_of_kind(entities.TOUCH), None)

    def lead(self, offer: str, lead_key: str) -> Entity | None:
        """Return the row of one lead, or None."""
        row = self._leads.get(offer, keys.lead_row(lead_key))
        return row.columns if row and row.columns.get("Kind") == entities.LEAD else None

    def everywhere(self, lead_key: str) -> Iterator[Entity]:
        """Yield the rows of one person's leads, offer by offer: the key is the same in each."""
        for offer in self.offers():
            if row := self.lead(offer, lead_key):
                yield row

    def journey(
        self, offer: str, lead_key: str, *, columns: tuple[str, ...] | None = None
    ) -> Iterator[Entity]:
        """Yield the touches of one lead, the first one first, with all columns or those named."""
        return self._rows(offer, keys.touch_rows(lead_key), columns)

    def _chosen(self, offer: str | None) -> Iterator[str]:
        return iter([offer.lower()]) if offer is not None else self.offers()

    def _rows(
        self,
        offer: str,
        bounds: tuple[str, str],
        select: tuple[str, ...] | None,
        *,
        page: int | None = None,
    ) -> Iterator[Entity]:
        start, end = bounds
        place = {"partition": offer, "start": start, "end": end}
        return self._leads.query(IN_RANGE, place, select=select, page=page)


def _beginning(offer: str, after: tuple[str, str] | None) -> str:
    """Return the first RowKey of *offer* that can follow the row *after*, in `recent`'s order."""
    if after is None:
        return ""
    partition, row = after
    return row if offer > partition else f"{row}!"  # no RowKey continues another one
