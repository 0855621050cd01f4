"""The wire to storage: every call passes here, and here the model breaks it off.

A moment lies before each call, and another after each call that writes. Whatever may happen to a
process at any time happens at one of its moments.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum

from leads.errors import CommitConflict, StorageUnavailable


class Crash(BaseException):
    """The process dies here; no `except Exception` knows of it."""


class Event(StrEnum):
    """What happens in the middle of something else."""

    CRASH = "crash"
    FAILURE = "failure"  # of this call; after it: it was done, and its answer is lost
    SAME = "same message"  # its time ran out, so somebody else works on it, from end to end
    OTHER = "other message"
    TEND = "tend"
    FORGET = "forget"
    OBJECT = "object"
    REBUILD = "rebuild"
    MERGE = "merge"


@dataclass(frozen=True)
class Interruption:
    """What happens at which moment, of any call or of one; *number* chooses whom it concerns.

    Where the event is something that others do, they crash themselves at their moment *crash_at*.
    """

    at: int
    event: Event
    number: int = 0
    call: str = ""
    crash_at: int | None = None

    @property
    def inner(self) -> Interruption | None:
        """What interrupts the others."""
        return None if self.crash_at is None else Interruption(self.crash_at, Event.CRASH)


@dataclass
class Wire:
    """Where processes end, answers are lost, and others come in between."""

    meanwhile: Callable[[Interruption], None]
    """Lets others do something, from end to end or until they crash."""

    tables_are_down: bool = False
    depth: int = 0  # how many processes are at work, one in the middle of the other
    _interruption: Interruption | None = None
    _moments: int = 0

    @contextmanager
    def interrupted(self, interruption: Interruption | None) -> Iterator[None]:
        """Let *interruption* happen to what is done inside; a crash ends it without a word."""
        outer = self._interruption, self._moments
        self._interruption, self._moments = interruption, 0
        self.depth += 1
        try:
            yield
        except Crash:
            pass
        finally:
            self.depth -= 1
            self._interruption, self._moments = outer

    def before_table(self, call: str) -> None:
        """A call to a table is about to leave."""
        self._moment(call, StorageUnavailable(f"{call} failed"))
        if self.tables_are_down:
            raise StorageUnavailable(f"{call} failed: tables are down")

    def after_lead(self, call: str) -> None:
        """A transaction of the table Leads was committed."""
        self._moment(call, CommitConflict(f"nobody can tell what became of {call}"))

    def after_table(self, call: str) -> None:
        """Another table was changed."""
        self._moment(call, StorageUnavailable(f"nobody can tell what became of {call}"))

    def around_queue(self, call: str) -> None:
        """A queue is about to be called, or was changed."""
        self._moment(call, StorageUnavailable(f"{call} failed"))

    def _moment(self, call: str, failure: Exception) -> None:
        due = self._interruption
        if due is None or due.call not in {"", call}:
            return
        self._moments += 1
        if self._moments <= due.at:
            return
        self._interruption = None
        if due.event is Event.CRASH:
            raise Crash
        if due.event is Event.FAILURE:
            raise failure
        self.meanwhile(due)
