from __future__ import annotations

from datetime import UTC, datetime

import pytest

from devhost.binding_data import QueueMessageFacts, binding_data, trigger_value
from devhost.protos import TypedData

FACTS = QueueMessageFacts(
    message_id="m1",
    pop_receipt="r1",
    dequeue_count=3,
    inserted_on=datetime(2026, 11, 22, 8, tzinfo=UTC),
    expires_on=datetime(2026, 11, 29, 8, tzinfo=UTC),
    next_visible_on=datetime(2026, 11, 22, 8, 10, tzinfo=UTC),
)


def test_the_metadata_has_the_hosts_names_and_types() -> None:
    """Source: QueueTriggerBinding.CreateBindingData; GrpcMessageConversionExtensions."""
    assert binding_data(FACTS, b"body", binary=False) == {
        "Id": TypedData(string="m1"),
        "PopReceipt": TypedData(string="r1"),
        "DequeueCount": TypedData(json="3"),
        "InsertionTime": TypedData(json='"2026-11-22T08:00:00+00:00"'),
        "ExpirationTime": TypedData(json='"2026-11-29T08:00:00+00:00"'),
        "NextVisibleTime": TypedData(json='"2026-11-22T08:10:00+00:00"'),
        "QueueTrigger": TypedData(string="body"),
    }


def test_a_body_that_is_no_text_is_not_repeated() -> None:
    """Source: QueueTriggerBinding.CreateBindingData (TryGetAsString)."""
    assert "QueueTrigger" not in binding_data(FACTS, b"\xff\xfe", binary=True)


@pytest.mark.parametrize(
    ("body", "key", "value"),
    [
        (b'{"id": "other"}', "Id", TypedData(string="other")),
        (b'{"dequeueCount": 99}', "DequeueCount", TypedData(string="99")),
        (b'{"INSERTIONTIME": "soon"}', "InsertionTime", TypedData(string="soon")),
        (
            b'{"insertionTime": "2026-01-02T03:04:05Z"}',
            "InsertionTime",
            TypedData(string="01/02/2026 03:04:05"),
        ),
        (b'{"id": {"a": 1}}', "Id", TypedData(json='{"a": 1}')),
        (b'{"extra": true}', "extra", TypedData(string="True")),
        (b'{"id": [1]}', "Id", TypedData(string="m1")),
        (b'{"id": null}', "Id", TypedData(string="m1")),
        (b'[{"id": 1}]', "Id", TypedData(string="m1")),
        (b'{"id": 1', "Id", TypedData(string="m1")),
    ],
    ids=lambda one: one.decode() if isinstance(one, bytes) else "",
)
def test_top_level_keys_overwrite_the_metadata_whatever_their_case(
    body: bytes, key: str, value: TypedData
) -> None:
    """Source: azure-functions-host WorkerFunctionInvoker.ApplyBindingData."""
    assert binding_data(FACTS, body, binary=False)[key] == value


def test_a_binary_trigger_is_never_parsed() -> None:
    """Source: WorkerFunctionInvoker.TransformInput looks at strings only."""
    metadata = binding_data(FACTS, b'{"id": "other"}', binary=True)

    assert metadata["Id"] == TypedData(string="m1")
    assert trigger_value(b"x", binary=True) == TypedData(bytes=b"x")
    assert trigger_value(b"x", binary=False) == TypedData(string="x")
