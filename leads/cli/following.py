"""Following accepted leads into the table, by the id that the door answered with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from leads.model import Identity
    from leads.store import Sighting

    type Find = Callable[[Identity], list[Sighting]]

STORED, DUPLICATE = "stored", "duplicate"

_FIRST_PAUSE = 0.1  # seconds
_GROWTH = 1.5
_LONGEST_PAUSE = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """A lead that the door took; *sent_at* is of the follower's clock."""

    identity: Identity
    delivery_id: str
    sent_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """What became of a lead, and how many seconds after it was sent that was seen."""

    delivery_id: str
    state: str
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Follower:
    """Looks for leads in the table, again and again, with growing pauses.

    *find* returns the touches that count as the same event.
    """

    find: Find
    clock: Callable[[], float]
    pause: Callable[[float], None]

    def follow(self, accepted: Iterable[Accepted], *, patience: float) -> Iterator[Arrival]:
        """Yield what became of each lead as soon as it is known; leave out what came too late.

        *patience*: seconds from now. It looks once more when they are over.
        """
        waiting = list(accepted)
        deadline, pause = self.clock() + patience, _FIRST_PAUSE
        while waiting:
            left = deadline - self.clock()
            arrivals = [arrival for one in waiting if (arrival := self._arrival(one))]
            yield from arrivals
            known = {arrival.delivery_id for arrival in arrivals}
            waiting = [one for one in waiting if one.delivery_id not in known]
            if left <= 0:
                return
            if waiting:
                self.pause(min(pause, left))
                pause = min(pause * _GROWTH, _LONGEST_PAUSE)

    def _arrival(self, one: Accepted) -> Arrival | None:
        found = {sighting.delivery_id for sighting in self.find(one.identity)}
        if not found:
            return None
        state = STORED if one.delivery_id in found else DUPLICATE
        return Arrival(delivery_id=one.delivery_id, state=state, seconds=self.clock() - one.sent_at)
