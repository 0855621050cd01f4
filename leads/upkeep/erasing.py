"""Erase: a lead whose person asked for it, or whose time is over, goes without a trace. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

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
from leads.upkeep.ports import all_listing, listing
from leads.upkeep.rebuilding import unlist

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from leads.model import Located
    from leads.store import LeadRow
    from leads.upkeep.ports import Tools, UpkeepStore


def erase_lead(
    place: Located,
    tools: Tools,
    *,
    through: datetime,
    now: datetime,
    strays: Sequence[str] = (),
) -> bool:
    """Remove what was received until *through*, and return whether there was anything to remove.

    What came later makes a lead of its own. *strays* are recent rows found to list the lead. A row
    that says where the lead is going, or went, still says so: it holds nothing personal, and a
    message that comes late needs it to find the touch that it made.

    Raises:
        LeadConflict: others kept changing the lead; begin again later.
        NewerFold: newer code wrote the lead row, and some of the lead must stay.
        StorageUnavailable: begin again later.

    Source: DESIGN 5.5.
    """
    erasure = _Erasure(place=place, tools=tools, through=through, now=now, strays=strays)
    until_committed(erasure.attempt, backoff=tools.backoff)
    return erasure.found_some


def retire_lead(
    place: Located, tools: Tools, *, before: datetime, now: datetime, strays: Sequence[str] = ()
) -> bool:
    """Remove a lead that was last seen before *before*, with its history; tell whether it was.

    A lead that spoke again keeps all that it ever said.

    Raises:
        LeadConflict: others kept changing the lead; begin again later.

    Source: DESIGN 5.5 (retention uses the same fence).
    """

    def fence(_number: int) -> datetime | None:
        """Return until when what was received must go."""
        store = tools.store
        found = store.read_lead(place)
        if isinstance(found, FencedLead):  # who fenced it to be erased decided how much of it
            return found.fence.through if found.fence.kind is FenceKind.ERASING else None
        times = store.touch_times(place)
        if found is None and not times:
            return before  # nothing but strays
        last = _last_seen(place, found, times, store)
        if last is None or last >= before:
            return None
        gone = all_listing(place, found, times, store).union(strays)
        told = Fence(kind=FenceKind.ERASING, since=now, through=last)
        store.put_fence(place, told, replaced=found, strays=sorted(gone))
        return last

    through = until_committed(fence, backoff=tools.backoff)
    if through is None:
        return False
    # What the fence says is what was silent: no touch can have come behind it.
    return erase_lead(place, tools, through=through, now=now, strays=strays)


@dataclass(slots=True, kw_only=True)
class _Erasure:
    """One erasure of one lead, begun again after each conflict."""

    place: Located
    tools: Tools
    through: datetime
    now: datetime
    strays: Sequence[str]
    found_some: bool = False

    def attempt(self, _number: int) -> None:
        """Remove what there is; nothing is left to do where it ends without a conflict."""
        store = self.tools.store
        found = store.read_lead(self.place)
        times = store.touch_times(self.place)
        old = any(time <= self.through for time in times)
        if isinstance(found, FencedLead) and found.fence.kind is not FenceKind.ERASING:
            if old or self.strays:
                self._remove_behind(found)
        elif old or self._tells_of_it(found, times):
            self._fence_and_remove(found, times)
        elif self.strays and not times:
            self._unlist(found)
        elif gone := set(self.strays) - listing(found, store):
            self._relist(found, gone)

    def _tells_of_it(self, found: LeadRow | None, times: Sequence[datetime]) -> bool:
        if isinstance(found, StoredLead):
            return found.lead.first_seen <= self.through
        return isinstance(found, FencedLead) or (isinstance(found, UnreadableLead) and not times)
