"""Sending what is imported without putting all of it before the leads of today. Pure.

Leads that come in at the door wait behind what an import has queued, so an import keeps its part
short and waits until the pipeline has taken some.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from leads.errors import Retryable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from leads.tending.ports import MessageQueue

MOST = 500
"""Messages before which an import waits: about half a minute of work for the pipeline."""

AT_ONCE = 100
"""Messages that are sent between two looks at the queues."""

PAUSE = 1.0  # seconds
UNEASY = 20.0
"""Seconds without any change after which a person is told."""

PATIENCE = 300.0
"""Seconds without any change after which nobody seems to take messages."""


class NobodyTakes(Retryable):
    """Raised when the queues stay as they are: the app does not run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Waits for queues to become short; all that is not pure comes from outside."""

    queues: Sequence[MessageQueue]
    sleep: Callable[[float], None]  # seconds
    clock: Callable[[], float]  # seconds, never going back
    tell: Callable[[int], None]  # how many messages wait, where nothing changes
    patience: float = PATIENCE

    def wait(self, *, most: int) -> None:
        """Return when the queues hold at most *most* messages together.

        Raises:
            NobodyTakes: nothing changed for as long as the patience lasts.
            StorageUnavailable: nobody could tell.
        """
        last, since, told = -1, self.clock(), False
        while (depth := sum(queue.depth() for queue in self.queues)) > most:
            still = self.clock() - since
            if depth != last:
                last, since, told = depth, self.clock(), False
            elif still > self.patience:
                raise NobodyTakes(f"{depth} messages wait and nobody takes them: run the app")
            elif still > UNEASY and not told:
                self.tell(depth)
                told = True
            self.sleep(PAUSE)
