"""What the pipeline looks like now: ages, depths and counts, for health, lists and alarms. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from operator import itemgetter
from typing import TYPE_CHECKING

from leads.errors import LeadsError
from leads.letters import LetterState
from leads.names import POISON_QUEUES, QUEUES
from leads.store import FenceKind
from leads.tending.patience import Patience
from leads.upkeep.erasing import erase_lead
from leads.upkeep.moving import move_lead

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from leads.model import LeadPlace
    from leads.statistics import Statistics
    from leads.store import Fence
    from leads.tending.ports import Bounds, Fenced, MessageQueue, TendPorts

UNFINISHED = timedelta(minutes=10)
"""How old a fence must be to be taken for one whose maker was broken off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueStatus:
    """What a queue holds."""

    name: str
    depth: int
    oldest_at: datetime | None  # of what is not being processed at this moment


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterStatus:
    """What waits in LeadDeadLetters."""

    parked: int
    redriven: int
    waiting_for_a_person: int  # parked, and the timer will not touch them
    oldest_at: datetime | None  # of the parked ones


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferStatus:
    """What stands in an offer; test leads count nowhere but in `tests`."""

    partition: str
    as_of: datetime
    stages: Mapping[str, int]
    contact: Mapping[str, int]  # by contact status
    tests: int
    last_real_at: datetime | None
    last_test_at: datetime | None
    statistics: Mapping[str, Statistics] = field(default_factory=dict)  # by period; none: unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """The state of the pipeline at one moment."""

    as_of: datetime
    queues: Sequence[QueueStatus]
    letters: LetterStatus
    leads: int
    tests: int
    last_real_at: datetime | None
    last_test_at: datetime | None
    failures: Sequence[str] = field(default=())  # what this run of tending could not do

    @property
    def oldest_at(self) -> datetime | None:
        """Return when the oldest message was put into its queue."""
        return min((q.oldest_at for q in self.queues if q.oldest_at), default=None)


def count_offers(ports: TendPorts, bounds: Bounds) -> Counter[str]:
    """Count every offer again, the one that waited longest first, as far as the time reaches.

    What it finds fenced, and nobody finished for ten minutes, it finishes. No offer takes more than
    half of the time while others wait: one of a million leads would starve them in every run.

    Raises:
        CountBrokenOff: an offer has more leads than can be counted in the time that it had.
        StorageUnavailable: try again.
    """
    known = ports.status.offers()
    present = list(ports.tools.store.offers())
    counts: Counter[str] = Counter()
    patience = Patience()
    for gone in known.keys() - set(present):
        ports.status.remove_offer(gone)
    present.sort(key=lambda name: name in known and known[name].as_of.timestamp())
    for offer in present:
        if bounds.reached:
            break
        part = bounds.share(1 if offer == present[-1] else 2)
        with patience.with_one():
            status, fenced = ports.census.count(offer, as_of=bounds.now, bounds=part)
            ports.status.write_offer(status)
            counts["offers_counted"] += 1
            counts += _finish(fenced, ports, bounds)
    patience.end()
    return counts


def current(ports: TendPorts, *, now: datetime, failures: Sequence[str] = ()) -> Status:
    """Return the state of the pipeline; leads as they were last counted.

    Raises:
        StorageUnavailable: nobody could tell.
    """
    offers = ports.status.offers().values()
    names = (*QUEUES, *POISON_QUEUES)
    return Status(
        as_of=now,
        queues=[_queue_status(ports.queues.open(name)) for name in names],
        letters=_letter_status(ports),
        leads=sum(sum(offer.stages.values()) for offer in offers),
        tests=sum(offer.tests for offer in offers),
        last_real_at=_latest([offer.last_real_at for offer in offers]),
        last_test_at=_latest([offer.last_test_at for offer in offers]),
        failures=failures,
    )


def silent_offers(
    offers: Iterable[OfferStatus], now: datetime, after: timedelta
) -> list[OfferStatus]:
    """Return the offers whose last real lead came longer than *after* ago, the longest first.

    An offer that never had one is not silent: it may be new. *after* of no time: nobody asks.
    """
    if not after:
        return []
    heard = [(offer.last_real_at, offer.partition, offer) for offer in offers if offer.last_real_at]
    return [offer for last, _, offer in sorted(heard, key=itemgetter(0, 1)) if now - last > after]


def _queue_status(queue: MessageQueue) -> QueueStatus:
    oldest = min((message.inserted_at for message in queue.peek()), default=None)
    return QueueStatus(name=queue.name, depth=queue.depth(), oldest_at=oldest)


def _letter_status(ports: TendPorts) -> LetterStatus:
    parked = list(ports.letters.find(state=LetterState.PARKED))
    return LetterStatus(
        parked=len(parked),
        redriven=sum(1 for _ in ports.letters.find(state=LetterState.REDRIVEN)),
        waiting_for_a_person=sum(letter.next_at is None for letter in parked),
        oldest_at=min((letter.buried_at for letter in parked), default=None),
    )


def _latest(moments: Sequence[datetime | None]) -> datetime | None:
    return max((moment for moment in moments if moment), default=None)


def _finish(fenced: Sequence[Fenced], ports: TendPorts, bounds: Bounds) -> Counter[str]:
    counts: Counter[str] = Counter()
    for place, fence in fenced:
        if fence.kind is FenceKind.MOVED or bounds.now - fence.since < UNFINISHED:
            continue
        if bounds.reached:
            break
        try:
            finished = _finish_one(place, fence, ports, now=bounds.now)
        except LeadsError:
            finished = False  # it stays fenced, its messages wait, and doctor tells
        counts["finished" if finished else "unfinished"] += 1
    return counts


def _finish_one(place: LeadPlace, fence: Fence, ports: TendPorts, *, now: datetime) -> bool:
    if fence.kind is FenceKind.MOVING:
        move_lead(place, ports.tools, to=fence.to, now=now)
    elif fence.through is None:
        return False  # a hand made it, and only a hand knows how much must go
    else:
        erase_lead(place, ports.tools, through=fence.through, now=now)
    return True
