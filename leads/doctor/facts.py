"""What doctor saw, before anybody judges it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime, timedelta

    from leads.letters import StoredLetter
    from leads.tending.status import OfferStatus, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Unseen:
    """What could not be looked at."""

    cause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueFacts:
    """One queue as it is now."""

    name: str
    exists: bool
    depth: int
    oldest_at: datetime | None  # of the first 32 messages that are not being processed
    expires_at: datetime | None  # when the first of them does
    unencoded: int  # of them, which are no base64
    refused: Unseen | None = None  # why nothing can be put there, where that was tried


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterFacts:
    """What waits in LeadDeadLetters."""

    parked: Sequence[StoredLetter]
    redriven: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TableFacts:
    """What the tables hold."""

    missing: Sequence[str]
    skew: timedelta | Unseen  # by how much, at least, storage's clock is ahead of this machine's
    status: Status | Unseen | None  # None: tending never ran
    offers: Mapping[str, OfferStatus] | Unseen
    letters: LetterFacts | Unseen


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that doctor saw."""

    now: datetime
    max_age: timedelta  # LEADS_MAX_AGE_MINUTES
    setting_faults: Sequence[str]
    host_json: str | None  # None: this is not the folder of the app
    tables: TableFacts | Unseen
    queues: Sequence[QueueFacts] | Unseen  # the poison queues among them
    setting_doubts: Sequence[str] = ()
