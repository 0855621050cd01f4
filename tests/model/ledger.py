"""What was asked of the system, written down outside it: what the laws are judged by."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256

from leads.model import Delivery, Identity
from tests.model.cast import ANONYMOUS, Payload

NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Posted:
    """One POST as it passed the door."""

    delivery_id: str
    received_at: datetime
    identity: Identity
    payload: Payload

    @property
    def event(self) -> tuple[str, ...]:
        """What was said where."""
        return self.identity.partition, *self.payload.lines.event

    @property
    def person(self) -> tuple[str, ...]:
        """Who it is, as a person would tell."""
        person = self.payload.lines.person
        return self.event if person == ANONYMOUS else (person,)

    @property
    def lead_key(self) -> str:
        """Who it is, as the door stamped it."""
        return self.identity.lead_key


@dataclass
class Ledger:
    """Who posted what and when, what was answered, and what persons and operators asked for."""

    posted: dict[str, Posted] = field(default_factory=dict)
    accepted: dict[str, Posted] = field(default_factory=dict)
    refused: dict[str, list[tuple[Payload, datetime]]] = field(default_factory=dict)
    dropped: set[str] = field(default_factory=set)
    erased: dict[str, datetime] = field(default_factory=dict)
    objecting: set[str] = field(default_factory=set)
    edited: set[str] = field(default_factory=set)  # leads that wait for `rebuild`

    def attempt(self, delivery: Delivery, payload: Payload) -> Posted:
        """Write down what was posted: it may come out, whatever was answered."""
        one = Posted(
            delivery_id=delivery.id,
            received_at=delivery.received_at,
            identity=delivery.identity,
            payload=payload,
        )
        return self.posted.setdefault(one.delivery_id, one)

    def acknowledge(self, one: Posted) -> None:
        """Write down that it was answered 202: it must come out."""
        self.accepted[one.delivery_id] = one

    def refuse(self, payload: Payload, *, at: datetime) -> None:
        """Write down that the door failed at a payload, which may be redriven."""
        key = sha256(payload.text.encode()).hexdigest()
        self.refused.setdefault(key, []).append((payload, at))

    def accept_refused(self, delivery: Delivery) -> None:
        """Write down as what a payload passed the door that had failed at it."""
        for payload, at in self.refused[delivery.id]:
            if at == delivery.received_at:
                self.attempt(delivery, payload)

    def promise(self, delivery_id: str) -> None:
        """Write down that an operator sent it again, whatever was said of it before."""
        self.dropped.discard(delivery_id)
        self.acknowledge(self.posted[delivery_id])

    def keys(self) -> list[str]:
        """Return the lead keys of everybody who ever wrote."""
        return list(dict.fromkeys(one.lead_key for one in self.posted.values()))

    def is_erased(self, one: Posted) -> bool:
        """Tell whether the person was erased when this had been received."""
        return one.received_at <= self.erased.get(one.lead_key, NEVER)

    def owed(self) -> Iterator[Posted]:
        """Yield what was accepted and must be in the table in the end."""
        for one in self.accepted.values():
            if one.delivery_id not in self.dropped and not self.is_erased(one):
                yield one
