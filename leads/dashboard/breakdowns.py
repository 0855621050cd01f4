"""What the overview shows of the counts: numbers, the chart of weeks, the funnel, the shares. Pure.

The lines are those of leads/breakdown.py, which the command `stats` prints: each number here equals
what it says for the same moment.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from leads.breakdown import Funnel, by_offer, by_week, shares, total
from leads.dashboard import addresses, charts, terms, wording
from leads.dashboard.texts import NOTHING, Said, said
from leads.statistics import ACTION, CAMPAIGN, CONTACT, COUNTRY, NONE, OTHER, SOURCE, Number
from leads.weeks import monday_of, week_of, weeks_between

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from leads.breakdown import Share
    from leads.dashboard.charts import Column, Piece
    from leads.tending.status import OfferStatus

WEEKS = "8w"
CHART_HEIGHT = 160.0

_TITLES = {
    SOURCE: "Sources",
    COUNTRY: "Countries",
    CAMPAIGN: "Campaigns",
    ACTION: "Actions",
    CONTACT: "Contact",
}
_WORDS: Mapping[str, Mapping[str, str]] = {
    SOURCE: terms.SOURCES,
    ACTION: terms.ACTIONS,
    CONTACT: terms.CONTACT,
}
_FIRST_SEEN = {
    "today": "first seen today",
    "7d": "first seen in the last 7 days",
    "30d": "first seen in the last 30 days",
    WEEKS: "first seen in the last 8 weeks",
}
_OTHERS = Said("All others")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """How many leads came in a period."""

    label: str
    leads: int
    tests: int
    address: str
    is_chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FunnelRow:
    """One offer in the funnel."""

    name: Said
    address: str  # empty for many offers together
    leads: int
    stages: Mapping[str, int]
    pieces: Sequence[Piece]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareRow:
    """One name in a list of shares."""

    name: Said
    code: Said  # Microsoft's, where *name* is in words
    leads: int
    share: float
    bar: float  # percent of the room


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareList:
    """How the leads spread over the names of a kind."""

    title: str
    rows: Sequence[ShareRow]


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekRow:
    """One week in the table beside the chart."""

    name: str
    stages: Mapping[str, int]
    leads: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Breakdown:
    """Everything that is counted."""

    first_seen: str  # when the leads came that *funnel* and *shares* are made of
    figures: Sequence[Figure]
    weeks: Sequence[WeekRow]
    columns: Sequence[Column]
    funnel: Sequence[FunnelRow]
    shares: Sequence[ShareList]


def breakdown(offers: Mapping[str, OfferStatus], period: str, now: datetime) -> Breakdown | None:
    """Return what is counted of all *offers*, for the *period* where one can be chosen."""
    known = [offer for offer in offers.values() if offer.statistics]
    if not known:
        return None
    as_of = max(offer.as_of for offer in known)
    numbers = {name: _numbers(known, name) for name in addresses.PERIODS}
    weeks = _weeks(known, numbers[WEEKS], as_of)
    chosen = numbers[period]
    return Breakdown(
        first_seen=_first_seen(period, as_of, now),
        figures=[_figure(name, of, name == period, as_of, now) for name, of in numbers.items()],
        weeks=[WeekRow(name=_from(w, now), stages=w.stages, leads=w.leads) for w in weeks],
        columns=charts.columns(
            [(_label(week.name, now), week.stages) for week in weeks], height=CHART_HEIGHT
        ),
        funnel=_funnel(by_offer(chosen)),
        shares=[_share_list(kind, shares(chosen, kind)) for kind in _TITLES],
    )


def _numbers(offers: Sequence[OfferStatus], period: str) -> list[Number]:
    """Return the numbers of all *offers*: none of them is counted with another."""
    found = (offer.statistics.get(period) for offer in offers)
    return [number for statistics in found if statistics for number in statistics.numbers()]


def _figure(
    period: str, numbers: Sequence[Number], chosen: bool, as_of: datetime, now: datetime
) -> Figure:
    counts, is_over = total(numbers), _is_over(period, as_of, now)
    return Figure(
        label=wording.short_day(as_of, now) if is_over else addresses.PERIODS[period],
        leads=counts.leads,
        tests=counts.tests,
        address=addresses.overview(period),
        is_chosen=chosen,
    )


def _first_seen(period: str, as_of: datetime, now: datetime) -> str:
    day = wording.day(as_of, now)
    return f"first seen on {day}" if _is_over(period, as_of, now) else _FIRST_SEEN[period]


def _is_over(period: str, as_of: datetime, now: datetime) -> bool:
    """Tell whether the day that was counted last is not today."""
    return period == "today" and as_of.date() != now.date()


def _weeks(
    offers: Sequence[OfferStatus], numbers: Sequence[Number], as_of: datetime
) -> list[Funnel]:
    """Return every week of the chart; also those before the first lead, so that weeks are alike."""
    since = min(offer.statistics[WEEKS].since for offer in offers if WEEKS in offer.statistics)
    found = {week.name: week for week in by_week(numbers, since, as_of)}
    return [found.get(week) or Funnel(week, {}) for week in weeks_between(since, as_of)]


def _label(week: str, now: datetime) -> str:
    """Return when *week* began; the one that goes on is not to be compared with whole ones."""
    return "now" if week == week_of(now) else wording.short_day(monday_of(week), now)


def _from(week: Funnel, now: datetime) -> str:
    return f"{wording.short_day(monday_of(week.name), now)} ({week.name[-3:]})"


def _funnel(offers: Sequence[Funnel]) -> list[FunnelRow]:
    most = max((offer.leads for offer in offers if offer.name != OTHER), default=1)
    return [
        FunnelRow(
            name=_OTHERS if offer.name == OTHER else said(offer.name),
            address=""
            if offer.name == OTHER
            else addresses.leads(addresses.Filters(offer=offer.name)),
            leads=offer.leads,
            stages=offer.stages,
            pieces=[] if offer.name == OTHER else charts.row(offer.stages, most),
        )
        for offer in offers
    ]


def _share_list(kind: str, found: Sequence[Share]) -> ShareList:
    most = max((share.leads for share in found if share.name != OTHER), default=1)
    rows = [
        ShareRow(
            name=_name(kind, share.name),
            code=said(share.name) if kind == ACTION and share.name in terms.CODES else NOTHING,
            leads=share.leads,
            share=share.share,
            bar=0.0 if share.name == OTHER else round(100 * share.leads / most, 2),
        )
        for share in found
    ]
    return ShareList(title=_TITLES[kind], rows=rows)


def _name(kind: str, name: str) -> Said:
    """Return *name* in words; nothing where the leads name none."""
    told = {NONE: NOTHING, OTHER: _OTHERS}.get(name)
    return said(_WORDS.get(kind, {}).get(name, name)) if told is None else told
