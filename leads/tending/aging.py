"""Keep messages alive: what bindings send expires after 7 days, even while the app is off. Pure.

So a run looks at the heads only, and sends again what would expire soon. It sends before it
removes: a crash in between leaves the message twice, which the writer knows.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

from leads.names import POISON_QUEUES, QUEUES
from leads.tending.patience import Patience

if TYPE_CHECKING:
    from datetime import datetime

    from leads.tending.ports import Bounds, MessageQueue, QueuedMessage, TendPorts

SOON = timedelta(days=3)
OLD = timedelta(days=4)
"""How old the head of a queue may become: what was put later is younger, so it lives for three
days more. Also what never expires goes to the end then, or it would hide what stands behind it."""

AT_ONCE = 32
INVISIBLE = timedelta(minutes=1)


def keep_alive(ports: TendPorts, bounds: Bounds) -> Counter[str]:
    """Send every message again, without an end, that expires within three days.

    Raises:
        StorageUnavailable: try again.

    Source: DESIGN 5.5.
    """
    counts: Counter[str] = Counter()
    patience = Patience()
    for name in (*QUEUES, *POISON_QUEUES):
        queue = ports.queues.open(name)
        with patience.with_one():
            while not bounds.reached and (reach := _reach_of_old_ones(queue, bounds.now)):
                renewed = _renew(queue, reach)
                counts["renewed"] += renewed
                if not renewed:
                    break  # others took what was seen
    patience.end()
    return counts


def _reach_of_old_ones(queue: MessageQueue, now: datetime) -> int:
    """Return how many messages to take so that all old ones are among them that can be seen.

    Those behind are left alone: what is taken ten times, the host takes for poison.
    """
    heads = enumerate(queue.peek(AT_ONCE), start=1)
    return max((place for place, message in heads if _is_old(message, now)), default=0)


def _renew(queue: MessageQueue, limit: int) -> int:
    taken = queue.take(limit, invisible=INVISIBLE)
    for message in taken:
        queue.send(message.body)
        queue.remove(message)
    return len(taken)


def _is_old(message: QueuedMessage, now: datetime) -> bool:
    return message.expires_at - now < SOON or now - message.inserted_at > OLD
