"""Keep messages alive: what bindings send expires after 7 days, even while the app is off. Pure.

So a run looks at the heads only, and sends again what would expire soon. It sends before it
removes: a crash in between leaves the message twice, which the writer knows.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

from leads.names import POISON_QUEUES, QUEUES

if TYPE_CHECKING:
    from datetime import datetime

    from leads.tending.ports import Bounds, MessageQueue, QueuedMessage, TendPorts

SOON = timedelta(days=3)
AT_ONCE = 32
INVISIBLE = timedelta(minutes=1)


def keep_alive(ports: TendPorts, bounds: Bounds) -> Counter[str]:
    """Send every message again, without an end, that expires within three days.

    Raises:
        StorageUnavailable: try again.

    Source: DESIGN 5.5.
    """
    counts: Counter[str] = Counter()
    for name in (*QUEUES, *POISON_QUEUES):
        queue = ports.queues.open(name)
        while not bounds.reached and _ages(queue, bounds.now):
            renewed = _renew_some(queue, bounds.now)
            counts["renewed"] += renewed
            if not renewed:
                break  # others took what was seen
    return counts


def _ages(queue: MessageQueue, now: datetime) -> bool:
    return any(_expires_soon(message, now) for message in queue.peek(AT_ONCE))


def _renew_some(queue: MessageQueue, now: datetime) -> int:
    renewed = 0
    for message in queue.take(AT_ONCE, invisible=INVISIBLE):
        if _expires_soon(message, now):
            queue.send(message.body)
            queue.remove(message)
            renewed += 1
        else:
            queue.release(message)
    return renewed


def _expires_soon(message: QueuedMessage, now: datetime) -> bool:
    return message.expires_at - now < SOON
