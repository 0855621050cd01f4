"""Who posted what and what came back: the memory outside the system that the verdict trusts.

After Jepsen's total-queue: a post is attempted, then acknowledged, refused, or unknown (a lost
answer says nothing about what became of the lead). Each line is a file's line at once, so that the
ledger outlives the program that writes it.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

from tests.chaos.events import Event


class Outcome(StrEnum):
    ACKNOWLEDGED = "acknowledged"  # 202: it must be stored
    REFUSED = "refused"  # 4xx: it must not be
    UNKNOWN = "unknown"  # no answer, or 5xx: it may be


@dataclass(frozen=True, slots=True)
class Attempt:
    """One post and what came of it."""

    event: Event
    outcome: Outcome


class Ledger:
    """An append-only file; safe for threads."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._attempts = 0
        self._file = path.open("x", encoding="utf-8")

    def attempt(self, event: Event) -> int:
        """Note that *event* is about to be posted; return the number of the attempt."""
        with self._lock:
            self._attempts += 1
            self._append(attempt=self._attempts, attempted=event._asdict())
            return self._attempts

    def settle(self, attempt: int, outcome: Outcome, because: str) -> None:
        """Note what came back."""
        with self._lock:
            self._append(attempt=attempt, outcome=outcome, because=because)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def _append(self, **entry: object) -> None:
        self._file.write(json.dumps(entry) + "\n")
        self._file.flush()


def read(path: Path) -> list[Attempt]:
    """Return all attempts of a ledger; one without an outcome is unknown."""
    events: dict[int, Event] = {}
    outcomes: dict[int, Outcome] = {}
    for entry in _entries(path):
        if "attempted" in entry:
            events[entry["attempt"]] = Event(**entry["attempted"])
        else:
            outcomes[entry["attempt"]] = Outcome(entry["outcome"])
    return [
        Attempt(event, outcomes.get(number, Outcome.UNKNOWN)) for number, event in events.items()
    ]


def _entries(path: Path) -> Iterator[dict[str, Any]]:
    # What follows the last line feed is a line that its writer did not live to end.
    for line in path.read_text(encoding="utf-8").split("\n")[:-1]:
        yield json.loads(line)
