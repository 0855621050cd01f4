"""What the queue stages share: their ports, their result, and what they do when they fail. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from leads import messages, rejections
from leads.errors import Final, LeadsError, without_message
from leads.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from leads.model import Delivery
    from leads.store import Backoff, LeadStore, Rules

LAST_ATTEMPT = 10
"""`maxDequeueCount` of host.json: one failure more and the host moves the message to poison."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """What the queue stages need from outside."""

    leads: LeadStore
    rules: Rules
    edition: str  # LEADS_STAGE_EDITION
    backoff: Backoff


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What a queue stage made of a message."""

    outcome: Outcome
    enriched: bytes | None = None  # for leads-enriched
    rejected: bytes | None = None  # for leads-rejected
    delivery: Delivery | None = None
    error: Exception | None = None


def guarded(
    work: Callable[[], Step], stage: str, body: bytes, *, attempt: int, now: datetime
) -> Step:
    """Return what *work* returns; reject the message that cannot work or has no attempt left.

    Raises:
        Retryable: try again later; also for a message that is no envelope at all, so that it ends
            in the poison queue as it is.

    Source: DESIGN 5.5.
    """
    try:
        return work()
    except Exception as error:  # noqa: BLE001 - the last attempt leaves a dead letter in any case
        if not isinstance(error, Final) and attempt < LAST_ATTEMPT:
            raise without_message(error) from None
        rejected = rejections.encode_failure(
            body, stage=stage, error=error, attempts=attempt, failed_at=now
        )
        delivery = _delivery(body)
        return Step(outcome=Outcome.REJECTED, rejected=rejected, delivery=delivery, error=error)


def _delivery(body: bytes) -> Delivery | None:
    """Return the delivery for the log, where this code can read it."""
    try:
        return messages.decode(body).delivery
    except LeadsError:
        return None
