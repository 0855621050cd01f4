"""The whole pipeline in memory, with a clock: what tending is tried on.

Every call to storage passes `before` and `after`, so that a test can put the end of the process, an
outage or a second run there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count

from leads.errors import LeadsError, StorageUnavailable
from leads.letters import LetterState, StoredLetter
from leads.model import Lead, LeadPlace
from leads.names import ENRICHED, POISON, QUEUES, RECEIVED, REJECTED
from leads.outcome import Outcome
from leads.pipeline.bury import bury
from leads.pipeline.enrich import enrich
from leads.pipeline.stage import LAST_ATTEMPT, Step
from leads.pipeline.write import write
from leads.rejections import DeadLetter
from leads.store import StoredLead
from leads.tending.ports import Bounds, TendPorts
from tests.memory import MemoryStore
from tests.memory_tending import (
    MemoryCensus,
    MemoryLetters,
    MemoryPersons,
    MemoryQueue,
    MemoryQueues,
    MemoryStatus,
)
from tests.unit.factories import START, ports, received, tools

SOON = timedelta(minutes=10)
"""After it, whatever a broken-off run took is there again."""

type Happening = Callable[[str], object]


class Killed(BaseException):
    """The process ends here: no `except Exception` may see it."""


class World:
    """Storage, a clock, the app, and what tending needs."""

    def __init__(
        self, *, aliases: Mapping[str, str] | None = None, retention: timedelta | None = None
    ) -> None:
        self.now = START
        self.aliases = aliases or {}
        self.retention = retention
        self.calls: list[str] = []
        self.down: set[str] = set()  # calls that fail
        self.before: Happening = _nothing
        self.after: Happening = _nothing
        hooks = Hooks(before=self._enter, after=lambda call: _call(self.after, call))
        self.store = MemoryStore(before=hooks.before, after=hooks.after)
        self.queues = MemoryQueues(lambda: self.now, before=hooks.before, after=hooks.after)
        self.letters = MemoryLetters(before=hooks.before, after=hooks.after)
        self.persons = MemoryPersons(self.store, before=hooks.before, after=hooks.after)
        self.census = MemoryCensus(self.store, before=hooks.before)
        self.status = MemoryStatus(before=hooks.before)
        self.outcomes: list[Outcome] = []
        self.disturbed = False

    @property
    def ports(self) -> TendPorts:
        return TendPorts(
            tools=tools(self.store),
            queues=self.queues,
            letters=self.letters,
            persons=self.persons,
            census=self.census,
            status=self.status,
            aliases=self.aliases,
            retention=self.retention,
        )

    @property
    def bounds(self) -> Bounds:
        """Return the bounds of a run that has all the time that it needs."""
        return Bounds(now=self.now, clock=lambda: 0.0, ends_at=1.0)

    def bounds_of(self, pieces: int) -> Bounds:
        """Return the bounds of a run that may begin so many pieces of work."""
        asked = count()
        return Bounds(now=self.now, clock=lambda: float(next(asked)), ends_at=float(pieces))

    def pass_by(self, **time: float) -> None:
        """Let so much time go by, as timedelta takes it."""
        self.now += timedelta(**time)

    def queue(self, name: str) -> MemoryQueue:
        return self.queues.open(name)

    def post(self, text: str = "", *, delivery_id: str = "d-1") -> None:
        """Queue what the door makes of a payload, as its binding does."""
        body = received(text, delivery_id=delivery_id, after=self.now - START)
        self.queue(RECEIVED).put(body)

    def bury(self, letter: DeadLetter) -> StoredLetter:
        self.letters.bury(letter, now=self.now)
        return self.letter(letter)

    def letter(self, letter: DeadLetter) -> StoredLetter:
        """Return *letter* as it stands in the table."""
        found = self.letters.read(letter.stage, letter.key, letter.redrives)
        assert found is not None
        return found

    def change(self, letter: StoredLetter, **changes: object) -> StoredLetter:
        """Do what somebody else does with a letter."""
        self.letters.change(replace(letter, **changes))  # type: ignore[arg-type]
        return self.letter(letter.letter)

    def all_letters(self) -> dict[str, StoredLetter]:
        """Return the letters by what a person names them."""
        return {letter.id: letter for letter in self.letters.find()}

    def states(self) -> dict[str, LetterState]:
        return {name: letter.state for name, letter in self.all_letters().items()}

    def leads(self) -> list[Lead]:
        return [row.lead for row in self.store.leads.values() if isinstance(row, StoredLead)]

    def bodies(self, name: str) -> list[bytes]:
        """Return what is in a queue, hidden or not."""
        return [message.body for message in self.queue(name).messages.values()]

    def run_app(self) -> None:
        """Let the app read its queues until they are empty; what fails has no attempt left."""
        stages: dict[str, Callable[[bytes], Step]] = {
            RECEIVED: self._enrich,
            ENRICHED: self._write,
            REJECTED: lambda body: bury(body, letters=self.letters, now=self.now),
        }
        while any(self._read(self.queue(name), stages[name]) for name in QUEUES):
            pass

    def rows(self) -> dict[str, object]:
        """Return all rows but for ETags and for what tells when tending looked."""
        letters = {
            f"letter {place}": {k: v for k, v in row.items() if k != "BuriedAt"}
            for place, (row, _) in self.letters.rows.items()
        }
        return self.store.rows() | letters

    def _read(self, queue: MemoryQueue, stage: Callable[[bytes], Step]) -> bool:
        messages = queue.take(16, invisible=SOON)
        for message in messages:
            step = None
            with suppress(LeadsError):
                step = stage(message.body)
            if step is None:
                self.queue(queue.name + POISON).put(message.body)
            else:
                self._send(step)
            queue.remove(message)
        return bool(messages)

    def _send(self, step: Step) -> None:
        self.outcomes.append(step.outcome)
        if step.enriched:
            self.queue(ENRICHED).put(step.enriched)
        if step.rejected:
            self.queue(REJECTED).put(step.rejected)

    def _enrich(self, body: bytes) -> Step:
        return enrich(
            body, attempt=LAST_ATTEMPT, open_ports=lambda: ports(self.store), now=self.now
        )

    def _write(self, body: bytes) -> Step:
        return write(body, attempt=LAST_ATTEMPT, open_ports=lambda: ports(self.store), now=self.now)

    def _enter(self, call: str) -> None:
        self.calls.append(call)
        if call in self.down:
            raise StorageUnavailable(f"{call}: 503")
        _call(self.before, call)


@dataclass(frozen=True)
class Hooks:
    """What every fake is given."""

    before: Callable[[str], None]
    after: Callable[[str], None]


@dataclass
class Events:
    """Counts the moments before and after each call, and lets something happen at one of them."""

    due: int
    happen: Callable[[], object]
    passed: int = field(default=0)

    @property
    def fired(self) -> bool:
        return self.passed >= self.due

    def __call__(self, _call: str) -> None:
        self.passed += 1
        if self.passed == self.due:
            self.happen()


def at_each_moment(
    fresh: Callable[[], World],
    program: Callable[[World], object],
    happen: Callable[[World], object],
    *,
    every: int = 1,
) -> Iterator[World]:
    """Run *program* in a fresh world, and *happen* at its first call; then at its second; …

    Before the call and after it are two moments. The last round ends undisturbed. *every*: where
    there are many, only so many are tried.
    """
    for number in count(1, every):
        world = fresh()
        events = Events(number, lambda world=world: happen(world))  # type: ignore[misc]
        world.before = world.after = events
        with suppress(Killed):
            program(world)
        world.before = world.after = _nothing
        world.disturbed = events.fired
        yield world
        if not world.disturbed:
            return


def killed_at_each_moment(
    fresh: Callable[[], World], program: Callable[[World], object], *, every: int = 1
) -> Iterator[World]:
    """Run *program* to its first moment, where the process ends, and again; then its second; …"""
    for world in at_each_moment(fresh, program, kill, every=every):
        world.pass_by(minutes=10)
        program(world)
        yield world


def place_of(lead: Lead) -> LeadPlace:
    return LeadPlace(partition=lead.partition, lead_key=lead.lead_key)


def kill(_world: World) -> None:
    raise Killed


def _call(happening: Happening, call: str) -> None:
    happening(call)


def _nothing(_call: str) -> None:
    pass
