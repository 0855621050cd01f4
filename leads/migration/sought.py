"""Whether the table holds a past lead already, under whatever name its offer goes there. Pure.

Over HTTPS the same lead may name its offer by title alone, and an alias set later changes where it
lies. So each place where it may lie is looked at, and words are compared without the offer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from leads.identity import UNKNOWN_OFFER, duplicate_window, fingerprint, lead_key, offer_partition
from leads.migration.columns import Origin
from leads.migration.moments import Clue
from leads.migration.past_leads import delivery_of, is_imported
from leads.model import LeadPlace

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from leads.migration.past_leads import PastLead
    from leads.model import Located

A_DAY = timedelta(days=1)
"""So far apart the same words may lie at the door and in Microsoft's table, which names no zone."""

WITHIN = timedelta(days=2)
"""So far apart a referral and its touch may lie: a referral may tell no more than its day."""

NOBODY = "a"  # the level of leads that say nothing of their person


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A touch in the table."""

    delivery_id: str
    received_at: datetime
    said: str  # as `said_by`


class PastTouches(Protocol):
    """What the tables tell of a person."""

    def near(
        self, place: Located, *, after: datetime | None, before: datetime | None
    ) -> Iterable[Seen]:
        """Return the touches of a lead, received strictly between the two where they are given."""

    def moved_to(self, place: Located) -> str:
        """Return the partition that a lead was moved to, or an empty text."""

    def erased_at(self, lead_key: str) -> datetime | None:
        """Return when the person was erased last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdings:
    """What is there already."""

    offers: frozenset[str]  # their partitions
    touches: PastTouches
    aliases: Mapping[str, str]
    window: timedelta
    kept_since: datetime | None = None  # what was silent longer, retention has removed


class Found(StrEnum):
    """What became of a past lead."""

    GOT = "got"
    ERASED = "erased"
    RETIRED = "retired"
    UNTELLABLE = "it says nothing of its person"
    NO_OFFER = "no such person anywhere"
    NO_LEAD = "no such person here"
    NO_TOUCH = "no touch near that time"
    ELSEWHERE = "only in another offer"

    @property
    def is_missing(self) -> bool:
        """Tell whether it should be there and is not."""
        return self in {Found.NO_OFFER, Found.NO_LEAD, Found.NO_TOUCH, Found.ELSEWHERE}


def is_known(past: PastLead, held: Holdings) -> bool:
    """Tell whether an import of *past* would count something twice, or bring nothing new."""
    if past.origin is Origin.REFERRALS:
        return _is_got(past, _places(past, held) or _others(past, held), held, WITHIN)
    return any(
        _is_same_event(past, seen, held.window)
        for place in _places(past, held)
        for seen in _near(past, place, held, within=A_DAY)
    )


def look_for(past: PastLead, held: Holdings, *, within: timedelta) -> Found:
    """Tell whether the person has a touch in the offer, at most *within* from when it came.

    Where the offer is unknown here, any offer counts. Without a time, any touch does.
    """
    if is_nobody(past) and past.origin is Origin.REFERRALS:
        return Found.UNTELLABLE
    places, others = _places(past, held), _others(past, held)
    if _is_got(past, places or others, held, within):
        return Found.GOT
    if excused := _excused(past, held):
        return excused
    return _why_missing(past, places, others, held, within)


def _why_missing(
    past: PastLead,
    places: Sequence[Located],
    others: Sequence[Located],
    held: Holdings,
    within: timedelta,
) -> Found:
    if not places:
        return Found.NO_OFFER
    if _any(past, places, held, None):
        return Found.NO_TOUCH
    return Found.ELSEWHERE if _any(past, others, held, within) else Found.NO_LEAD


def _is_got(past: PastLead, places: Sequence[LeadPlace], held: Holdings, within: timedelta) -> bool:
    return _any(past, places, held, within) or _any(past, _moved(places, held), held, within)


def _any(
    past: PastLead, places: Iterable[Located], held: Holdings, within: timedelta | None
) -> bool:
    return any(_has_touch(past, place, held, within) for place in places)


def _moved(places: Iterable[LeadPlace], held: Holdings) -> Iterator[LeadPlace]:
    """Yield where leads went whose offer was merged into another."""
    for place in places:
        if target := held.touches.moved_to(place):
            yield replace(place, partition=target)


def _excused(past: PastLead, held: Holdings) -> Found | None:
    """Return why it may be gone."""
    erased = held.touches.erased_at(past.identity.lead_key)
    slack = A_DAY if past.dated and past.dated.is_day else timedelta(0)
    if erased and (past.dated is None or past.dated.moment - slack <= erased):
        return Found.ERASED
    old = held.kept_since and past.dated and past.dated.moment < held.kept_since
    return Found.RETIRED if old else None


def _is_same_event(past: PastLead, seen: Seen, window: timedelta) -> bool:
    delivery = delivery_of(past)
    if seen.delivery_id == delivery.id:
        return True
    if seen.said != past.said:
        return False
    exact = duplicate_window(past.identity.lead_key, window)
    # Rows of one table differ by what the settings say: a broken import must end as a whole one.
    reach = exact if is_imported(seen.delivery_id) else _reach(past, exact)
    return reach is None or abs(seen.received_at - delivery.received_at) < reach


def _reach(past: PastLead, exact: timedelta) -> timedelta | None:
    """Return how far from the row the same words at the door are the same event; None: ever."""
    if past.dated is None or past.dated.clue is Clue.STORED:
        return None  # a copy of a table has the Timestamps of the day when it was copied
    return exact if is_nobody(past) and not past.dated.is_day else max(exact, A_DAY)


def _near(
    past: PastLead, place: Located, held: Holdings, *, within: timedelta | None
) -> Iterable[Seen]:
    if within is None or past.dated is None or past.dated.clue is Clue.STORED:
        return held.touches.near(place, after=None, before=None)
    reach, moment = max(within, held.window), past.dated.moment
    return held.touches.near(place, after=moment - reach, before=moment + reach)


def _has_touch(past: PastLead, place: Located, held: Holdings, within: timedelta | None) -> bool:
    if within is None or past.dated is None:
        return any(True for _ in held.touches.near(place, after=None, before=None))
    moment, edge = past.dated.moment, timedelta(milliseconds=1)
    after, before = moment - within - edge, moment + within + edge
    return any(True for _ in held.touches.near(place, after=after, before=before))


def is_nobody(past: PastLead) -> bool:
    """Tell whether the row says nothing of its person."""
    return past.identity.lead_key.startswith(NOBODY)


def _others(past: PastLead, held: Holdings) -> list[LeadPlace]:
    key = past.identity.lead_key
    return [LeadPlace(partition=offer, lead_key=key) for offer in sorted(held.offers)]


def _places(past: PastLead, held: Holdings) -> list[LeadPlace]:
    """Return where it may lie, of the offers that are there."""
    return [place for place in _possible(past, held) if place.partition in held.offers]


def _possible(past: PastLead, held: Holdings) -> Iterator[LeadPlace]:
    said = past.submission
    ids = dict.fromkeys((said.offer_id, "", past.product_id))
    called = dict.fromkeys(
        offer_partition(replace(said, offer_id=offer_id), aliases=aliases)
        for offer_id in ids
        for aliases in (held.aliases, {})
    )
    for partition in called:
        if partition == past.identity.partition or partition != UNKNOWN_OFFER:
            words = fingerprint(said, partition=partition)
            yield LeadPlace(partition=partition, lead_key=lead_key(said.contact, fingerprint=words))
