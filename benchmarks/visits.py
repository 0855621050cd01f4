"""What is done to an offer, whatever its size: by the app's own code, and by the bare SDK.

The bare side gets the same answers, and leaves the same rows, with as little as a program needs
that knows before what comes: its filters and rows are made before the clock starts.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any

from azure.core.exceptions import ResourceNotFoundError

from benchmarks.customers import OFFER, UNTIL, journey, rows_of
from benchmarks.metering import record
from leads.tables import entities, keys
from leads.tables.census import COLUMNS, TableCensus
from leads.tables.lead_store import IN_RANGE
from leads.tables.reading import TableReading
from leads.tables.status import TableStatus
from leads.tables.table import if_unchanged, removal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from benchmarks.metering import MeteredTables
    from leads.model import Touch
    from leads.tables.limits import Entity
    from leads.tables.table import Operation

LIST, PAGE, LIST_ALL = "list", "next page", "list of all offers"
NEW, AGAIN, COUNT = "new lead", "returning customer", "count"
_SHOWN = 20
_COLUMNS = ["PartitionKey", "RowKey", *entities.RECENT_COLUMNS]

_PAUSE = timedelta(days=2)  # more than the duplicate window

type Works = Mapping[str, Callable[[], object]]


def newcomers(numbers: range, *, seed: int) -> list[list[Touch]]:
    """Return the first touch of each of the customers *numbers*, alone."""
    return [journey(number, seed=seed)[:1] for number in numbers]


def returners(numbers: range, *, seed: int) -> list[list[Touch]]:
    """Return the touches of customers of the offer, and at last one that it does not know yet."""
    return [_with_another(journey(number, seed=seed)) for number in numbers]


def _with_another(touches: list[Touch]) -> list[Touch]:
    again = replace(touches[-1], delivery_id="again", received_at=UNTIL + _PAUSE)
    return [*touches, again]


class Ours:
    """The app's own code."""

    def __init__(
        self, tables: MeteredTables, *, new: list[list[Touch]], again: list[list[Touch]]
    ) -> None:
        self._leads = TableReading(tables.open(keys.LEADS))
        self._census = TableCensus(tables.open(keys.LEADS))
        self._status = TableStatus(tables.open(keys.STATUS))
        self._store = tables.store()
        self._new, self._again = new, again
        self._begun = [self._begin() for _ in new]

    @property
    def works(self) -> Works:
        """What it does; each write takes another customer, each page another list."""
        return {
            LIST: self._begin,
            PAGE: lambda: _shown(self._begun.pop()),
            LIST_ALL: lambda: _shown(self._leads.recent(page=_SHOWN)),
            NEW: lambda: record(self._new.pop()[-1], self._store),
            AGAIN: lambda: record(self._again.pop()[-1], self._store),
            COUNT: self._count,
        }

    def _begin(self) -> Iterator[Entity]:
        """Take the first page of a list, and return what comes after it."""
        rows = self._leads.recent(OFFER, page=_SHOWN)
        _shown(rows)
        return rows

    def _count(self) -> None:
        status, _ = self._census.count(OFFER, as_of=UNTIL)
        self._status.write_offer(status)


class Bare:
    """The SDK alone."""

    def __init__(
        self, tables: MeteredTables, *, new: list[list[Touch]], again: list[list[Touch]]
    ) -> None:
        self._leads = tables.client(keys.LEADS)
        self._privacy = tables.client(keys.PRIVACY)
        self._new = [rows_of(touches) for touches in new]
        self._again = [(rows_of(touches[:-1]), rows_of(touches)) for touches in again]
        self._start, self._end = keys.rows_of_kind(entities.RECENT)
        *_, last = self._page(self._start)
        self._next = str(last["RowKey"]) + " "  # comes right after it

    @property
    def works(self) -> Works:
        """What it does; each write takes another customer."""
        return {
            LIST: lambda: self._page(self._start),
            PAGE: lambda: self._page(self._next),
            LIST_ALL: self._list_all,
            NEW: self._add,
            AGAIN: self._replace,
            COUNT: self._count,
        }

    def _page(self, start: str) -> list[Entity]:
        bounds = {"partition": OFFER, "start": start, "end": self._end}
        found = self._leads.query_entities(
            IN_RANGE, parameters=bounds, select=_COLUMNS, results_per_page=_SHOWN
        )
        return _shown(iter(found))

    def _list_all(self) -> None:
        for _ in self._offers():
            self._page(self._start)  # the rig has one offer

    def _offers(self) -> Iterator[str]:
        """Yield the offers: the next one is that of the first row after all of the last one."""
        last = ""
        while True:
            rows = self._leads.query_entities(
                "PartitionKey gt @last",
                parameters={"last": last},
                select=["PartitionKey"],
                results_per_page=1,
            )
            first = next(iter(rows), None)
            if first is None:
                return
            last = str(first["PartitionKey"])
            yield last

    def _add(self) -> None:
        touch, lead, recent = self._new.pop()
        with suppress(ResourceNotFoundError):
            self._leads.get_entity(OFFER, lead["RowKey"])
        self._look_for_person(lead)
        rows: list[Operation] = [("create", touch), ("create", lead), _put(recent)]
        self._leads.submit_transaction(rows)

    def _replace(self) -> None:
        (*_, outdated), (*_, touch, lead, recent) = self._again.pop()
        found = self._leads.get_entity(OFFER, lead["RowKey"])
        self._look_for_person(lead)
        self._look_for_duplicate(touch)
        unchanged = {"mode": "replace", **if_unchanged(found.metadata["etag"] or "")}
        rows: list[Operation] = [("create", touch), ("update", lead, unchanged)]
        self._leads.submit_transaction([*rows, removal(OFFER, outdated["RowKey"]), _put(recent)])

    def _look_for_person(self, lead: Entity) -> None:
        with suppress(ResourceNotFoundError):
            self._privacy.get_entity(lead["LeadKey"], keys.PERSON)

    def _look_for_duplicate(self, touch: Entity) -> None:
        bounds: dict[str, Any] = {
            "partition": OFFER,
            "start": touch["RowKey"],
            "end": touch["RowKey"] + "~",
            "fingerprint": touch["Fingerprint"],
        }
        condition = f"{IN_RANGE} and Fingerprint eq @fingerprint"
        list(self._leads.query_entities(condition, parameters=bounds, select=["RowKey"]))

    def _count(self) -> None:
        start, end = keys.rows_of_kind(entities.LEAD)
        bounds = {"partition": OFFER, "start": start, "end": end}
        for _ in self._leads.query_entities(IN_RANGE, parameters=bounds, select=list(COLUMNS)):
            pass


def _shown(rows: Iterator[Entity]) -> list[Entity]:
    return list(islice(rows, _SHOWN))


def _put(row: Entity) -> Operation:
    return ("upsert", row, {"mode": "replace"})
