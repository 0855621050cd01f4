"""Move: the leads of a title that got its offer id late join those of the offer. Pure.

The touches are copied before anything is removed, and the old row stays for good and says where to:
a message stamped with the old offer, however late it comes, finds the touch that it made.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from leads.errors import CommitConflict, LeadFenced, OfferMoved
from leads.model import LeadPlace
from leads.store import Fence, FencedLead, FenceKind, refuse_newer, until_committed
from leads.upkeep.ports import listing
from leads.upkeep.rebuilding import rebuild_lead

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from leads.model import Located
    from leads.store import LeadRow
    from leads.upkeep.ports import Tools


class Moved(StrEnum):
    """What became of a lead that was to be moved."""

    MOVED = "moved"
    ALREADY = "already moved"
    NOTHING = "no touches"
    WAITING = "waiting"  # it is being erased, here or there, which must be finished first


def move_offer(
    partition: str, tools: Tools, *, to: str, now: datetime
) -> Iterator[tuple[LeadPlace, Moved]]:
    """Move every lead of one offer to another.

    Raises:
        OfferMoved: *to* was moved elsewhere itself.
        LeadConflict: others kept changing a lead; begin again.
    """
    for rows in tools.store.survey(partition):
        try:
            yield rows.place, move_lead(rows.place, tools, to=to, now=now)
        except LeadFenced:
            yield rows.place, Moved.WAITING


def move_lead(place: Located, tools: Tools, *, to: str, now: datetime) -> Moved:
    """Move one lead and its touches to the offer *to*.

    Raises:
        OfferMoved: it is on its way to another offer, or was moved away from *to*.
        LeadFenced: it is being erased, here or there.
        LeadConflict: others kept changing it; begin again.
    """
    if place.partition == to:
        raise OfferMoved("an offer cannot be moved to itself")
    return until_committed(
        lambda _attempt: _move_once(place, tools, to=to, now=now), backoff=tools.backoff
    )


def _move_once(place: Located, tools: Tools, *, to: str, now: datetime) -> Moved:
    store, target = tools.store, LeadPlace(partition=to, lead_key=place.lead_key)
    found = store.read_lead(place)
    if isinstance(found, FencedLead) and found.fence.kind is FenceKind.MOVED:
        return Moved.ALREADY
    if not isinstance(found, FencedLead) and not store.touch_times(place):
        return Moved.NOTHING
    _check(place, found, store.read_lead(target), to=to)
    if found is None:
        rebuild_lead(place, tools)  # somebody removed the lead row by hand
        raise CommitConflict("there is a lead row again")
    fence = Fence(kind=FenceKind.MOVING, since=now, to=to)
    store.put_fence(place, fence, replaced=found, strays=sorted(listing(found, store)))
    fenced = store.read_lead(place)
    if not isinstance(fenced, FencedLead):
        raise CommitConflict("somebody else finished the move")
    store.copy_touches(place, to=target)
    rebuild_lead(target, tools, moved_from=place.partition)
    store.remove_touches(place)
    left = Fence(kind=FenceKind.MOVED, since=now, to=to)
    store.put_fence(place, left, replaced=fenced)
    return Moved.MOVED


def _check(place: Located, found: LeadRow | None, there: LeadRow | None, *, to: str) -> None:
    refuse_newer(found)
    refuse_newer(there)
    if isinstance(found, FencedLead):
        if found.fence.kind is FenceKind.ERASING:
            raise LeadFenced("the lead is being erased")
        if found.fence.to != to:
            raise OfferMoved(f"the lead is on its way to {found.fence.to}: finish that first")
    if isinstance(there, FencedLead):
        if there.fence.kind is not FenceKind.MOVED:
            raise LeadFenced(f"the row in the other offer says {there.fence.kind}")
        if there.fence.to != place.partition:
            raise OfferMoved(f"the other offer was moved to {there.fence.to}: name that one")
