"""What travels in `leads-rejected`: refused payloads and failed messages, with their causes. Pure.

A refused payload travels in base64, because it may be anything. A failed message travels as the
envelope it was, with its failure beside the delivery: base64 would not fit (DESIGN 4.2).
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode, b64encode
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from leads.errors import Final, InvalidMessage, without_message
from leads.messages import (
    FORWARD_BYTES,
    VERSION,
    Envelope,
    dump,
    format_time,
    parse_time,
    read_envelope,
)

if TYPE_CHECKING:
    from datetime import datetime

REFUSED_BYTES = 32_768
"""How much of a refused payload is kept: as much as the door accepts."""

CAUSE_LENGTH = 300

_STAGE = re.compile(r"[a-z]{1,32}")
_DELIVERY_ID = re.compile(r"[A-Za-z0-9-]{1,64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A message or payload that could not be processed, with its cause."""

    stage: str
    final: bool  # False: worth a redrive
    cause: str
    attempts: int
    key: str  # delivery id, else sha256 of the body
    redrives: int
    failed_at: datetime
    body: bytes  # the payload, or the envelope without its failure
    poisoned: bool = False  # it ended the process, or could not be decoded


def encode_refusal(body: bytes, *, cause: str, rejected_at: datetime) -> bytes:
    """Return the message that keeps the first 32 KiB of a payload that the door refused.

    Source: DESIGN 4.1 and 4.2.
    """
    rejected = {
        "stage": "receive",
        "class": "final",
        "cause": cause[:CAUSE_LENGTH],
        "rejected_at": format_time(rejected_at),
        "body": b64encode(body[:REFUSED_BYTES]).decode(),
    }
    return dump({"v": VERSION, "rejected": rejected})


def encode_failure(
    body: bytes, *, stage: str, error: Exception, attempts: int, failed_at: datetime
) -> bytes:
    """Return *body*, an envelope, with what went wrong beside its delivery.

    Raises:
        InvalidMessage: *body* is no envelope with a delivery, so nothing can stand beside it.

    Source: DESIGN 4.2.
    """
    envelope = read_envelope(body)
    if not isinstance(envelope.get("delivery"), dict):
        raise InvalidMessage("the message holds no delivery")
    failure = {
        "stage": stage,
        "class": "final" if isinstance(error, Final) else "retryable",
        "cause": describe(error),
        "attempts": attempts,
        "failed_at": format_time(failed_at),
    }
    full = dump(envelope | {"failure": failure})
    if len(full) > FORWARD_BYTES:
        envelope.pop("enrichment", None)
        full = dump(envelope | {"failure": failure})
    return full


def describe(error: Exception) -> str:
    """Return why it failed, in at most 300 characters without personal data."""
    known = without_message(error)
    return f"{type(known).__name__}: {known}"[:CAUSE_LENGTH]


def decode_rejected(body: bytes) -> DeadLetter:
    """Return the dead letter in a message of `leads-rejected`.

    The version is not asked for: whatever could be sent here must be kept.

    Raises:
        InvalidMessage: it has neither of the two shapes.

    Source: DESIGN 4.2 and 4.3.
    """
    envelope = read_envelope(body)
    try:
        return _refusal(envelope["rejected"]) if "rejected" in envelope else _failure(envelope)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as exc:
        cause = f"the rejection has a missing or malformed field ({type(exc).__name__})"
        raise InvalidMessage(cause) from None


def _refusal(rejected: Envelope) -> DeadLetter:
    try:
        body = b64decode(rejected["body"], validate=True)
    except binascii.Error:
        raise InvalidMessage("the refused payload is not base64") from None
    return DeadLetter(
        stage=_stage(rejected["stage"]),
        final=rejected["class"] == "final",
        cause=str(rejected["cause"]),
        attempts=1,
        key=sha256(body).hexdigest(),
        redrives=0,
        failed_at=parse_time(rejected["rejected_at"]),
        body=body,
    )


def _failure(envelope: Envelope) -> DeadLetter:
    failure, delivery = envelope["failure"], envelope["delivery"]
    body = dump({key: value for key, value in envelope.items() if key != "failure"})
    return DeadLetter(
        stage=_stage(failure["stage"]),
        final=failure["class"] == "final",
        cause=str(failure["cause"]),
        attempts=int(failure["attempts"]),
        key=key_of_delivery(delivery.get("id"), body),
        redrives=int(delivery.get("redrives", 0)),
        failed_at=parse_time(failure["failed_at"]),
        body=body,
    )


def _stage(value: str) -> str:
    if not _STAGE.fullmatch(value):
        raise ValueError("not a stage")
    return value


def key_of_delivery(delivery_id: object, body: bytes) -> str:
    """Return what a dead letter is kept under: the delivery id, else the hash of *body*.

    It becomes part of a RowKey, which takes no `/`, `#` or `?`.
    """
    known = isinstance(delivery_id, str) and _DELIVERY_ID.fullmatch(delivery_id)
    return str(delivery_id) if known else sha256(body).hexdigest()
