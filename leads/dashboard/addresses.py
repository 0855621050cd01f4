"""Addresses of the pages, and what a list is asked for in them. Pure.

Whatever is not understood counts as not asked for: an address is typed, kept and sent to others.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from leads.model import Stage
from leads.selection import Selection
from leads.statistics import periods

if TYPE_CHECKING:
    from collections.abc import Container, Mapping
    from datetime import datetime

OVERVIEW = "/api/dashboard"
LEADS = f"{OVERVIEW}/leads"
LEAD = f"{OVERVIEW}/lead"
STYLE = f"{OVERVIEW}/style.css"
ICON = f"{OVERVIEW}/icon.svg"

PERIODS = {"today": "Today", "7d": "7 days", "30d": "30 days", "8w": "8 weeks"}
"""What the overview counts, by the names of leads/statistics.py."""

DEFAULT_PERIOD = "30d"

NEWEST, BY_SCORE = "last-seen", "score"
SORTS = {NEWEST: "Newest first", BY_SCORE: "Best to call"}
SINCES = {"": "Any time", "today": "Today", "7d": "In 7 days", "30d": "In 30 days"}

_LONGEST_SEARCH = 200
_LONGEST_OFFER = 300
_PLACE = re.compile(r"([^/]{1,512})/([^/]{1,512})")  # no key of a row holds a slash


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What a list is asked for; the defaults ask for all."""

    offer: str = ""
    stage: str = ""
    since: str = ""
    search: str = ""
    contactable: bool = False
    tests: bool = False
    sort: str = NEWEST
    before: str = ""  # where a list of the newest goes on
    page: int = 1  # of a list of the best

    @property
    def selection(self) -> Selection:
        """Return which rows are wanted."""
        return Selection(
            stage=self.stage or None,
            contactable=self.contactable,
            search=self.search,
            include_tests=self.tests,
        )

    @property
    def leave_out(self) -> bool:
        """Tell whether many of the rows that are read may be unwanted."""
        return bool(self.stage or self.search or self.contactable)

    def begins(self, now: datetime) -> datetime | None:
        """Return since when leads are wanted, or None."""
        return periods(now)[self.since] if self.since else None

    @property
    def after(self) -> tuple[str, str] | None:
        """Return PartitionKey and RowKey of the row behind which a list goes on, or None."""
        place = _PLACE.fullmatch(self.before)
        return (place[2], f"recent|{place[1]}") if place else None


def filters_in(query: Mapping[str, str]) -> Filters:
    """Return what *query* asks for."""
    sort = _one_of(SORTS, query.get("sort")) or NEWEST
    before, page = query.get("before", ""), query.get("page", "")
    return Filters(
        offer=query.get("offer", "").strip().lower()[:_LONGEST_OFFER],
        stage=_one_of([stage.value for stage in Stage], query.get("stage")),
        since=_one_of(SINCES, query.get("since")),
        search=query.get("q", "").strip()[:_LONGEST_SEARCH],
        contactable=query.get("contactable") == "1",
        tests=query.get("tests") == "1",
        sort=sort,
        before=before if sort == NEWEST and _PLACE.fullmatch(before) else "",
        page=int(page) if sort == BY_SCORE and re.fullmatch("1?[1-9]|[12]0", page) else 1,
    )


def period_in(query: Mapping[str, str]) -> str:
    """Return the name of the period that *query* asks for."""
    return _one_of(PERIODS, query.get("period")) or DEFAULT_PERIOD


def overview(period: str = DEFAULT_PERIOD) -> str:
    """Return the address of the overview."""
    return OVERVIEW if period == DEFAULT_PERIOD else _with(OVERVIEW, period=period)


def leads(filters: Filters) -> str:
    """Return the address of a list; nothing in it that goes without saying."""
    return _with(
        LEADS,
        offer=filters.offer,
        stage=filters.stage,
        since=filters.since,
        q=filters.search,
        contactable="1" if filters.contactable else "",
        tests="1" if filters.tests else "",
        sort=filters.sort if filters.sort != NEWEST else "",
        before=filters.before,
        page=str(filters.page) if filters.page > 1 else "",
    )


def lead(offer: object, key: object, *, contact_shown: bool = False) -> str:
    """Return the address of one lead."""
    return _with(LEAD, offer=str(offer), key=str(key), contact="shown" if contact_shown else "")


def place_of(row: Mapping[str, object]) -> str:
    """Return what `before` says to go on behind *row*."""
    return f"{str(row.get('RowKey')).removeprefix('recent|')}/{row.get('PartitionKey')}"


def _one_of(known: Container[str], value: str | None) -> str:
    return value if value and value in known else ""


def _with(path: str, **query: str) -> str:
    told = urlencode({name: value for name, value in query.items() if value}, errors="replace")
    return f"{path}?{told}" if told else path
