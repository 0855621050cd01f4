"""Lets something happen at a storage call, or several programs take turns at theirs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import count, product
from threading import Lock, Thread

from leads.errors import LeadsError
from leads.fold import fold
from leads.model import LeadPlace
from leads.score import DEFAULT_WEIGHTS, score
from leads.store import StoredLead
from leads.tables import keys
from tests.memory import MemoryStore

type Program = Callable[[MemoryStore], object]
type Turns = Sequence[tuple[int, int]]

TO_THE_END = 1_000


class Crash(Exception):
    """The process dies here."""


def crash(*_told: object) -> None:
    raise Crash


def at_call(number: int, happen: Callable[[], object], store: MemoryStore) -> None:
    """Let something happen once, before the storage call of this number."""
    due = len(store.calls) + number

    def before(_call: str) -> None:
        if len(store.calls) == due:
            store.before = _nothing
            happen()

    store.before = before


def at_each_call(
    program: Program, happen: Program, fresh: Callable[[], MemoryStore]
) -> Iterator[MemoryStore]:
    """Run *program* on a fresh store, and *happen* before its first call; then its second; …

    The last round ends undisturbed. Errors end a program as they would in production.
    """
    for number in count(1):
        store = fresh()
        at_call(number, lambda store=store: attempt(happen, store), store)  # type: ignore[misc]
        with suppress(Crash):
            attempt(program, store)
        undisturbed = store.before is not _nothing
        store.before = _nothing
        yield store
        if undisturbed:
            return


def crash_after_each_write(
    program: Program, fresh: Callable[[], MemoryStore]
) -> Iterator[MemoryStore]:
    """Run *program* on a fresh store until its first write is done; then its second; …"""
    for number in count(1):
        store, writes = fresh(), count(1)

        def after(_call: str, writes: Iterator[int] = writes, number: int = number) -> None:
            if next(writes) == number:
                raise Crash

        store.after = after
        died = False
        try:
            attempt(program, store)
        except Crash:
            died = True
        store.after = _nothing
        yield store
        if not died:
            return


def attempt(program: Program, store: MemoryStore) -> object:
    """Return what *program* returns, or the error of ours with which it ended."""
    try:
        return program(store)
    except LeadsError as error:
        return error


def interleave(store: MemoryStore, programs: Sequence[Program], turns: Turns) -> None:
    """Let *programs* take *turns*: whose it is, and how often it goes on to its next call.

    When the turns are over, each runs to its end, the first one first. At every moment each lead
    row tells of its touches, and no touch is told of twice.
    """
    actors = [_Actor(program, store) for program in programs]
    playing = actors[0]
    store.before = lambda _call: playing.halt()
    store.after = lambda _call: assert_each_touch_is_told_once(store)
    for number, steps in [*turns, *((number, TO_THE_END) for number in range(len(actors)))]:
        playing = actors[number % len(actors)]
        for _ in range(steps):
            playing.step()
            if playing.ended:
                break
    store.before = store.after = _nothing
    for actor in actors:
        if isinstance(actor.ended, Exception):
            raise actor.ended


def all_turns(first: int, second: int) -> Iterator[Turns]:
    """Return every way in which the first of two programs halts once, and the other meanwhile.

    They are known to take so many calls.
    """
    for n, m in product(range(1, first + 1), range(1, second + 1)):
        yield [(0, n), (1, m), (0, TO_THE_END)]


def both_ways(first: int, second: int) -> Iterator[Turns]:
    """Return also every way in which the second program halts first."""
    yield from all_turns(first, second)
    for n, m in product(range(1, first + 1), range(1, second + 1)):
        yield [(1, m), (0, n), (1, TO_THE_END)]


def assert_each_touch_is_told_once(store: MemoryStore) -> None:
    told: list[str] = []
    for (partition, key), row in list(store.leads.items()):
        place = LeadPlace(partition=partition, lead_key=key)
        touches = store.touches_of(place)
        if isinstance(row, StoredLead):
            folded = replace(fold(touches), contact_status=row.lead.contact_status)
            assert replace(folded, score=score(folded, DEFAULT_WEIGHTS)) == row.lead
            told += map(keys.touch_row, touches)
    assert len(told) == len(set(told))
    rows = {(partition, touch.identity.lead_key) for (partition, _), touch in store.touches.items()}
    assert rows <= store.leads.keys()


class _Actor(Thread):
    """A program that runs only when it is told to, and halts before each storage call."""

    def __init__(self, program: Program, store: MemoryStore) -> None:
        super().__init__(daemon=True)
        self.ended: bool | Exception = False
        self._program, self._store = program, store
        self._go, self._halted = Lock(), Lock()  # semaphores are written in Python, so slower
        self._go.acquire()
        self._halted.acquire()
        self.start()

    def run(self) -> None:
        self._go.acquire()
        try:
            attempt(self._program, self._store)
            self.ended = True
        except Exception as error:  # noqa: BLE001 - raised where the test sees it
            self.ended = error
        self._halted.release()

    def step(self) -> None:
        if not self.ended:
            self._go.release()
            self._halted.acquire()

    def halt(self) -> None:
        self._halted.release()
        self._go.acquire()


def _nothing(_call: str) -> None:
    pass
