"""Empty the poison queues: the host puts messages there, and they would expire after 7 days. Pure.

No function is triggered by these queues: the host skips messages there (azure-functions.md 1).
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

from leads.letters import letter_of_poison
from leads.names import POISON, POISON_QUEUES, STAGES

if TYPE_CHECKING:
    from leads.tending.ports import Bounds, MessageQueue, TendPorts

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
    for name in POISON_QUEUES:
        queue = ports.queues.open(name)
        while not bounds.reached and _bury_some(queue, ports, bounds, counts):
            pass
    return counts


def _bury_some(queue: MessageQueue, ports: TendPorts, bounds: Bounds, counts: Counter[str]) -> bool:
    messages = queue.take(TAKEN_AT_ONCE, invisible=INVISIBLE)
    for message in messages:
        letter = letter_of_poison(
            message.body,
            queue=queue.name,
            stage=STAGES.get(queue.name.removesuffix(POISON), "bury"),
            found_at=message.inserted_at,
        )
        ports.letters.bury(letter, now=bounds.now)
        queue.remove(message)
        counts["buried"] += 1
    return bool(messages)
