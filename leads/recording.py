"""How one touch is recorded: read, decide, commit under the lead's ETag, or read again. Pure.

Only here are duplicates decided, against committed rows, so that no crash and no race can lose a
touch or count it twice (DESIGN 5.3). There is no claim and no "seen" mark: claim plus crash would
be a lost lead.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from leads.errors import LeadConflict, LeadFenced
from leads.fold import fold, judged, merge
from leads.identity import duplicate_window
from leads.model import FOLD_VERSION
from leads.outcome import Outcome
from leads.store import (
    FencedLead,
    FenceKind,
    StoredLead,
    UnreadableLead,
    refuse_newer,
    until_committed,
)

if TYPE_CHECKING:
    from datetime import datetime

    from leads.model import Delivery, Identity, Lead, Touch
    from leads.store import Backoff, LeadRow, LeadStore, Rules

RESOLUTION = timedelta(milliseconds=1)
"""What a RowKey can tell apart: with a window of 0, too, a delivery must find its own touch."""

LONGEST_CHAIN = 5
"""How often a lead may have been moved on: a circle must end in an error, not in a loop."""


def record(touch: Touch, *, store: LeadStore, rules: Rules, backoff: Backoff) -> Outcome:
    """Record *touch* exactly once and return what became of it.

    Raises:
        LeadConflict: others kept changing the lead for all attempts, or storage is too slow.
        NewerFold: newer code wrote the lead row.
        LeadFenced: the lead is being erased or moved; wait until that is done.

    Source: DESIGN 5.3.
    """
    return until_committed(
        lambda attempt: _attempt(touch, store=store, rules=rules, again=attempt > 0),
        backoff=backoff,
    )


def is_recorded(delivery: Delivery, *, store: LeadStore, window: timedelta) -> bool:
    """Tell whether the table holds the event that *delivery* brought, wherever its lead lies now.

    Raises:
        LeadConflict: the lead was moved in a circle.
    """
    identity, _ = _located(delivery.identity, store)
    known = find_duplicate(delivery.id, delivery.received_at, identity, store=store, window=window)
    return known is not None


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
    identity, found = _located(touch.identity, store)
    touch = replace(touch, identity=identity)
    person = store.read_person(identity.lead_key)
    if person.erased_at and touch.received_at <= person.erased_at:
        return Outcome.ERASED
    previous = _readable(found, touch, store)
    if previous and person.erased_at and previous.lead.first_seen <= person.erased_at:
        raise LeadFenced("the lead is to be erased: it must not swallow what came later")
    # No row, no touches. Where somebody removed the row by hand, its touches show in a conflict if
    # this is one of them; a new event makes a row of its own, and `rebuild` must join the two.
    if previous or again:
        known = find_duplicate(
            touch.delivery_id, touch.received_at, identity, store=store, window=rules.window
        )
        if known:
            return known
    lead = judged(_next_lead(touch, previous, store, again=again), person, rules)
    store.commit(touch, lead, previous=previous)
    return Outcome.RECORDED


def _located(identity: Identity, store: LeadStore) -> tuple[Identity, LeadRow | None]:
    """Return where the lead lies now, and its row there: merge-offer may have moved it."""
    for _ in range(LONGEST_CHAIN):
        found = store.read_lead(identity)
        if not isinstance(found, FencedLead) or found.fence.kind is not FenceKind.MOVED:
            return identity, found
        identity = replace(identity, partition=found.fence.to)
    raise LeadConflict("the lead was moved on and on")


def _readable(found: LeadRow | None, touch: Touch, store: LeadStore) -> StoredLead | None:
    """Return *found*, with the lead that its touches make where the row tells none."""
    if isinstance(found, FencedLead):
        raise LeadFenced(f"the lead row says {found.fence.kind}")
    refuse_newer(found)
    if not isinstance(found, UnreadableLead):
        return found
    touches = list(store.read_touches(touch.identity))
    lead = fold(touches) if touches else replace(fold([touch]), fold_version=0)
    return StoredLead(lead=lead, etag=found.etag)


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
