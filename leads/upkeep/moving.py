"""Move: the leads of a title that got its offer id late join those of the offer. Pure.

The touches are copied before anything is removed, and the old row stays for good and says where to:
a message stamped with the old offer, however late it comes, finds the touch that it made.
"""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from itertools import batched
from typing import TYPE_CHECKING

from leads.errors import CommitConflict, LeadFenced, OfferMoved
from leads.fold import fold, judged
from leads.model import LeadPlace
from leads.recording import LONGEST_CHAIN
from leads.store import Fence, FencedLead, FenceKind, StoredLead, refuse_newer, until_committed
from leads.upkeep.ports import COPIED_AT_ONCE, all_listing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from leads.model import Located, Touch
    from leads.store import LeadRow
    from leads.upkeep.ports import Tools


class Moved(StrEnum):
    """What became of a lead that was to be moved."""

    MOVED = "moved"
    ALREADY = "already moved"
    NOTHING = "no touches"
    UNREADABLE = "unreadable touch"  # a hand changed one beyond recognition, and must mend it
    WAITING = "waiting"  # it is being erased, here or there, which must be finished first


def move_offer(
    partition: str, tools: Tools, *, to: str, now: datetime
) -> Iterator[tuple[LeadPlace, Moved]]:
    """Move every lead of one offer to another.

    Raises:
        OfferMoved: *to* was moved elsewhere itself.
        NewerFold: newer code wrote a lead row.
        LeadConflict: others kept changing a lead; begin again.
    """
    for rows in tools.store.survey(partition):
        listed = [recent.row_key for recent in rows.recents]
        if not rows.readable:
            yield rows.place, Moved.UNREADABLE
            continue
        try:
            yield rows.place, move_lead(rows.place, tools, to=to, now=now, strays=listed)
        except LeadFenced:
            yield rows.place, Moved.WAITING


def move_lead(
    place: Located, tools: Tools, *, to: str, now: datetime, strays: Sequence[str] = ()
) -> Moved:
    """Move one lead and its touches to the offer *to*; *strays* are recent rows that list it.

    Raises:
        OfferMoved: it is on its way to another offer, or was moved away from *to*.
        LeadFenced: it is being erased, here or there.
        NewerFold: newer code wrote the lead row, here or there.
        LeadConflict: others kept changing it; begin again.
    """
    if place.partition == to:
        raise OfferMoved("an offer cannot be moved to itself")
    return until_committed(
        lambda _attempt: _move_once(place, tools, to=to, now=now, strays=strays),
        backoff=tools.backoff,
    )


def _move_once(
    place: Located, tools: Tools, *, to: str, now: datetime, strays: Sequence[str]
) -> Moved:
    store = tools.store
    found = store.read_lead(place)
    if isinstance(found, FencedLead) and found.fence.kind is FenceKind.MOVED:
        return Moved.ALREADY
    times = store.touch_times(place)
    if not isinstance(found, FencedLead) and not times:
        return Moved.NOTHING
    target = _target(found, place, tools, to=to)
    _check_target(store.read_lead(target), place, to=target.partition)
    gone = all_listing(place, found, times, store).union(strays)
    fence = Fence(kind=FenceKind.MOVING, since=now, to=target.partition)
    fenced = store.put_fence(place, fence, replaced=found, strays=sorted(gone))
    _copy(place, fenced, target, tools)
    fenced = store.remove_touches(place, fenced=fenced)
    store.put_fence(place, replace(fence, kind=FenceKind.MOVED), replaced=fenced)
    return Moved.MOVED


def _copy(place: Located, fenced: FencedLead, target: LeadPlace, tools: Tools) -> None:
    """Let *target* hold every touch of *place*, and its lead tell of them.

    The order of reading matters: what vouches for the target is read before it is seen that the
    lead is still on its way there, so that nothing goes there that has gone on since.
    """
    store = tools.store
    there = store.read_lead(target)
    _check_target(there, place, to=target.partition)
    here = store.read_lead(place)
    if here is None or here.etag != fenced.etag:
        raise CommitConflict("somebody else took up the move")
    person = store.read_person(place.lead_key)
    touches = list(store.read_touches(target))
    known = {touch.order for touch in touches}
    missing = [touch for touch in store.read_touches(place) if touch.order not in known]
    batches = list(batched(missing, COPIED_AT_ONCE, strict=False)) or [()]
    for number, some in enumerate(batches, start=1):
        touches += [_relocated(touch, target) for touch in some]
        if not touches:
            _leave_empty(target, there, tools)
            return
        lead = judged(fold(touches), person, tools.rules)
        if not some and isinstance(there, StoredLead) and there.lead == lead:
            return
        # Writers must see all of the touches or be sent where they all are: none may count again.
        told = lead if number == len(batches) or not isinstance(there, FencedLead) else there.fence
        there = store.copy_touches(some, to=target, told=told, replaced=there)


def _leave_empty(target: LeadPlace, there: LeadRow | None, tools: Tools) -> None:
    """Let no row that says that the lead went to where it comes from end in a circle."""
    if isinstance(there, FencedLead):
        tools.store.remove_lead(target, replaced=there)


def _relocated(touch: Touch, target: LeadPlace) -> Touch:
    return replace(touch, identity=replace(touch.identity, partition=target.partition))


def _target(found: LeadRow | None, place: Located, tools: Tools, *, to: str) -> LeadPlace:
    """Return where the lead goes: to *to*, or, begun before, to where that offer went since."""
    refuse_newer(found)
    target = LeadPlace(partition=to, lead_key=place.lead_key)
    if not isinstance(found, FencedLead):
        return target
    if found.fence.kind is FenceKind.ERASING:
        raise LeadFenced("the lead is being erased")
    ways = _ways(found.fence.to, place, tools)
    if to not in ways:
        raise OfferMoved(f"the lead is on its way to {found.fence.to}: finish that first")
    return replace(target, partition=ways[-1])


def _ways(to: str, place: Located, tools: Tools) -> list[str]:
    """Return the offer that a lead is on its way to, and those it would have been moved on to."""
    ways = [to]
    while len(ways) < LONGEST_CHAIN:
        there = tools.store.read_lead(LeadPlace(partition=ways[-1], lead_key=place.lead_key))
        if not isinstance(there, FencedLead) or there.fence.kind is not FenceKind.MOVED:
            break
        if there.fence.to == place.partition:
            break
        ways.append(there.fence.to)
    return ways


def _check_target(there: LeadRow | None, place: Located, *, to: str) -> None:
    refuse_newer(there)
    if not isinstance(there, FencedLead):
        return
    fence = there.fence
    if fence.kind is FenceKind.MOVED and fence.to != place.partition:
        raise OfferMoved(f"the other offer was moved to {fence.to}: name that one")
    # Of two that move a lead to each other one must take over, or both would wait for ever.
    meets = fence.kind is FenceKind.MOVING and fence.to == place.partition
    if fence.kind is not FenceKind.MOVED and not (meets and place.partition < to):
        raise LeadFenced(f"the row in the other offer says {fence.kind}")
