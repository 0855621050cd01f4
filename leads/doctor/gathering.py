"""Look at everything once, whatever of it cannot be looked at. Pure: storage comes by ports."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from leads.doctor.facts import Facts, LetterFacts, QueueFacts, TableFacts, Unseen
from leads.errors import without_message
from leads.letters import LetterState
from leads.names import POISON_QUEUES, QUEUES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from leads.settings import Settings
    from leads.tending.ports import LetterStore, QueuedMessage
    from leads.tending.status import OfferStatus, Status


class Tables(Protocol):
    """The tables, for who creates and repeats nothing."""

    def missing(self) -> Sequence[str]:
        """Return the names of those that do not exist yet."""

    def probe(self) -> datetime:
        """Write, read and remove a row; return when storage says that it was written."""


class ProbedQueue(Protocol):
    """A queue whose rights can be tried; one that is missing is empty."""

    @property
    def name(self) -> str:
        """Its name."""

    def depth(self) -> int:
        """Return about how many messages it holds, those that are being processed among them."""

    def peek(self) -> list[QueuedMessage]:
        """Return the first messages that are not being processed, and leave them alone."""

    def exists(self) -> bool:
        """Tell whether it does; creates nothing."""

    def probe(self) -> None:
        """Put a message that nobody sees, and delete it."""


class ProbedQueues(Protocol):
    """The queues of the storage account."""

    def open(self, name: str) -> ProbedQueue:
        """Return the queue of this name."""


class StatusReader(Protocol):
    """The table LeadStatus."""

    def read(self) -> Status | None:
        """Return the state of the pipeline as tending last wrote it."""

    def offers(self) -> Mapping[str, OfferStatus]:
        """Return the counts of all offers, as they were last written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DoctorPorts:
    """What doctor looks at; tables and queues answer soon or never."""

    tables: Tables
    queues: ProbedQueues
    letters: LetterStore
    status: StatusReader


def gather(
    open_ports: Callable[[], DoctorPorts],
    *,
    settings: Settings,
    host_json: str | None,
    clock: Callable[[], datetime],
) -> Facts:
    """Return what can be seen; what cannot says why."""
    ports = _look(open_ports)
    return Facts(
        now=clock(),
        max_age=settings.max_age,
        setting_faults=settings.faults,
        setting_doubts=settings.doubts,
        host_json=host_json,
        tables=ports if isinstance(ports, Unseen) else _tables(ports, clock),
        queues=ports if isinstance(ports, Unseen) else _queues(ports),
    )


def _tables(ports: DoctorPorts, clock: Callable[[], datetime]) -> TableFacts | Unseen:
    missing = _look_twice(ports.tables.missing)
    if isinstance(missing, Unseen):
        return missing  # every other look would only wait for the same
    return TableFacts(
        missing=missing,
        skew=_look_twice(lambda: _skew(ports.tables, clock)),
        status=_look(ports.status.read),
        offers=_look(ports.status.offers),
        letters=_look(lambda: _letters(ports.letters)),
    )


def _queues(ports: DoctorPorts) -> Sequence[QueueFacts] | Unseen:
    first = _look_twice(ports.queues.open(QUEUES[0]).exists)
    if isinstance(first, Unseen):
        return first
    return _look_twice(
        lambda: [_queue(ports.queues.open(name)) for name in (*QUEUES, *POISON_QUEUES)]
    )


def _look[T](call: Callable[[], T]) -> T | Unseen:
    try:
        return call()
    except Exception as error:  # noqa: BLE001 - a fault of one thing must not hide the others
        return Unseen(cause=str(without_message(error)))


def _look_twice[T](call: Callable[[], T]) -> T | Unseen:
    """Look again after a fault: these clients repeat nothing, and one lost request is no news."""
    seen = _look(call)
    return _look(call) if isinstance(seen, Unseen) else seen


def _skew(tables: Tables, clock: Callable[[], datetime]) -> timedelta:
    """Return by how much the time of storage lies outside the time that asking took."""
    begun = clock()
    stamped = tables.probe()
    ended = clock()
    if stamped > ended:
        return stamped - ended
    return min(stamped - begun, timedelta())


def _queue(queue: ProbedQueue) -> QueueFacts:
    exists = queue.exists()
    heads = queue.peek()
    return QueueFacts(
        name=queue.name,
        exists=exists,
        depth=queue.depth(),
        oldest_at=min((message.inserted_at for message in heads), default=None),
        expires_at=min((message.expires_at for message in heads), default=None),
        unencoded=sum(not message.encoded for message in heads),
        refused=_refused(queue) if exists and queue.name in QUEUES else None,
    )


def _refused(queue: ProbedQueue) -> Unseen | None:
    tried = _look(queue.probe)
    return tried if isinstance(tried, Unseen) else None


def _letters(letters: LetterStore) -> LetterFacts:
    return LetterFacts(
        parked=list(letters.find(state=LetterState.PARKED)),
        redriven=sum(1 for _ in letters.find(state=LetterState.REDRIVEN)),
    )
