"""Import: past leads into the queue where the door puts those of today. Pure.

They take the same way as all others, so nothing is counted twice, whoever was erased stays erased,
and an objection holds. An import that was broken off is simply begun again.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import batched
from typing import TYPE_CHECKING, Protocol

from leads.errors import MessageTooLarge
from leads.migration.columns import Origin
from leads.migration.files import Unreadable
from leads.migration.past_leads import NoTime, delivery_of, message_of
from leads.migration.sending import AT_ONCE, MOST
from leads.migration.sought import Found, is_known, is_nobody

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from leads.migration.past_leads import PastLead
    from leads.migration.sending import Pace
    from leads.migration.sought import Holdings
    from leads.migration.tally import Tally
    from leads.model import Delivery


class Each(Protocol):
    """What does the same to several things, perhaps at once: `map`, or that of a pool."""

    def __call__[T, R](self, work: Callable[[T], R], things: Iterable[T], /) -> Iterable[R]:
        """Return what *work* makes of each of *things*, in their order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlet:
    """Where messages go, and at what pace."""

    send: Callable[[bytes], None]
    pace: Pace


@dataclass(frozen=True, slots=True)
class _Ready:
    past: PastLead
    delivery: Delivery
    message: bytes


def import_leads(
    rows: Iterable[PastLead | Unreadable],
    held: Holdings,
    tally: Tally,
    *,
    each: Each,
    outlet: Outlet | None,
) -> None:
    """Count *rows* in *tally* and send what is not there yet; without an *outlet* only count.

    Raises:
        NobodyTakes: the queues stay full; what was sent is sent.
        StorageUnavailable: begin again; what was sent is sent.
    """
    for some in batched(rows, AT_ONCE, strict=False):
        ready = list(_ready(some, tally))
        known = list(each(lambda one: is_known(one.past, held), ready))
        for one, is_there in zip(ready, known, strict=True):
            tally.count(one.past, one.delivery, known=is_there)
        new = [one.message for one, is_there in zip(ready, known, strict=True) if not is_there]
        if outlet and new:
            outlet.pace.wait(most=MOST)
            for _ in each(outlet.send, new):
                pass


def _ready(rows: Iterable[PastLead | Unreadable], tally: Tally) -> Iterator[_Ready]:
    for row in rows:
        one = row if isinstance(row, Unreadable) else _made(row)
        if isinstance(one, Unreadable):
            tally.count_unreadable(one)
        else:
            yield one


def _made(past: PastLead) -> _Ready | Unreadable:
    if past.origin is Origin.REFERRALS and is_nobody(past):
        # Nobody can tell whether it came over HTTPS, where it said who it is.
        return Unreadable(past.line, Found.UNTELLABLE.value)
    try:
        delivery = delivery_of(past)
        return _Ready(past, delivery, message_of(delivery))
    except (NoTime, MessageTooLarge) as error:
        return Unreadable(past.line, str(error))
