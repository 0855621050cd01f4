"""The queue envelopes: what travels between the stages, encoded and decoded. Pure.

Only `v`, `delivery`, `enrichment`, `rejected` and `failure` ever stand at the top: the host lets
top-level keys of a JSON message overwrite the trigger's own metadata (DESIGN 4.2). Bytes are UTF-8
JSON; base64 is the host's part.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from leads.errors import InvalidMessage, MessageTooLarge, UnknownVersion
from leads.model import Delivery, EmailKind, Enrichment, Identity, Stage

VERSION = 1

RECEIVED_BYTES = 44_000
"""What the door may queue. A queue message holds 49,152 bytes before base64; the rest is room."""

FORWARD_BYTES = 48_000
"""What a stage may send on: above it the enrichment is dropped, never the lead (DESIGN 4.2)."""

type Envelope = dict[str, Any]  # as decoded: checked field by field before anything is used


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """An envelope of `leads-received` or `leads-enriched`, decoded."""

    delivery: Delivery
    enrichment: Enrichment | None = None


def encode(message: Message, *, limit: int = FORWARD_BYTES) -> bytes:
    """Return the envelope of *message*, without its enrichment where that would pass *limit* bytes.

    Raises:
        MessageTooLarge: the delivery alone passes *limit*.

    Source: DESIGN 4.2.
    """
    envelope: Envelope = {"v": VERSION, "delivery": _delivery_fields(message.delivery)}
    lean = dump(envelope)
    if len(lean) > limit:
        raise MessageTooLarge(f"the envelope takes {len(lean)} bytes of {limit}")
    if message.enrichment is None:
        return lean
    full = dump(envelope | {"enrichment": asdict(message.enrichment)})
    return full if len(full) <= limit else lean


def decode(body: bytes) -> Message:
    """Return the message that *body* holds.

    Raises:
        UnknownVersion: only newer code can read it.
        InvalidMessage: it is no envelope of ours.

    Source: DESIGN 4.2.
    """
    envelope = read_envelope(body)
    if envelope.get("v") != VERSION:
        raise UnknownVersion("the envelope has a version that this code does not know")
    try:
        return Message(
            delivery=_delivery(envelope["delivery"]),
            enrichment=_enrichment(envelope.get("enrichment")),
        )
    except (KeyError, TypeError, ValueError) as exc:
        # `from None` because these errors quote the value, which may be personal.
        cause = f"the envelope has a missing or malformed field ({type(exc).__name__})"
        raise InvalidMessage(cause) from None


def read_envelope(body: bytes) -> Envelope:
    """Return the JSON object in *body* without looking at its version.

    Raises:
        InvalidMessage: it is not UTF-8 JSON, or not an object.
    """
    try:
        envelope = json.loads(body)
    except (ValueError, RecursionError):
        raise InvalidMessage("the message is not JSON") from None
    if not isinstance(envelope, dict):
        raise InvalidMessage("the message is not a JSON object")
    return envelope


def dump(envelope: Envelope) -> bytes:
    """Return *envelope* as compact UTF-8 JSON: escaping every letter would treble its size."""
    text = json.dumps(envelope, ensure_ascii=False, separators=(",", ":"))
    # A foreign message may hold lone surrogates; json.loads reads them back the same way.
    return text.encode("utf-8", "surrogatepass")


def format_time(moment: datetime) -> str:
    """Return *moment* as ISO 8601 in UTC with milliseconds, such as 2026-11-22T08:00:00.000Z."""
    return f"{moment.astimezone(UTC).isoformat(timespec='milliseconds')[:-6]}Z"


def parse_time(text: str) -> datetime:
    """Return the moment that *text* names, in UTC.

    Raises:
        ValueError: it is no ISO time, has no offset, or lies outside the calendar in UTC.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time without an offset")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("a time before year 1 or after year 9999") from None


def _delivery_fields(delivery: Delivery) -> Envelope:
    return {
        "id": delivery.id,
        "received_at": format_time(delivery.received_at),
        "partition": delivery.identity.partition,
        "lead_key": delivery.identity.lead_key,
        "fingerprint": delivery.identity.fingerprint,
        "identity": delivery.identity.version,
        "redrives": delivery.redrives,
        "traceparent": delivery.traceparent,
        "payload": delivery.payload,
    }


def _delivery(fields: Envelope) -> Delivery:
    return Delivery(
        id=_text(fields["id"]),
        received_at=parse_time(fields["received_at"]),
        identity=Identity(
            partition=_text(fields["partition"]),
            lead_key=_text(fields["lead_key"]),
            fingerprint=_text(fields["fingerprint"]),
            version=_number(fields["identity"]),
        ),
        redrives=_number(fields["redrives"]),
        traceparent=_text(fields["traceparent"]),
        payload=_text(fields["payload"]),
    )


def _enrichment(fields: Any) -> Enrichment | None:  # noqa: ANN401 - as decoded, see Envelope
    """Return the enrichment, or None where there is none or newer code wrote it otherwise.

    It can be found again from the payload, so it must never stop a lead (DESIGN 5.5).
    """
    try:
        return Enrichment(
            email_kind=EmailKind(fields["email_kind"]),
            email_domain=_text(fields["email_domain"]),
            phone_e164=_text(fields["phone_e164"]),
            country_code=_text(fields["country_code"]),
            stage=Stage(fields["stage"]),
        )
    except (KeyError, TypeError, ValueError):
        return None


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value


def _number(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError("not a number")
    return value
