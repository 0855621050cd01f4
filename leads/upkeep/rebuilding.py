"""Rebuild: what lists and teams read, made anew from the touches, which are the truth. Pure."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from leads.errors import LeadFenced, NewerFold
from leads.fold import fold, with_contact_status
from leads.store import FencedLead, FenceKind, StoredLead, refuse_newer, until_committed
from leads.upkeep.ports import listing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from leads.model import LeadPlace, Located
    from leads.store import LeadRow
    from leads.upkeep.ports import LeadRows, Tools


class Rebuilt(StrEnum):
    """What became of a lead that was looked at."""

    UNCHANGED = "unchanged"
    REBUILT = "rebuilt"
    UNLISTED = "unlisted"  # nothing but recent rows was left of it
    NO_TOUCHES = "no touches"  # somebody removed them: the row is all that is known, and stays
    WAITING = "waiting"  # it is being erased or moved, which must be finished first
    NEWER = "newer"  # newer code folded it


def rebuild_offer(partition: str, tools: Tools) -> Iterator[tuple[LeadPlace, Rebuilt]]:
    """Put right every lead of an offer whose rows do not say what its touches say.

    One pass finds what looks wrong; only that is read again and written, under its ETag.

    Raises:
        LeadConflict: others kept changing a lead.
        StorageUnavailable: try again; what is done is done.
    """
    for rows in tools.store.survey(partition):
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
    moved_from: str = "",
) -> Rebuilt:
    """Fold the touches of one lead anew; *strays* are recent rows that must go.

    A lead row that is right is left alone, unless its recent row is not: *relist*. One that says
    that the lead was moved away is replaced only where it comes back from there: *moved_from*.

    Raises:
        LeadFenced: it is being erased or moved; that must be finished first.
        NewerFold: newer code wrote the lead row.
        LeadConflict: others kept changing it.

    Source: DESIGN 5.4.
    """
    return until_committed(
        lambda _attempt: _rebuild_once(
            place, tools, strays=strays, relist=relist, moved_from=moved_from
        ),
        backoff=tools.backoff,
    )


def _rebuild(rows: LeadRows, strays: Sequence[str], tools: Tools) -> Rebuilt:
    if isinstance(rows.row, FencedLead):
        return Rebuilt.WAITING
    if rows.row is None and not rows.touches:
        tools.store.remove_recents(rows.place, strays)
        return Rebuilt.UNLISTED
    try:
        return rebuild_lead(rows.place, tools, strays=strays, relist=True)
    except LeadFenced:
        return Rebuilt.WAITING
    except NewerFold:
        return Rebuilt.NEWER


def _rebuild_once(
    place: Located, tools: Tools, *, strays: Sequence[str], relist: bool, moved_from: str
) -> Rebuilt:
    store = tools.store
    found = store.read_lead(place)
    _check(found, moved_from=moved_from)
    person = store.read_person(place.lead_key)
    touches = list(store.read_touches(place))
    if not touches:
        return Rebuilt.NO_TOUCHES
    lead = with_contact_status(fold(touches), person, tools.rules.dnc)
    gone = listing(found, store).union(strays) - {store.recent_of(lead).row_key}
    if isinstance(found, StoredLead) and found.lead == lead and not gone and not relist:
        return Rebuilt.UNCHANGED
    store.put_lead(lead, replaced=found, strays=sorted(gone))
    return Rebuilt.REBUILT


def _check(found: LeadRow | None, *, moved_from: str) -> None:
    if isinstance(found, FencedLead):
        comes_back = found.fence.kind is FenceKind.MOVED and found.fence.to == moved_from
        if not comes_back:
            raise LeadFenced(f"the lead row says {found.fence.kind}")
    else:
        refuse_newer(found)


def _looks_wrong(rows: LeadRows, tools: Tools) -> bool:
    """Tell whether the lead row or its recent row says something else than the touches."""
    if isinstance(rows.row, FencedLead):
        return rows.row.fence.through is not None or bool(rows.touches)
    if not rows.touches:
        return rows.row is None
    person = tools.store.read_person(rows.place.lead_key)
    lead = with_contact_status(fold(rows.touches), person, tools.rules.dnc)
    told = isinstance(rows.row, StoredLead) and rows.row.lead == lead
    return not told or tools.store.recent_of(lead) not in rows.recents


def _wanted_row_key(rows: LeadRows, tools: Tools) -> str:
    """Return the RowKey of the recent row that the lead should have, if any."""
    if rows.touches:
        return tools.store.recent_of(fold(rows.touches)).row_key
    if isinstance(rows.row, StoredLead):
        return tools.store.recent_of(rows.row.lead).row_key
    return ""
