"""The queues and tables of the model: those in memory, with what a host and an oracle ask them."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache

from leads.letters import StoredLetter
from leads.tending.ports import QueuedMessage
from tests.memory_tending import NEVER, MemoryLetters, MemoryQueue, MemoryQueues


@lru_cache(maxsize=4096)
def delivery_in(body: bytes) -> str:
    """Return the id of the delivery that a message or a letter holds, or an empty string."""
    try:
        delivery = json.loads(body)["delivery"]
        return str(delivery["id"])
    except (ValueError, KeyError, TypeError):
        return ""


@dataclass
class ModelQueue(MemoryQueue):
    """A queue that hands out any of its messages, and remembers what was sent to it for good."""

    sent: Counter[str] = field(default_factory=Counter)

    def send(self, body: bytes) -> None:
        super().send(body)
        self.sent[delivery_in(body)] += 1

    def bodies(self) -> list[bytes]:
        """Return what is in it, even if somebody works on it."""
        return [message.body for _, message in self._alive()]

    def numbers(self) -> list[int]:
        """Return what names its messages."""
        return [number for number, _ in self._alive()]

    def until_visible(self, number: int) -> timedelta:
        """Return how long nobody can take this message yet."""
        return max(self.messages[number].visible_at - self.clock(), timedelta())

    def take_this(self, number: int, *, invisible: timedelta) -> QueuedMessage:
        """Take one message that is visible."""
        times = {other: message.visible_at for other, message in self.messages.items()}
        for other in times.keys() - {number}:
            self.messages[other].visible_at = NEVER
        [taken] = self.take(1, invisible=invisible)
        for other in times.keys() - {number}:
            self.messages[other].visible_at = times[other]
        return taken


@dataclass
class ModelQueues(MemoryQueues):
    """The queues by their names."""

    def open(self, name: str) -> ModelQueue:
        if name not in self.queues:
            made = ModelQueue(name, self.clock, before=self.before, after=self.after)
            self.queues[name] = made
        queue = self.queues[name]
        assert isinstance(queue, ModelQueue)
        return queue


@dataclass
class ModelLetters(MemoryLetters):
    """LeadDeadLetters, where the oracle sees which rows were removed."""

    removed: set[str] = field(default_factory=set)

    def remove(self, letter: StoredLetter) -> None:
        super().remove(letter)
        self.removed.add(letter.id)
