"""Bugs of erasing and moving leads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime
from unittest.mock import patch

from leads.fold import fold
from leads.model import Located, Person
from leads.recording import record
from leads.store import Fence, FencedLead, FenceKind, LeadRow, StoredLead
from leads.tables import keys
from leads.tending import privacy, status, wishes
from leads.upkeep import erasing, moving
from leads.upkeep.moving import Moved
from leads.upkeep.ports import Tools
from tests.memory import MemoryStore
from tests.memory_tending import MemoryPersons
from tests.model.bugs.naming import beside, together

type Patch = AbstractContextManager[object]

_erase, _move = erasing.erase_lead, moving.move_lead
_update, _read_lead, _read_person = (
    MemoryPersons.update,
    MemoryStore.read_lead,
    MemoryStore.read_person,
)


def erased_without_a_fence() -> Patch:
    """Touches are removed while writers go on with the row that they read."""

    def erase_lead(
        place: Located,
        tools: Tools,
        *,
        through: datetime,
        now: datetime,
        strays: Sequence[str] = (),
    ) -> bool:
        store = tools.store
        assert isinstance(store, MemoryStore)
        if not isinstance(store.read_lead(place), StoredLead):
            return _erase(place, tools, through=through, now=now, strays=strays)
        for touch in store.touches_of(place):
            if touch.received_at <= through:
                store.before("remove_touch")
                store.touches.pop((place.partition, keys.touch_row(touch)), None)
        later = list(store.read_touches(place))
        row = store.leads.get((place.partition, place.lead_key))
        gone = [keys.recent_row(row.lead)] if isinstance(row, StoredLead) else []
        if later:
            store.put_lead(fold(later), replaced=row, strays=gone)
        elif row:
            store.remove_recents(place, gone)
            store.leads.pop((place.partition, place.lead_key), None)
        return True

    return together(
        patch.object(privacy, "erase_lead", erase_lead),
        patch.object(wishes, "erase_lead", erase_lead),
        patch.object(status, "erase_lead", erase_lead),
    )


def moved_by_removing_first() -> Patch:
    """Touches are removed here, then written there."""

    def move_lead(
        place: Located, tools: Tools, *, to: str, now: datetime, strays: Sequence[str] = ()
    ) -> Moved:
        store = tools.store
        assert isinstance(store, MemoryStore)
        row = store.read_lead(place)
        if not isinstance(row, StoredLead):
            return _move(place, tools, to=to, now=now, strays=strays)
        fence = Fence(kind=FenceKind.MOVED, since=now, to=to)
        touches = store.touches_of(place)
        fenced = store.put_fence(place, fence, replaced=row, strays=[keys.recent_row(row.lead)])
        store.remove_touches(place, fenced=fenced)
        for touch in touches:
            record(touch, store=store, rules=tools.rules, backoff=tools.backoff)
        return Moved.MOVED

    return together(
        patch.object(moving, "move_lead", move_lead), patch.object(status, "move_lead", move_lead)
    )


def erasure_known_in_some_offers() -> Patch:
    """An erasure is written down in the offers that know the person, and nowhere else."""

    def update(
        self: MemoryPersons, lead_key: str, change: Callable[[Person], Person]
    ) -> tuple[Person, Person]:
        before, after = _update(self, lead_key, change)
        known = beside(self.store, "erased", dict[tuple[str, str], datetime | None])
        for place in self.store.leads:
            if place[1] == lead_key:
                known[place] = after.erased_at
        self.store.persons[lead_key] = replace(after, erased_at=None)
        return before, after

    def read_lead(self: MemoryStore, place: Located) -> LeadRow | None:
        beside(self, "asked", dict[str, str])["offer"] = place.partition
        return _read_lead(self, place)

    def read_person(self: MemoryStore, lead_key: str) -> Person:
        offer = beside(self, "asked", dict[str, str]).get("offer", "")
        known = beside(self, "erased", dict[tuple[str, str], datetime | None])
        return replace(_read_person(self, lead_key), erased_at=known.get((offer, lead_key)))

    return together(
        patch.object(MemoryPersons, "update", update),
        patch.object(MemoryStore, "read_lead", read_lead),
        patch.object(MemoryStore, "read_person", read_person),
    )


def fences_are_passed() -> Patch:
    """Writers take a row that is fenced for one that is not there."""

    def read_lead(self: MemoryStore, place: Located) -> LeadRow | None:
        row = _read_lead(self, place)
        is_fenced = isinstance(row, FencedLead) and row.fence.kind is FenceKind.ERASING
        return None if is_fenced else row

    return patch.object(MemoryStore, "read_lead", read_lead)
