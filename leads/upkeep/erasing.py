"""Erase: a lead whose person asked for it, or whose time is over, goes without a trace. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leads.errors import CommitConflict
from leads.fold import fold, with_contact_status
from leads.store import (
    Fence,
    FencedLead,
    FenceKind,
    StoredLead,
    UnreadableLead,
    refuse_newer,
    until_committed,
)
from leads.upkeep.ports import listing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from leads.model import Located
    from leads.store import LeadRow
    from leads.upkeep.ports import Tools


def erase_lead(
    place: Located,
    tools: Tools,
    *,
    through: datetime,
    now: datetime,
    strays: Sequence[str] = (),
) -> bool:
    """Remove what was received until *through*, and return whether there was anything to remove.

    What came later makes a lead of its own. *strays* are recent rows found to list the lead.

    Raises:
        LeadConflict: others kept changing the lead; begin again later.
        StorageUnavailable: begin again later.

    Source: DESIGN 5.5.
    """
    found_some = False

    def attempt(_number: int) -> None:
        nonlocal found_some
        found = tools.store.read_lead(place)
        times = tools.store.touch_times(place)
        if _holds(found, times, through=through):
            found_some = True
            if any(time > through for time in times):
                refuse_newer(found)  # what came later must be folded, by code that knows how
            _fence_and_remove(place, found, tools, through=through, now=now, strays=strays)
        elif strays and found is None and not times:
            found_some = True
            tools.store.remove_recents(place, strays)

    until_committed(attempt, backoff=tools.backoff)
    return found_some


def retire_lead(
    place: Located, tools: Tools, *, before: datetime, now: datetime, strays: Sequence[str] = ()
) -> bool:
    """Remove a lead that was last seen before *before*, with its history; tell whether it was.

    A lead that spoke again keeps all that it ever said.

    Raises:
        LeadConflict: others kept changing the lead; begin again later.

    Source: DESIGN 5.5 (retention uses the same fence).
    """

    def fence(_number: int) -> bool:
        found = tools.store.read_lead(place)
        if isinstance(found, StoredLead):
            if found.lead.last_seen >= before:
                return False
            told = Fence(kind=FenceKind.ERASING, since=now, through=found.lead.last_seen)
            gone = listing(found, tools.store).union(strays)
            tools.store.put_fence(place, told, replaced=found, strays=sorted(gone))
            return True
        return found is None or _is_erasing(found)

    if not until_committed(fence, backoff=tools.backoff):
        return False
    # What the fence says is what was silent: no touch can have come behind it.
    return erase_lead(place, tools, through=before, now=now, strays=strays)


def _holds(found: LeadRow | None, times: Sequence[datetime], *, through: datetime) -> bool:
    """Tell whether the rows hold anything of what was received until *through*."""
    if any(time <= through for time in times) or isinstance(found, FencedLead):
        return True
    if isinstance(found, StoredLead):
        return found.lead.first_seen <= through
    return isinstance(found, UnreadableLead) and not times


def _is_erasing(found: LeadRow) -> bool:
    return isinstance(found, FencedLead) and found.fence.kind is FenceKind.ERASING


def _fence_and_remove(  # noqa: PLR0913 - the six are one sentence: what, where, by what, until when
    place: Located,
    found: LeadRow | None,
    tools: Tools,
    *,
    through: datetime,
    now: datetime,
    strays: Sequence[str],
) -> None:
    store = tools.store
    if isinstance(found, FencedLead) and found.fence.through is not None:
        through = max(through, found.fence.through)
    gone = listing(found, store).union(strays)
    fence = Fence(kind=FenceKind.ERASING, since=now, through=through)
    store.put_fence(place, fence, replaced=found, strays=sorted(gone))
    fenced = store.read_lead(place)
    if not isinstance(fenced, FencedLead):
        raise CommitConflict("somebody else finished the erasure")
    store.remove_touches(place, through=through)
    later = list(store.read_touches(place))
    if not later:
        store.remove_lead(place, replaced=fenced)
        return
    person = store.read_person(place.lead_key)
    lead = with_contact_status(fold(later), person, tools.rules.dnc)
    store.put_lead(lead, replaced=fenced)
