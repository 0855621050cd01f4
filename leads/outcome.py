"""What became of a delivery in a stage. Pure."""

from __future__ import annotations

from enum import StrEnum


class Outcome(StrEnum):
    """What became of a delivery in a stage."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    ENRICHED = "enriched"
    RECORDED = "recorded"
    REDELIVERED = "redelivered"  # recorded before, by this same delivery
    DUPLICATE = "duplicate"  # the same event, recorded by another delivery
    ERASED = "erased"  # received before its person was erased
    REJECTED = "rejected"
    BURIED = "buried"
