"""Erase: a lead whose person asked for it, or whose time is over, goes without a trace. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from leads.fold import fold, judged
from leads.store import (
    Fence,
    FencedLead,
    FenceKind,
    StoredLead,
    UnreadableLead,
    refuse_newer,
    until_committed,
)
from leads.upkeep.ports import all_listing
from leads.upkeep.rebuilding import Rebuilt, rebuild_lead, unlist

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
        elif self.strays:
            self._unlist(found, times)

    def _tells_of_it(self, found: LeadRow | None, times: Sequence[datetime]) -> bool:
        if isinstance(found, StoredLead):
            return found.lead.first_seen <= self.through
        return isinstance(found, FencedLead) or (isinstance(found, UnreadableLead) and not times)

    def _fence_and_remove(self, found: LeadRow | None, times: Sequence[datetime]) -> None:
        self.found_some = True
        place, store = self.place, self.tools.store
        if any(time > self.through for time in times):
            refuse_newer(found)  # what came later must be folded, by code that knows how
        gone = all_listing(place, found, times, store).union(self.strays)
        fence = self._fence(found)
        fenced = store.put_fence(place, fence, replaced=found, strays=sorted(gone))
        fenced = store.remove_touches(place, fenced=fenced, through=fence.through)
        later = list(store.read_touches(place))
        if later:
            person = store.read_person(place.lead_key)
            lead = judged(fold(later), person, self.tools.rules)
            store.put_lead(lead, replaced=fenced)
        else:
            store.remove_lead(place, replaced=fenced)

    def _fence(self, found: LeadRow | None) -> Fence:
        through = self.through
        if isinstance(found, FencedLead) and found.fence.through is not None:
            through = max(through, found.fence.through)  # of an erasure that was broken off
        return Fence(kind=FenceKind.ERASING, since=self.now, through=through)

    def _remove_behind(self, found: FencedLead) -> None:
        """Remove what is old behind a row that says where the lead is going, and leave the row."""
        self.found_some = True
        place, store = self.place, self.tools.store
        if self.strays:
            found = store.put_fence(place, found.fence, replaced=found, strays=self.strays)
        store.remove_touches(place, fenced=found, through=self.through)

    def _unlist(self, found: LeadRow | None, times: Sequence[datetime]) -> None:
        if found is None and not times:
            self.found_some = True
            unlist(self.place, self.strays, self.tools)
        else:
            rebuilt = rebuild_lead(self.place, self.tools, strays=self.strays)
            self.found_some |= rebuilt is Rebuilt.REBUILT


def _last_seen(
    place: Located, found: LeadRow | None, times: Sequence[datetime], store: UpkeepStore
) -> datetime | None:
    """Return when the lead was last seen: its touches know, whatever a hand made of its row."""
    latest = max(times, default=None)
    if isinstance(found, StoredLead) and latest in {None, found.lead.last_seen}:
        return found.lead.last_seen
    return fold(store.read_touches(place)).last_seen if times else None
