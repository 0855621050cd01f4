"""Write: record a touch exactly once and fold it into its lead. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leads import messages
from leads.model import Touch
from leads.payload import parse
from leads.pipeline.stage import Step, guarded
from leads.recording import record

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from leads.messages import Message
    from leads.pipeline.stage import Ports


def write(body: bytes, *, attempt: int, open_ports: Callable[[], Ports], now: datetime) -> Step:
    """Record the touch in the envelope *body*.

    Raises:
        Retryable: try again later (see `guarded`).

    Source: DESIGN 5.3.
    """

    def work() -> Step:
        message, ports = messages.decode(body), open_ports()
        touch = _touch(message, edition=ports.edition)
        outcome = record(touch, store=ports.leads, rules=ports.rules, backoff=ports.backoff)
        return Step(outcome=outcome, delivery=message.delivery)

    return guarded(work, "write", body, attempt=attempt, now=now)


def _touch(message: Message, *, edition: str) -> Touch:
    delivery = message.delivery
    submission = parse(delivery.payload)
    found = message.enrichment
    if found is None:  # an envelope that was too large travels without it
        from leads.enrichment import enrich  # noqa: PLC0415 - 5 ms of a cold start, seldom needed

        found = enrich(submission, edition=edition)
    return Touch(
        delivery_id=delivery.id,
        received_at=delivery.received_at,
        identity=delivery.identity,
        submission=submission,
        enrichment=found,
        payload=delivery.payload,
    )
