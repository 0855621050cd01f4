"""What the pipeline asks of the table Leads, and what it finds there. Pure.

A lead row is in one of three states. It tells a lead; or it is fenced, because the lead is being
erased or moved and its touches stand still; or the lead was moved and the row says where to.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from leads.errors import CommitConflict, LeadConflict, NewerFold
from leads.model import FOLD_VERSION
from leads.score import DEFAULT_WEIGHTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime, timedelta

    from leads.model import DncPolicy, Identity, Lead, Located, Person, Touch
    from leads.score import Weights

ATTEMPTS = 8
FIRST_PAUSE = 0.05  # seconds; doubles with each attempt
LONGEST_PAUSE = 2.0
LONGEST_TIME = 30.0
"""Seconds after which no further attempt begins: where storage hangs each one is slow, and the
host restarts a worker, with all that it does, whose function outlives `functionTimeout`."""


class FenceKind(StrEnum):
    """Why a lead row holds no lead; the value of its column `Kind`."""

    ERASING = "erasing"
    MOVING = "moving"
    MOVED = "moved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fence:
    """What a lead row says in place of a lead."""

    kind: FenceKind
    since: datetime
    through: datetime | None = None  # erasing: what was received until then goes
    to: str = ""  # moving and moved: the other partition


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredLead:
    """A lead row as read, with what replacing it needs."""

    lead: Lead
    etag: str

    @property
    def fold_version(self) -> int:
        """Return which code folded it."""
        return self.lead.fold_version


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadableLead:
    """A lead row that somebody edited so that it tells no lead any more; its touches still do."""

    etag: str
    fold_version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FencedLead:
    """A lead row that is fenced, or says where the lead went."""

    fence: Fence
    etag: str

    @property
    def fold_version(self) -> int:
        """Return 0: no lead stands here that newer code folded."""
        return 0


type LeadRow = StoredLead | UnreadableLead | FencedLead


def refuse_newer(row: LeadRow | None) -> None:
    """Raise NewerFold where newer code folded the lead: older code never replaces its row.

    Source: DESIGN 4.2.
    """
    if row and row.fold_version > FOLD_VERSION:
        raise NewerFold(f"the lead was folded by version {row.fold_version}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A touch in the table that says the same, seen without its content."""

    delivery_id: str
    received_at: datetime


class LeadStore(Protocol):
    """The table Leads and the person's row, as recording needs them."""

    def read_lead(self, place: Located) -> LeadRow | None:
        """Return the lead row, or None."""

    def read_person(self, lead_key: str) -> Person:
        """Return the person's wishes; an empty Person where there is no row."""

    def find_touches(
        self, identity: Identity, *, after: datetime, before: datetime
    ) -> list[Sighting]:
        """Return the touches of this lead and fingerprint received strictly between the two."""

    def read_touches(self, place: Located) -> Iterable[Touch]:
        """Return all touches of the lead, without their payloads."""

    def commit(self, touch: Touch, lead: Lead, *, previous: StoredLead | None) -> None:
        """Create the touch and create or replace its lead and recent row, all or nothing.

        Raises:
            CommitConflict: somebody was faster, or nobody can tell whether it was written.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The settings that decide what is recorded, and what the lead row says of it."""

    window: timedelta
    dnc: DncPolicy
    weights: Weights = DEFAULT_WEIGHTS  # of the score


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """How to wait between two attempts: all from outside, so that tests need no time."""

    sleep: Callable[[float], None]  # seconds
    random: Callable[[], float]  # 0 <= x < 1
    clock: Callable[[], float]  # seconds, never going back

    def wait(self, attempt: int) -> None:
        """Sleep with full jitter; *attempt* counts from 0."""
        self.sleep(self.random() * min(LONGEST_PAUSE, FIRST_PAUSE * 2**attempt))


def until_committed[T](work: Callable[[int], T], *, backoff: Backoff) -> T:
    """Return what *work* returns, doing it again after each conflict; it is told which attempt.

    Raises:
        LeadConflict: others kept changing the lead for all attempts, or storage is too slow.

    Source: DESIGN 5.3.
    """
    begun = backoff.clock()
    for attempt in range(ATTEMPTS):
        if attempt:
            backoff.wait(attempt - 1)
        if backoff.clock() - begun > LONGEST_TIME:
            break
        with suppress(CommitConflict):
            return work(attempt)
    raise LeadConflict(f"no write went through in {ATTEMPTS} attempts or {LONGEST_TIME:g} s")
