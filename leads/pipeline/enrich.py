"""Enrich: drop what the table already knows, else add what can be found offline. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leads import enrichment, messages
from leads.messages import Message
from leads.outcome import Outcome
from leads.payload import parse
from leads.pipeline.stage import Step, guarded
from leads.recording import find_duplicate

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from leads.pipeline.stage import Ports


def enrich(body: bytes, *, attempt: int, open_ports: Callable[[], Ports], now: datetime) -> Step:
    """Return the enriched message of the envelope *body*, or none for a duplicate.

    Drops only what is committed, so a drop can never lose a lead. The same delivery passes on.

    Raises:
        Retryable: try again later (see `guarded`).

    Source: DESIGN 5.3.
    """

    def work() -> Step:
        delivery, ports = messages.decode(body).delivery, open_ports()
        submission = parse(delivery.payload)
        known = find_duplicate(
            delivery.id,
            delivery.received_at,
            delivery.identity,
            store=ports.leads,
            window=ports.rules.window,
        )
        # An erasure may be about to delete the touch that this one repeats: write_lead decides.
        if (
            known is Outcome.DUPLICATE
            and not ports.leads.read_person(delivery.identity.lead_key).erased_at
        ):
            return Step(outcome=known, delivery=delivery)
        found = enrichment.enrich(submission, edition=ports.edition)
        enriched = messages.encode(Message(delivery=delivery, enrichment=found))
        return Step(outcome=Outcome.ENRICHED, enriched=enriched, delivery=delivery)

    return guarded(work, "enrich", body, attempt=attempt, now=now)
