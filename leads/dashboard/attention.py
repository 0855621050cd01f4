"""What somebody should look at before anything else. Pure.

Most mornings there is nothing, and then nothing is shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING

from leads.dashboard import wording
from leads.dashboard.texts import NOTHING, Said, said
from leads.dashboard.wording import counted
from leads.names import POISON
from leads.tending.status import silent_offers

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from leads.tending.status import LetterStatus, OfferStatus, QueueStatus, Status

STALE = timedelta(minutes=15)
"""Three runs of tend_leads: longer, and it may have stopped."""

WAITING = timedelta(minutes=15)
"""How old a message may be before somebody should know."""

_MOST_SILENT = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One thing to look at."""

    title: str
    about: Said = NOTHING
    text: str = ""
    command: str = ""
    grave: bool = True  # a lead may be lost or late; otherwise somebody should only know


def notices(
    status: Status | None,
    offers: Mapping[str, OfferStatus],
    *,
    silence: timedelta,
    now: datetime,
) -> list[Notice]:
    """Return what needs attention, the gravest first."""
    found = list(_silence(offers.values(), silence, now))
    if status is not None:
        found = [
            *_staleness(status, now),
            *_letters(status.letters, now),
            *_queues(status.queues, status.as_of),
            *_failures(status.failures),
            *found,
        ]
    return sorted(found, key=lambda notice: not notice.grave)


def _staleness(status: Status, now: datetime) -> Iterator[Notice]:
    if now - status.as_of > STALE:
        yield Notice(
            title=f"Nothing was counted for {wording.duration(now - status.as_of)}",
            text="The timer tend_leads counts every five minutes; it may have stopped, and with it"
            " what tries failed leads again.",
            command="python -m leads doctor",
        )


def _letters(letters: LetterStatus, now: datetime) -> Iterator[Notice]:
    if not letters.parked:
        return
    since = (
        f", the oldest for {wording.duration(now - letters.oldest_at)}" if letters.oldest_at else ""
    )
    person = letters.waiting_for_a_person
    text = (
        f"{counted(person, 'waits', 'wait')} for a person; the timer tries the others again."
        if person
        else "The timer tries them again by itself."
    )
    yield Notice(
        title=f"{counted(letters.parked, 'dead letter waits', 'dead letters wait')}{since}",
        text=text,
        command="python -m leads dead list",
        grave=person > 0,
    )


def _queues(queues: Sequence[QueueStatus], as_of: datetime) -> Iterator[Notice]:
    poisoned = sum(queue.depth for queue in queues if queue.name.endswith(POISON))
    if poisoned:
        yield Notice(
            title=f"{counted(poisoned, 'message')} in poison queues",
            text="They crashed the process or could not be read. tend_leads turns them into dead"
            " letters; where they stay, it does not run.",
            command="python -m leads doctor",
        )
    oldest = min((queue.oldest_at for queue in queues if queue.oldest_at), default=None)
    if oldest and as_of - oldest > WAITING:
        waiting = sum(queue.depth for queue in queues)
        yield Notice(
            title=f"A lead has waited for {wording.duration(as_of - oldest)}",
            text=f"{counted(waiting, 'message waits', 'messages wait')} in the queues.",
            command="python -m leads doctor",
        )


def _failures(failures: Iterable[object]) -> Iterator[Notice]:
    for failure in islice(failures, _MOST_SILENT):
        yield Notice(title="tend_leads could not finish", about=said(failure, 300))


def _silence(offers: Iterable[OfferStatus], silence: timedelta, now: datetime) -> Iterator[Notice]:
    silent = silent_offers(offers, now, silence)
    for offer in silent[:_MOST_SILENT]:
        if last := offer.last_real_at:
            yield Notice(
                title=f"No lead for {wording.duration(now - last)}:",
                about=said(offer.partition),
                text=f"The last one came on {wording.day(last, now)}.",
                grave=False,
            )
    if more := silent[_MOST_SILENT:]:
        yield Notice(
            title=f"No lead, either, in {counted(len(more), 'more offer')}",
            command="python -m leads offers",
            grave=False,
        )
