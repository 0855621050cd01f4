"""The metadata that travels beside a queue message. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime

from devhost.newtonsoft import Json, looks_like_json, plain
from devhost.protos import TypedData

_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class QueueMessageFacts:
    """What the service says about a message; a message from the admin endpoint has none of it."""

    message_id: str | None = None
    pop_receipt: str | None = None
    dequeue_count: int = 0
    inserted_on: datetime | None = None
    expires_on: datetime | None = None
    next_visible_on: datetime | None = None


def binding_data(facts: QueueMessageFacts, body: bytes, *, binary: bool) -> dict[str, TypedData]:
    """Build the trigger's metadata; top-level keys of a JSON object overwrite it unless binary.

    Source: azure-sdk-for-net QueueTriggerBinding.CreateBindingData, azure-functions-host
    WorkerFunctionInvoker.ApplyBindingData.
    """
    metadata = {
        "DequeueCount": TypedData(json=str(facts.dequeue_count)),
        "ExpirationTime": _time(facts.expires_on or _NEVER),
        "Id": _string(facts.message_id),
        "InsertionTime": _time(facts.inserted_on or datetime.now(UTC)),
        "NextVisibleTime": _time(facts.next_visible_on or _NEVER),
        "PopReceipt": _string(facts.pop_receipt),
    }
    if (text := _text(body)) is not None:
        metadata["QueueTrigger"] = TypedData(string=text)
        if not binary:
            _overwrite(metadata, text)
    return metadata


def trigger_value(body: bytes, *, binary: bool) -> TypedData:
    """Give the function its message as bytes or as text."""
    return TypedData(bytes=body) if binary else TypedData(string=body.decode("utf-8", "replace"))


def _overwrite(metadata: dict[str, TypedData], text: str) -> None:
    for key, value in _properties(text).items():
        if isinstance(value, list) or value is None:
            continue
        # The host's dictionary ignores case and keeps the key that was there first.
        known = next((name for name in metadata if name.lower() == key.lower()), key)
        if isinstance(value, dict):
            metadata[known] = TypedData(json=json.dumps(value, ensure_ascii=False))
        else:
            metadata[known] = TypedData(string=plain(value, parse_dates=True))


def _properties(text: str) -> dict[str, Json]:
    if not looks_like_json(text):
        return {}
    try:
        parsed = json.loads(text)
    except ValueError:
        return {}  # no error: a message need not be JSON
    return parsed if isinstance(parsed, dict) else {}


def _text(body: bytes) -> str | None:
    try:
        return body.decode()
    except UnicodeDecodeError:
        return None


def _string(text: str | None) -> TypedData:
    return TypedData() if text is None else TypedData(string=text)


def _time(moment: datetime) -> TypedData:
    return TypedData(json=json.dumps(moment.astimezone(UTC).isoformat()))
