"""Empty the poison queues: the host puts messages there, and they would expire after 7 days. Pure.

No function is triggered by these queues: the host skips messages there (azure-functions.md 1).
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from itertools import takewhile
from typing import TYPE_CHECKING

from leads.letters import letter_of_poison
from leads.names import POISON, POISON_QUEUES, STAGES
from leads.tending.patience import Patience

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from leads.tending.ports import Bounds, MessageQueue, QueuedMessage, TendPorts

TAKEN_AT_ONCE = 16
INVISIBLE = timedelta(minutes=5)
"""Longer than a run takes; what a broken-off run took comes back after it."""


def drain_poison(ports: TendPorts, bounds: Bounds) -> Counter[str]:
    """Bury every message of every poison queue, then remove it there.

    Raises:
        Retryable: try again; what was not removed is found again and counted once.

    Source: DESIGN 5.5.
    """
    counts: Counter[str] = Counter()
    patience = Patience()
    for name in POISON_QUEUES:
        queue = ports.queues.open(name)
        for message in _taken(queue, bounds):
            with patience.with_one():
                _bury(message, queue, ports, now=bounds.now)
                counts["buried"] += 1
    patience.end()
    return counts


def _taken(queue: MessageQueue, bounds: Bounds) -> Iterator[QueuedMessage]:
    while not bounds.reached:
        messages = queue.take(TAKEN_AT_ONCE, invisible=INVISIBLE)
        if not messages:
            return
        yield from takewhile(lambda _: not bounds.reached, messages)


def _bury(message: QueuedMessage, queue: MessageQueue, ports: TendPorts, *, now: datetime) -> None:
    letter = letter_of_poison(
        message.body,
        queue=queue.name,
        stage=STAGES.get(queue.name.removesuffix(POISON), "bury"),
        found_at=message.inserted_at,
    )
    ports.letters.bury(letter, now=now)
    queue.remove(message)
