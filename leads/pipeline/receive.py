"""Receive: an HTTP request becomes an accepted delivery, or a refusal with its reason. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from leads import door, messages, rejections
from leads.errors import InvalidPayload, MessageTooLarge
from leads.identity import identify
from leads.messages import Message
from leads.model import Delivery
from leads.outcome import Outcome
from leads.payload import parse

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

_TRACEPARENT = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")  # W3C, 55 long


@dataclass(frozen=True, slots=True, kw_only=True)
class Reception:
    """What the door answers and queues."""

    answer: door.Answer
    outcome: Outcome
    received: bytes | None = None  # for leads-received
    rejected: bytes | None = None  # for leads-rejected
    delivery: Delivery | None = None
    error: Exception | None = None


def receive(
    request: door.Request,
    *,
    aliases: Mapping[str, str],
    delivery_id: str,
    received_at: datetime,
    traceparent: str = "",
) -> Reception:
    """Accept the lead in *request*, or refuse it with a reason and keep what may be one.

    Never raises: an error of ours answers 500 and keeps the payload, because nobody sends it again.

    Source: DESIGN 4.1.
    """
    try:
        text = door.read_text(request)
        delivery = Delivery(
            id=delivery_id,
            received_at=received_at,
            identity=identify(parse(text), aliases=aliases),
            traceparent=traceparent if _TRACEPARENT.fullmatch(traceparent) else "",
            payload=text,
        )
        queued = messages.encode(Message(delivery=delivery), limit=messages.RECEIVED_BYTES)
    except MessageTooLarge:
        error = InvalidPayload("too-large", "Its quotes and escapes take too much room in a queue.")
        return _refusal(error, request, received_at)
    except InvalidPayload as error:
        return _refusal(door.blame(error, request), request, received_at)
    except Exception as error:  # noqa: BLE001 - see the docstring: a bug must not lose a lead
        return _fault(error, request, received_at)
    answer = door.accepted(delivery_id)
    return Reception(answer=answer, outcome=Outcome.ACCEPTED, received=queued, delivery=delivery)


def _refusal(error: InvalidPayload, request: door.Request, received_at: datetime) -> Reception:
    cause = f"{error.problem}: {error.detail}"
    kept = rejections.encode_refusal(request.body, cause=cause, rejected_at=received_at)
    return Reception(
        answer=door.refused(error),
        outcome=Outcome.REFUSED,
        rejected=kept if door.is_worth_keeping(error, request) else None,
        error=error,
    )


def _fault(error: Exception, request: door.Request, received_at: datetime) -> Reception:
    cause = rejections.describe(error)
    kept = rejections.encode_refusal(request.body, cause=cause, rejected_at=received_at)
    return Reception(answer=door.broken(), outcome=Outcome.REFUSED, rejected=kept, error=error)
