"""What tending needs of the tables, in memory and on the real ones, behind one face."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol
from uuid import uuid4

from azure.data.tables import TableServiceClient

from leads.tables.census import TableCensus
from leads.tables.connection import open_table
from leads.tables.dead_letters import TableDeadLetters
from leads.tables.persons import TablePersons
from leads.tables.status import TableStatus
from leads.tables.upkeep_store import TableUpkeepStore
from leads.tending.ports import Census, LetterStore, PersonStore, StatusStore
from leads.tending.status import Status
from leads.upkeep.ports import UpkeepStore
from tests.memory import MemoryStore
from tests.memory_tending import MemoryCensus, MemoryLetters, MemoryPersons, MemoryStatus


class ReadableStatus(StatusStore, Protocol):
    """A StatusStore that can be read, as doctor and the lists read it."""

    def read(self) -> Status | None: ...


@dataclass(frozen=True, kw_only=True)
class TendingBench:
    """The stores under test, over tables that no other test has."""

    store: UpkeepStore
    letters: LetterStore
    persons: PersonStore
    census: Census
    status: ReadableStatus


def memory_bench() -> TendingBench:
    store = MemoryStore()
    return TendingBench(
        store=store,
        letters=MemoryLetters(),
        persons=MemoryPersons(store),
        census=MemoryCensus(store),
        status=MemoryStatus(),
    )


def table_bench(service: TableServiceClient, *, name: str = "") -> TendingBench:
    """Return a bench over tables called *name*, which need not exist yet."""
    name = name or uuid4().hex
    leads = open_table(service, f"Leads{name}")
    privacy = open_table(service, f"LeadPrivacy{name}")
    return TendingBench(
        store=TableUpkeepStore(leads=leads, privacy=privacy),
        letters=TableDeadLetters(open_table(service, f"LeadDeadLetters{name}")),
        persons=TablePersons(privacy),
        census=TableCensus(leads),
        status=TableStatus(open_table(service, f"LeadStatus{name}")),
    )
