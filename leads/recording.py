"""How one touch is recorded: read, decide, commit under the lead's ETag, or read again. Pure.

Only here are duplicates decided, against committed rows, so that no crash and no race can lose a
touch or count it twice (DESIGN 5.3). There is no claim and no "seen" mark: claim plus crash would
be a lost lead.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
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
FIRST_PAUSE = 0.05  # seconds; doubles with each attempt
LONGEST_PAUSE = 2.0
LONGEST_TIME = 30.0
"""Seconds after which no further attempt begins: where storage hangs each one is slow, and the
host restarts a worker, with all that it does, whose function outlives `functionTimeout`."""

RESOLUTION = timedelta(milliseconds=1)
"""What a RowKey can tell apart: with a window of 0, too, a delivery must find its own touch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredLead:
    """A lead row as read, with what replacing it needs."""

    lead: Lead
    etag: str
    fenced: bool = False  # an erasure has begun

    @property
    def fold_version(self) -> int:
        """Return which code folded it."""
        return self.lead.fold_version


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadableLead:
    """A lead row that somebody edited so that it tells no lead any more; its touches still do."""

    etag: str
    fold_version: int
    fenced: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A touch in the table that says the same, seen without its content."""

    delivery_id: str
    received_at: datetime


class LeadStore(Protocol):
    """The table Leads and the person's row, as recording needs them."""

    def read_lead(self, identity: Identity) -> StoredLead | UnreadableLead | None:
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
    """How to wait between two attempts: all from outside, so that tests need no time."""

    sleep: Callable[[float], None]  # seconds
    random: Callable[[], float]  # 0 <= x < 1
    clock: Callable[[], float]  # seconds, never going back

    def wait(self, attempt: int) -> None:
        """Sleep with full jitter; *attempt* counts from 0."""
        self.sleep(self.random() * min(LONGEST_PAUSE, FIRST_PAUSE * 2**attempt))


def record(touch: Touch, *, store: LeadStore, rules: Rules, backoff: Backoff) -> Outcome:
    """Record *touch* exactly once and return what became of it.

    Raises:
        LeadConflict: others kept changing the lead for all attempts, or storage is too slow.
        NewerFold: newer code wrote the lead row.
        ErasureUnderway: the lead is being erased; wait until that is done.

    Source: DESIGN 5.3.
    """
    begun = backoff.clock()
    for attempt in range(ATTEMPTS):
        if attempt:
            backoff.wait(attempt - 1)
        if backoff.clock() - begun > LONGEST_TIME:
            break
        with suppress(CommitConflict):
            return _attempt(touch, store=store, rules=rules, again=attempt > 0)
    raise LeadConflict(f"no write went through in {ATTEMPTS} attempts or {LONGEST_TIME:g} s")


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


def _attempt(touch: Touch, *, store: LeadStore, rules: Rules, again: bool) -> Outcome:
    # The order matters: every later read may only see more than the ETag read here vouches for,
    # so a touch that appears in between makes the commit fail.
    found = store.read_lead(touch.identity)
    person = store.read_person(touch.identity.lead_key)
    if person.erased_at and touch.received_at <= person.erased_at:
        return Outcome.ERASED
    previous = _readable(found, touch, store)
    if previous and _is_being_erased(previous, person):
        raise ErasureUnderway("the lead is being erased")
    # No row, no touches. Where somebody removed the row by hand, its touches show in a conflict if
    # this is one of them; a new event makes a row of its own, and `rebuild` must join the two.
    if previous or again:
        known = find_duplicate(
            touch.delivery_id, touch.received_at, touch.identity, store=store, window=rules.window
        )
        if known:
            return known
    lead = with_contact_status(_next_lead(touch, previous, store, again=again), person, rules.dnc)
    store.commit(touch, lead, previous=previous)
    return Outcome.RECORDED


def _readable(
    found: StoredLead | UnreadableLead | None, touch: Touch, store: LeadStore
) -> StoredLead | None:
    """Return *found*, with the lead that its touches make where the row tells none."""
    if found and found.fold_version > FOLD_VERSION:
        raise NewerFold(f"the lead was folded by version {found.fold_version}")
    if not isinstance(found, UnreadableLead):
        return found
    touches = list(store.read_touches(touch.identity))
    lead = fold(touches) if touches else replace(fold([touch]), fold_version=0)
    return StoredLead(lead=lead, etag=found.etag, fenced=found.fenced)


def _is_being_erased(previous: StoredLead, person: Person) -> bool:
    """Tell whether *previous* must go first: it must not swallow what came after the erasure."""
    outdated = person.erased_at is not None and previous.lead.first_seen <= person.erased_at
    return previous.fenced or outdated


def _next_lead(touch: Touch, previous: StoredLead | None, store: LeadStore, *, again: bool) -> Lead:
    if previous is None and not again:
        return fold([touch])
    if previous and _comes_last(touch, previous):
        return merge(previous.lead, touch)
    return fold([*store.read_touches(touch.identity), touch])


def _comes_last(touch: Touch, previous: StoredLead) -> bool:
    """Tell whether *touch* can simply be merged into the row that is there.

    A test touch among real ones, or the other way round, takes the full fold: `merge` would drop
    what the row says, and somebody may have ticked `IsTest` by hand.
    """
    lead = previous.lead
    current = lead.fold_version == FOLD_VERSION and lead.is_test == touch.submission.is_test
    return current and touch.received_at > lead.last_seen
