"""The first page: what came in, what needs attention, whom to call. Pure.

Its numbers are those that tend_leads counted, so it reads one row of each offer and not the leads.
Of these it reads the newest alone, which tell what came since, and whom to call first.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from leads.dashboard import addresses, attention, breakdowns, pages, wording
from leads.dashboard.briefs import Brief, brief
from leads.score import call_order, standing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from leads.dashboard.sources import Asked, Page, Row, Sources
    from leads.dashboard.wording import Time
    from leads.score import Weights
    from leads.tending.status import OfferStatus

NEWEST = 1_000
"""Leads among which those to call are looked for, and those that came since the count."""

_SHOWN = 10
_LEAST_PAGE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """When the numbers were counted, and what they do not hold."""

    at: Time
    ago: str
    since: str  # "5 leads came since"
    missing: str  # "2 offers are not counted yet"


def show(sources: Sources, asked: Asked) -> Page:
    """Return the overview."""
    now, offers = asked.now, sources.status.offers_with_statistics()
    page = max(_LEAST_PAGE, NEWEST // max(1, len(offers)))
    newest = list(islice(sources.leads.recent(page=page), NEWEST))
    notices = attention.notices(sources.status.read(), offers, silence=sources.silence, now=now)
    if not newest and not offers:
        return pages.render("empty.html", notices=notices)
    real = [row for row in newest if row.get("IsTest") is not True]
    period = addresses.period_in(asked.query)
    return pages.render(
        "overview.html",
        notices=notices,
        counted=counted(offers, newest, now),
        breakdown=breakdowns.breakdown(offers, period, now),
        first=whom_to_call(real, now=now, weights=sources.weights),
        newest=[brief(row, now=now, weights=sources.weights) for row in real[:_SHOWN]],
        looked_at=wording.number(len(real)),
    )


def whom_to_call(rows: Sequence[Row], *, now: datetime, weights: Weights) -> list[Brief]:
    """Return the best of *rows*; who is never ranked is not among them."""
    ranked = [row for row in rows if standing(row, now=now, weights=weights)]
    best = sorted(ranked, key=lambda row: call_order(row, now=now, weights=weights))
    return [brief(row, now=now, weights=weights) for row in best[:_SHOWN]]


def counted(
    offers: Mapping[str, OfferStatus], newest: Sequence[Row], now: datetime
) -> Counted | None:
    """Return when *offers* were counted, and what the *newest* rows tell beyond it."""
    known = [offer for offer in offers.values() if offer.statistics]
    if not known:
        return None
    oldest = min(offer.as_of for offer in known)
    missing = {str(row.get("PartitionKey")) for row in newest} | offers.keys()
    missing -= {offer.partition for offer in known}
    not_yet = wording.counted(len(missing), "offer is", "offers are")
    return Counted(
        at=wording.short(oldest, now) if oldest.date() != now.date() else wording.clock(oldest),
        ago=wording.ago(oldest, now),
        since=_came_since(offers, newest, oldest),
        missing=f"{not_yet} not counted yet" if missing else "",
    )


def _came_since(offers: Mapping[str, OfferStatus], newest: Sequence[Row], oldest: datetime) -> str:
    came = 0
    for row in newest:
        first = wording.moment_in(row.get("FirstSeen"))
        offer = offers.get(str(row.get("PartitionKey")))
        if row.get("IsTest") is not True and first and first > (offer.as_of if offer else oldest):
            came += 1
    last = wording.moment_in(newest[-1].get("LastSeen")) if newest else None
    more = "at least " if len(newest) == NEWEST and last and last > oldest else ""
    return f"{more}{wording.counted(came, 'lead')} came since" if came else ""
