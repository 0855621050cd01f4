"""What is new in the lists of leads since the last look. Pure.

A list lies sorted by when somebody was last heard of, which is not when the row was written: a lead
may reach the table late, after one that came after it. So every look reads the newest leads again
and compares.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

type Row = Mapping[str, Any]

NEWEST = 100
"""Leads of an offer that every look compares, however long ago they came."""
LATE = timedelta(minutes=15)
"""How far back every look compares at least: a queue keeps trying for ten minutes."""
_OF_THE_CODE = frozenset({"FoldVersion", "Fit", "Intent", "ScoreReasons", "ScoreVersion"})
_ROUND = 12
"""Looks in which all offers are asked for once, so that new ones are found."""


class LeadLists(Protocol):
    """The table Leads, as far as it is watched (tables/reading.py)."""

    def offers(self) -> Iterator[str]:
        """Yield the partition of every offer, in order: one request for each."""

    def recent(
        self, offer: str, *, since: datetime | None = None, page: int | None = None
    ) -> Iterator[Row]:
        """Yield the rows that list the leads of an offer seen at *since* or later, newest first."""


@dataclass(slots=True)
class Window:
    """The leads of one offer last heard of at *since* or later, as they were at the last look."""

    since: datetime | None = None  # None: all leads
    known: dict[str, Row] = field(default_factory=dict)

    def news(self, rows: Sequence[Row]) -> list[Row]:
        """Return which of *rows* are new or say something new, and move on to them.

        *rows* are all that the offer has since `since`, newest first.
        """
        before, self.known = self.known, {row["RowKey"]: _said(row) for row in rows}
        if begins := beginning(rows):
            self.since = max(self.since or begins, begins)
        return [row for row in rows if before.get(row["RowKey"]) != _said(row)]


@dataclass(slots=True)
class Watch:
    """The offers that are watched: *only* one, or all, with those that appear meanwhile.

    *survived* makes a context for every request; an error inside ends that request and no more.
    """

    lists: LeadLists
    survived: Callable[[], AbstractContextManager[None]]
    only: str | None = None
    windows: dict[str, Window] = field(default_factory=dict)
    _walk: Iterator[str] | None = None

    def begin(self, since: datetime | None = None) -> list[Row]:
        """Look at what there is; return the leads seen at *since* or later, oldest first.

        Errors get out of it: a watch that cannot begin should not wait for better times.
        """
        found: list[Row] = []
        for offer in [self.only] if self.only else list(self.lists.offers()):
            newest = list(islice(self.lists.recent(offer, page=NEWEST), NEWEST))
            window = self.windows[offer] = Window(beginning(newest))
            reach = window.since and min(window.since, since or window.since)
            found += window.news(list(self.lists.recent(offer, since=reach)))
        return _oldest_first(row for row in found if since and (_seen(row) or since) >= since)

    def look(self) -> list[Row]:
        """Return the leads that are new or changed since the last look, oldest first."""
        with self.survived():
            self._find_offers()
        found: list[Row] = []
        for offer, window in self.windows.items():
            with self.survived():
                found += window.news(list(self.lists.recent(offer, since=window.since)))
        return _oldest_first(found)

    def _find_offers(self) -> None:
        """Ask for a few more offers: to ask for all at every look would double the requests."""
        if self.only:
            return
        walk, self._walk = self._walk or self.lists.offers(), None  # None: it may fail now
        wanted = 1 + len(self.windows) // _ROUND
        met = list(islice(walk, wanted))
        for offer in met:
            self.windows.setdefault(offer, Window())  # knows nothing: all of it is new
        self._walk = walk if len(met) == wanted else None


def beginning(rows: Sequence[Row]) -> datetime | None:
    """Return since when *rows* must be compared, newest first; None: all of them."""
    seen = [moment for row in rows[:NEWEST] if (moment := _seen(row))]
    return min(*seen, max(seen) - LATE) if seen and len(rows) >= NEWEST else None


def _oldest_first(rows: Iterable[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: str(row["RowKey"]), reverse=True)


def _said(row: Row) -> Row:
    """Return what *row* says of the lead: who folded it says nothing, and a score only follows."""
    return {name: value for name, value in row.items() if name not in _OF_THE_CODE}


def _seen(row: Row) -> datetime | None:
    moment = row.get("LastSeen")
    return moment if isinstance(moment, datetime) else None  # a hand may have typed it
