"""How one touch is recorded: read, decide, commit under the lead's ETag, or read again. Pure.

Only here are duplicates decided, against committed rows, so that no crash and no race can lose a
touch or count it twice (DESIGN 5.3). There is no claim and no "seen" mark: claim plus crash would
be a lost lead.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from leads.errors import CommitConflict, ErasureUnderway, LeadConflict, NewerFold
from leads.fold import fold, merge, with_contact_status
from leads.identity import duplicate_window
from leads.model import FOLD_VERSION
from leads.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from leads.model import DncPolicy, Identity, Lead, Person, Touch

ATTEMPTS = 8
"""With the pauses below some 7 s at most: far below the minute until the queue tries again."""

FIRST_PAUSE = 0.05  # seconds; doubles with each attempt
LONGEST_PAUSE = 2.0

RESOLUTION = timedelta(milliseconds=1)
"""What a RowKey can tell apart: with a window of 0, too, a delivery must find its own touch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredLead:
    """A lead row as read, with what replacing it needs."""

    lead: Lead
    etag: str
    fenced: bool = False  # an erasure has begun


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A touch in the table that says the same, seen without its content."""

    delivery_id: str
    received_at: datetime


class LeadStore(Protocol):
    """The table Leads and the person's row, as recording needs them."""

    def read_lead(self, identity: Identity) -> StoredLead | None:
        """Return the lead row, or None."""

    def read_person(self, lead_key: str) -> Person:
        """Return the person's wishes; an empty Person where there is no row."""

    def find_touches(
        self, identity: Identity, *, after: datetime, before: datetime
    ) -> list[Sighting]:
        """Return the touches of this lead and fingerprint received strictly between the two."""

    def read_touches(self, identity: Identity) -> Iterable[Touch]:
        """Return all touches of the lead, without their payloads."""

    def commit(self, touch: Touch, lead: Lead, *, previous: StoredLead | None) -> None:
        """Create the touch and create or replace its lead and recent row, all or nothing.

        Raises:
            CommitConflict: somebody was faster, or nobody can tell whether it was written.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The settings that decide what is recorded."""

    window: timedelta
    dnc: DncPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """How to wait between two attempts: both come from outside so that tests need no time."""

    sleep: Callable[[float], None]  # seconds
    random: Callable[[], float]  # 0 <= x < 1

    def wait(self, attempt: int) -> None:
        """Sleep with full jitter; *attempt* counts from 0."""
        self.sleep(self.random() * min(LONGEST_PAUSE, FIRST_PAUSE * 2**attempt))


def record(touch: Touch, *, store: LeadStore, rules: Rules, backoff: Backoff) -> Outcome:
    """Record *touch* exactly once and return what became of it.

    Raises:
        LeadConflict: others kept changing the lead for all attempts.
        NewerFold: newer code wrote the lead row.
        ErasureUnderway: the lead is being erased; wait until that is done.

    Source: DESIGN 5.3.
    """
    for attempt in range(ATTEMPTS):
        if attempt:
            backoff.wait(attempt - 1)
        with suppress(CommitConflict):
            return _attempt(touch, store=store, rules=rules)
    raise LeadConflict(f"the lead changed under {ATTEMPTS} attempts to write it")


def find_duplicate(
    delivery_id: str,
    received_at: datetime,
    identity: Identity,
    *,
    store: LeadStore,
    window: timedelta,
) -> Outcome | None:
    """Return REDELIVERED or DUPLICATE where the table holds this event already, else None.

    Source: DESIGN 5.2.
    """
    reach = max(duplicate_window(identity.lead_key, window), RESOLUTION)
    seen = store.find_touches(identity, after=received_at - reach, before=received_at + reach)
    if any(sighting.delivery_id == delivery_id for sighting in seen):
        return Outcome.REDELIVERED
    return Outcome.DUPLICATE if seen else None


def _attempt(touch: Touch, *, store: LeadStore, rules: Rules) -> Outcome:
    # The order matters: every later read may only see more than the ETag read here vouches for,
    # so a touch that appears in between makes the commit fail.
    previous = store.read_lead(touch.identity)
    person = store.read_person(touch.identity.lead_key)
    if person.erased_at and touch.received_at <= person.erased_at:
        return Outcome.ERASED
    if previous:
        _check_replaceable(previous)
        known = find_duplicate(
            touch.delivery_id, touch.received_at, touch.identity, store=store, window=rules.window
        )
        if known:
            return known
    lead = with_contact_status(_next_lead(touch, previous, store), person, rules.dnc)
    store.commit(touch, lead, previous=previous)
    return Outcome.RECORDED


def _check_replaceable(previous: StoredLead) -> None:
    if previous.fenced:
        raise ErasureUnderway("the lead is being erased")
    if previous.lead.fold_version > FOLD_VERSION:
        raise NewerFold(f"the lead was folded by version {previous.lead.fold_version}")


def _next_lead(touch: Touch, previous: StoredLead | None, store: LeadStore) -> Lead:
    if previous is None:
        return fold([touch])
    latest, current = previous.lead.last_seen, previous.lead.fold_version == FOLD_VERSION
    if current and touch.received_at > latest:
        return merge(previous.lead, touch)
    return fold([*store.read_touches(touch.identity), touch])
