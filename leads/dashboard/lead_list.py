"""The list of leads, filtered by what stands in its address. Pure.

A view looks at a bounded number of rows, however many leads there are: what does not fit is
reached by a link that goes on where the look ended.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from heapq import merge
from typing import TYPE_CHECKING

from leads.dashboard import addresses, pages, wording
from leads.dashboard.addresses import BY_SCORE, SINCES, SORTS, Filters
from leads.dashboard.briefs import Brief, brief
from leads.dashboard.texts import said
from leads.model import Stage
from leads.score import call_order

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from leads.dashboard.sources import Asked, LeadRows, Page, Row, Sources
    from leads.score import Weights

PAGE = 50

_A_REQUEST = 1_000  # rows: more no request may ask for

BEST_OF = _A_REQUEST - 1
"""Leads that are put in order by their score. One row more tells whether there are others."""

MOST_ROWS = 2 * _A_REQUEST - 1
"""Rows that a view looks at before it asks whether to go on: they take half a second to read."""
_KEY = re.compile(r"[a-z][0-9a-f]{32}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a bounded look at the rows found."""

    rows: Sequence[Row]
    looked_at: int
    last: Row | None  # the last one that was looked at, if there are more


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A page of the list."""

    rows: Sequence[Row]
    told: str
    onward: str = ""  # addresses; empty where there is no such page
    back: str = ""
    is_broken_off: bool = False  # *onward* goes on with the look


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One line of a select."""

    value: str
    label: str
    is_chosen: bool


def show(sources: Sources, asked: Asked) -> Page:
    """Return a page of the list."""
    filters, offers = addresses.filters_in(asked.query), list(sources.leads.offers())
    rows = _rows(sources.leads, filters, offers, asked.now)
    if filters.sort == BY_SCORE:
        found = look(rows, filters, most=BEST_OF)
        listing = best(found, filters, now=asked.now, weights=sources.weights)
    else:
        found = look(rows, filters, most=PAGE)
        listing = newest(found, filters, now=asked.now)
    return pages.render(
        "leads.html",
        listing=listing,
        leads=briefs(listing.rows, now=asked.now, weights=sources.weights),
        filters=filters,
        choices=choices(filters, offers),
        by_score=filters.sort == BY_SCORE,
        clear="" if filters == Filters(sort=filters.sort) else addresses.LEADS,
    )


def look(rows: Iterable[Row], filters: Filters, *, most: int) -> Found:
    """Return the first *most* of *rows* that are wanted, and where the look at them ended."""
    selection, looked_at = filters.selection, 0
    taken: list[Row] = []
    last: Row | None = None
    for row in rows:
        if len(taken) == most or looked_at == MOST_ROWS:
            return Found(rows=taken, looked_at=looked_at, last=last)
        looked_at, last = looked_at + 1, row
        if selection.takes(row):
            taken.append(row)
    return Found(rows=taken, looked_at=looked_at, last=None)


def newest(found: Found, filters: Filters, *, now: datetime) -> Listing:
    """Return a page of the newest leads."""
    is_broken_off = found.last is not None and len(found.rows) < PAGE
    told = f"{wording.counted(len(found.rows), 'lead')}, newest first"
    onward = replace(filters, before=addresses.place_of(found.last)) if found.last else None
    return Listing(
        rows=found.rows,
        told=f"{told}, {_among(found, now)}" if is_broken_off else told,
        onward=addresses.leads(onward) if onward else "",
        back=addresses.leads(replace(filters, before="")) if filters.before else "",
        is_broken_off=is_broken_off,
    )


def best(found: Found, filters: Filters, *, now: datetime, weights: Weights) -> Listing:
    """Return a page of the newest leads, the best of them first."""
    ordered = sorted(found.rows, key=lambda row: call_order(row, now=now, weights=weights))
    first = (filters.page - 1) * PAGE
    shown, has_more = ordered[first : first + PAGE], first + PAGE < len(ordered)
    told = f"{wording.counted(len(ordered), 'lead')}, whom to call first on top"
    if first or has_more:
        told = f"{told}, {first + 1} to {first + len(shown)}"
    return Listing(
        rows=shown,
        told=f"{told}, {_among(found, now)}" if found.last else told,
        onward=addresses.leads(replace(filters, page=filters.page + 1)) if has_more else "",
        back=addresses.leads(replace(filters, page=1)) if first else "",
    )


def briefs(rows: Iterable[Row], *, now: datetime, weights: Weights) -> list[Brief]:
    """Return what the list shows of *rows*."""
    return [brief(row, now=now, weights=weights) for row in rows]


def choices(filters: Filters, offers: Iterable[str]) -> dict[str, list[Choice]]:
    """Return what can be chosen of each filter, with what is chosen now."""
    known = dict.fromkeys(sorted({*offers, filters.offer} - {""}))
    return {
        "offer": _choices({"": "All offers"} | {o: said(o).text for o in known}, filters.offer),
        "stage": _choices({"": "Any"} | {s.value: s.value.title() for s in Stage}, filters.stage),
        "since": _choices(SINCES, filters.since),
        "sort": _choices(SORTS, filters.sort),
    }


def _rows(leads: LeadRows, filters: Filters, offers: Sequence[str], now: datetime) -> Iterable[Row]:
    """Return the rows to look at, newest first, read as far as somebody looks."""
    chosen = [filters.offer] if filters.offer else offers
    if _KEY.fullmatch(filters.search):  # one person, who need not be looked for
        return _of_person(leads, filters, chosen, now)
    wanted = MOST_ROWS if filters.leave_out or filters.sort == BY_SCORE else PAGE
    page = min(_A_REQUEST, max(PAGE, wanted // max(1, len(chosen))) + 1)
    streams = [
        leads.recent(one, since=filters.begins(now), after=filters.after, page=page)
        for one in chosen
    ]
    return merge(*streams, key=lambda row: str(row["RowKey"]))


def _of_person(
    leads: LeadRows, filters: Filters, offers: Iterable[str], now: datetime
) -> list[Row]:
    begins = filters.begins(now)
    found = [row for one in offers if (row := leads.lead(one, filters.search))]
    seen = {id(row): wording.moment_in(row.get("LastSeen")) or wording.LONG_AGO for row in found}
    wanted = [row for row in found if begins is None or seen[id(row)] >= begins]
    return sorted(wanted, key=lambda row: seen[id(row)], reverse=True)


def _among(found: Found, now: datetime) -> str:
    """Return among how many leads these were looked for."""
    seen = wording.moment_in(found.last.get("LastSeen")) if found.last else None
    back_to = f", back to {wording.day(seen, now)}" if seen else ""
    return f"among the {wording.number(found.looked_at)} seen last{back_to}"


def _choices(labels: Mapping[str, str], chosen: str) -> list[Choice]:
    return [
        Choice(value=value, label=label, is_chosen=value == chosen)
        for value, label in labels.items()
    ]
