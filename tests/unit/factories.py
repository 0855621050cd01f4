"""Makes payloads, messages and touches in which only what a test names matters."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

from leads.door import Request
from leads.model import Delivery, DncPolicy, Enrichment, Identity, Person, Submission, Touch
from leads.pipeline.receive import receive
from leads.pipeline.stage import Ports
from leads.recording import record
from leads.store import Backoff, Rules
from leads.upkeep.ports import Tools
from tests.memory import MemoryStore

if TYPE_CHECKING:
    from collections.abc import Mapping

    from leads.model import Contact
    from leads.outcome import Outcome
    from leads.pipeline.receive import Reception

START = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
AT_ONCE = timedelta(0)
MS = timedelta(milliseconds=1)
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)

WINDOW = timedelta(hours=24)
MARGIN = timedelta(seconds=60)
POLICY = DncPolicy(margin=MARGIN)
RULES = Rules(window=WINDOW, dnc=POLICY)
NOBODY = Person()

PARTITION = "contoso.sample-saas"
ADA_KEY = "e" + "a" * 32
ADA = {
    "FirstName": "Ada",
    "LastName": "Lovelace",
    "Email": "ada.lovelace@contoso.com",
    "Phone": "442079460101",
    "Country": "GB",
    "Company": "Contoso",
    "Title": "Countess",
}
NOTHING = Enrichment()
INS = Submission(action="INS")


def payload(*, person: dict[str, str] | None = None, **top: object) -> str:
    """Return a payload of the marketplace; *top* are fields beside its UserDetails."""
    source = f"AzureMarketplace-INS|{PARTITION}"
    contact = ADA if person is None else person
    return json.dumps({"UserDetails": contact, "LeadSource": source, **top})


def identity(
    said: str = "hello", *, lead_key: str = ADA_KEY, partition: str = PARTITION
) -> Identity:
    """Return an identity whose fingerprint is a hash of *said*."""
    fingerprint = sha256(said.encode()).hexdigest()
    return Identity(partition=partition, lead_key=lead_key, fingerprint=fingerprint, version=1)


def delivery(
    text: str = "{}", *, delivery_id: str = "d-1", traceparent: str = "", redrives: int = 0
) -> Delivery:
    """Return a delivery with the payload *text*."""
    return Delivery(
        id=delivery_id,
        received_at=START,
        identity=identity(),
        payload=text,
        traceparent=traceparent,
        redrives=redrives,
    )


def touch(  # noqa: PLR0913 - one keyword for each thing that a test may name
    said: str = "hello",
    *,
    after: timedelta = AT_ONCE,
    delivery_id: str = "",
    lead_key: str = ADA_KEY,
    partition: str = PARTITION,
    submission: Submission = INS,
    enrichment: Enrichment = NOTHING,
) -> Touch:
    """Return a touch received *after* the start, of a delivery of its own if none is named."""
    return Touch(
        delivery_id=delivery_id or f"{said} after {after}",
        received_at=START + after,
        identity=identity(said, lead_key=lead_key, partition=partition),
        submission=submission,
        enrichment=enrichment,
    )


def act(action: str, *, after: timedelta = AT_ONCE, said: str = "") -> Touch:
    """Return a touch with nothing but an action."""
    return touch(said or action, after=after, submission=Submission(action=action))


def saying(contact: Contact, *, after: timedelta = AT_ONCE) -> Touch:
    """Return a touch with nothing but a contact."""
    return touch(repr(contact), after=after, submission=Submission(contact=contact))


def post(
    body: str | bytes,
    *,
    method: str = "POST",
    delivery_id: str = "d-1",
    after: timedelta = AT_ONCE,
    headers: Mapping[str, str] | None = None,
) -> Reception:
    """Return what the door makes of a request."""
    raw = body.encode() if isinstance(body, str) else body
    return receive(
        Request(method=method, headers=headers or {}, body=raw),
        aliases={},
        delivery_id=delivery_id,
        received_at=START + after,
    )


def received(text: str = "", *, delivery_id: str = "d-1", after: timedelta = AT_ONCE) -> bytes:
    """Return the message that the door queues for the payload *text*, or for the usual one."""
    queued = post(text or payload(), delivery_id=delivery_id, after=after).received
    assert queued is not None
    return queued


def no_wait() -> Backoff:
    """Return a backoff that takes no time."""
    return Backoff(sleep=lambda _seconds: None, random=lambda: 0.5, clock=lambda: 0.0)


def tools(store: MemoryStore) -> Tools:
    """Return what upkeep works with, on *store*."""
    return Tools(store=store, rules=RULES, backoff=no_wait())


def put(touch: Touch, store: MemoryStore, *, rules: Rules = RULES) -> Outcome:
    """Record *touch* as the pipeline does."""
    return record(touch, store=store, rules=rules, backoff=no_wait())


def store_with(*touches: Touch, rules: Rules = RULES) -> MemoryStore:
    """Return a store in which *touches* were recorded, in this order."""
    store = MemoryStore()
    for one in touches:
        put(one, store, rules=rules)
    return store


def ports(store: MemoryStore, *, edition: str = "2018") -> Ports:
    """Return the ports of a queue stage on *store*."""
    return Ports(leads=store, rules=RULES, edition=edition, backoff=no_wait())
