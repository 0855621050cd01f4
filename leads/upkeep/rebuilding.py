"""Rebuild: what lists and teams read, made anew from the touches, which are the truth. Pure."""

from __future__ import annotations

from contextlib import suppress
from enum import StrEnum
from typing import TYPE_CHECKING

from leads.errors import LeadFenced, NewerFold
from leads.fold import fold, judged
from leads.store import FencedLead, FenceKind, StoredLead, refuse_newer, until_committed
from leads.upkeep.ports import listing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from leads.model import LeadPlace, Located
    from leads.upkeep.ports import LeadRows, Tools


class Rebuilt(StrEnum):
    """What became of a lead that was looked at."""

    UNCHANGED = "unchanged"
    REBUILT = "rebuilt"
    UNLISTED = "unlisted"  # nothing but recent rows was left of it
    NO_TOUCHES = "no touches"  # somebody removed them: the row is all that is known, and stays
    WAITING = "waiting"  # it is being erased or moved, which must be finished first
    NEWER = "newer"  # newer code folded it
    UNREADABLE = "unreadable touch"  # a hand changed one beyond recognition, and must mend it


def rebuild_offer(partition: str, tools: Tools) -> Iterator[tuple[LeadPlace, Rebuilt]]:
    """Put right every lead of an offer whose rows do not say what its touches say.

    One pass finds what looks wrong; only that is read again and written, under its ETag.

    Raises:
        LeadConflict: others kept changing a lead.
        StorageUnavailable: try again; what is done is done.
    """
    for rows in tools.store.survey(partition):
        if not rows.readable:
            yield rows.place, Rebuilt.UNREADABLE
            continue
        wanted = _wanted_row_key(rows, tools)
        strays = [recent.row_key for recent in rows.recents if recent.row_key != wanted]
        wrong = strays or _looks_wrong(rows, tools)
        yield rows.place, _rebuild(rows, strays, tools) if wrong else Rebuilt.UNCHANGED


def rebuild_lead(
    place: Located,
    tools: Tools,
    *,
    strays: Sequence[str] = (),
    relist: bool = False,
) -> Rebuilt:
    """Fold the touches of one lead anew; *strays* are recent rows that must go.

    A lead row that is right is left alone, unless its recent row is not: *relist*.

    Raises:
        LeadFenced: it is being erased or moved, which must be finished first, or was moved away.
        NewerFold: newer code wrote the lead row.
        LeadConflict: others kept changing it.

    Source: DESIGN 5.4.
    """
    return until_committed(
        lambda _attempt: _rebuild_once(place, tools, strays=strays, relist=relist),
        backoff=tools.backoff,
    )


def unlist(place: Located, strays: Sequence[str], tools: Tools) -> None:
    """Remove recent rows of a lead that has no other row.

    No ETag holds back a touch that comes meanwhile, so one of these rows may be the one it needs.

    Raises:
        NewerFold, LeadConflict: as `rebuild_lead`.
    """
    tools.store.remove_recents(place, strays)
    with suppress(LeadFenced):  # whoever fenced it lists it anew
        rebuild_lead(place, tools, relist=True)


def _rebuild(rows: LeadRows, strays: Sequence[str], tools: Tools) -> Rebuilt:
    if _is_on_its_way(rows):
        return Rebuilt.WAITING
    try:
        if not rows.touches and (rows.row is None or isinstance(rows.row, FencedLead)):
            unlist(rows.place, strays, tools)
            return Rebuilt.UNLISTED
        return rebuild_lead(rows.place, tools, strays=strays, relist=True)
    except LeadFenced:
        return Rebuilt.WAITING
    except NewerFold:
        return Rebuilt.NEWER


def _is_on_its_way(rows: LeadRows) -> bool:
    """Tell whether an erasure or a move is not done yet."""
    if not isinstance(rows.row, FencedLead):
        return False
    return rows.row.fence.kind is not FenceKind.MOVED or bool(rows.touches)


def _rebuild_once(place: Located, tools: Tools, *, strays: Sequence[str], relist: bool) -> Rebuilt:
    store = tools.store
    found = store.read_lead(place)
    if isinstance(found, FencedLead):
        raise LeadFenced(f"the lead row says {found.fence.kind}")
    refuse_newer(found)
    person = store.read_person(place.lead_key)
    touches = list(store.read_touches(place))
    if not touches:
        return Rebuilt.NO_TOUCHES
    lead = judged(fold(touches), person, tools.rules)
    gone = listing(found, store).union(strays) - {store.recent_of(lead).row_key}
    if isinstance(found, StoredLead) and found.lead == lead and not gone and not relist:
        return Rebuilt.UNCHANGED
    store.put_lead(lead, replaced=found, strays=sorted(gone))
    return Rebuilt.REBUILT


def _looks_wrong(rows: LeadRows, tools: Tools) -> bool:
    """Tell whether the lead row or its recent row says something else than the touches."""
    if isinstance(rows.row, FencedLead):
        return _is_on_its_way(rows)
    if not rows.touches:
        return rows.row is None
    person = tools.store.read_person(rows.place.lead_key)
    lead = judged(fold(rows.touches), person, tools.rules)
    told = isinstance(rows.row, StoredLead) and rows.row.lead == lead
    return not told or tools.store.recent_of(lead) not in rows.recents


def _wanted_row_key(rows: LeadRows, tools: Tools) -> str:
    """Return the RowKey of the recent row that the lead should have, if any."""
    if rows.touches:
        return tools.store.recent_of(fold(rows.touches)).row_key
    if isinstance(rows.row, StoredLead):
        return tools.store.recent_of(rows.row.lead).row_key
    return ""
