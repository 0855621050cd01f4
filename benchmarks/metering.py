"""What one piece of work on the tables costs: requests, our CPU time, time on the wall."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from azure.data.tables import TableServiceClient

from benchmarks.customers import RULES
from benchmarks.figures import Figure
from leads import recording
from leads.outcome import Outcome
from leads.settings import StorageConnection
from leads.store import Backoff
from leads.tables import keys
from leads.tables.connection import connect, new_transport, open_table
from leads.tables.lead_store import TableLeadStore

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from azure.data.tables import TableClient

    from leads.model import Touch
    from leads.tables.table import Table

_BACKOFF = Backoff(sleep=time.sleep, random=random.random, clock=time.monotonic)


class NotRecorded(Exception):
    """A touch that must be new was not: something else than a write was measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one piece of work took."""

    requests: int
    cpu_ms: float  # of this thread: the SDK's and ours, not the emulator's
    wall_ms: float


class MeteredTables:
    """The tables behind the client of production, every answer counted."""

    def __init__(self, connection: str) -> None:
        with TableServiceClient.from_connection_string(connection) as service:
            transport = new_transport(service.url)
        transport.session.hooks["response"].append(self._count)
        self._answers = 0
        self._service = connect(
            StorageConnection(connection_string=connection), transport=transport
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._service.close()

    def client(self, name: str) -> TableClient:
        """Return the SDK's client of a table that exists."""
        return self._service.create_table_if_not_exists(name)

    def open(self, name: str) -> Table:
        """Return our table of this name, which exists."""
        self._service.create_table_if_not_exists(name)
        return open_table(self._service, name)

    def store(self, leads: str = keys.LEADS) -> TableLeadStore:
        """Return the store of the table *leads*."""
        return TableLeadStore(leads=self.open(leads), privacy=self.open(keys.PRIVACY))

    def cost(self, work: Callable[[], object]) -> Cost:
        """Do *work* and return what it took."""
        answers, cpu, begun = self._answers, time.thread_time(), time.perf_counter()
        work()
        return Cost(
            requests=self._answers - answers,
            cpu_ms=1_000 * (time.thread_time() - cpu),
            wall_ms=1_000 * (time.perf_counter() - begun),
        )

    def _count(self, *_: object, **__: object) -> None:
        self._answers += 1


def record(touch: Touch, store: TableLeadStore) -> None:
    """Record *touch* as write_lead does, by the settings' defaults.

    Raises:
        NotRecorded: it was there already.
    """
    outcome = recording.record(touch, store=store, rules=RULES, backoff=_BACKOFF)
    if outcome is not Outcome.RECORDED:
        raise NotRecorded(outcome)


def figures(name: str, costs: Sequence[Cost], *, note: str = "") -> list[Figure]:
    """Return the figures of a piece of work that was done several times; *note* is on the time."""
    return [
        Figure(name=f"{name}: requests", rounds=[one.requests for one in costs], unit="requests"),
        Figure(name=f"{name}: CPU", rounds=[one.cpu_ms for one in costs], unit="ms"),
        Figure(name=f"{name}: wall", rounds=[one.wall_ms for one in costs], unit="ms", note=note),
    ]
