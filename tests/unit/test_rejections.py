from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from leads.errors import Final, InvalidMessage, LeadConflict, MessageTooLarge
from leads.messages import FORWARD_BYTES, RECEIVED_BYTES, Message, decode, dump, encode
from leads.model import EmailKind, Enrichment
from leads.rejections import (
    CAUSE_LENGTH,
    REFUSED_BYTES,
    DeadLetter,
    decode_rejected,
    describe,
    encode_failure,
    encode_refusal,
)
from tests.unit.factories import START, delivery, received
from tests.unit.mutations import json_values, mutated

if TYPE_CHECKING:
    from leads.messages import Envelope

QUEUE_BYTES = 49_152  # 64 KiB of base64
LONGEST_CAUSE = "\x01\U0001f600" * CAUSE_LENGTH  # six bytes and four for one character in JSON
MUCH_FOUND = Enrichment(
    email_kind=EmailKind.BUSINESS,
    email_domain="x" * 253,
    phone_e164="+" + "1" * 15,
    country_code="GB",
)


def failed(
    body: bytes, *, error: Exception | None = None, stage: str = "write", attempts: int = 10
) -> bytes:
    return encode_failure(
        body,
        stage=stage,
        error=error or LeadConflict("others were faster"),
        attempts=attempts,
        failed_at=START,
    )


def refused(body: bytes, *, cause: str = "invalid-json: Line 1.") -> bytes:
    return encode_refusal(body, cause=cause, rejected_at=START)


def parsed(body: bytes) -> Envelope:
    document: Envelope = json.loads(body)
    return document


@given(st.binary(max_size=200) | st.text().map(str.encode))
def test_every_refused_payload_comes_back_as_it_was(body: bytes) -> None:
    kept = decode_rejected(refused(body))

    assert kept == DeadLetter(
        stage="receive",
        final=True,
        cause="invalid-json: Line 1.",
        attempts=1,
        key=sha256(body).hexdigest(),
        redrives=0,
        failed_at=START,
        body=body,
    )


def test_a_refusal_holds_what_the_contract_says() -> None:
    sent = parsed(refused(b"no JSON"))

    assert sent == {
        "v": 1,
        "rejected": {
            "stage": "receive",
            "class": "final",
            "cause": "invalid-json: Line 1.",
            "rejected_at": "2026-11-22T08:00:00.000Z",
            "body": "bm8gSlNPTg==",
        },
    }


@given(st.integers(0, 3 * REFUSED_BYTES), st.text(max_size=20))
@example(REFUSED_BYTES, LONGEST_CAUSE)
@example(10_000_000, LONGEST_CAUSE)
def test_a_refusal_of_any_size_fits_into_a_queue_message(size: int, cause: str) -> None:
    sent = refused(b"\xff" * size, cause=cause)

    assert len(sent) <= QUEUE_BYTES
    assert decode_rejected(sent).body == b"\xff" * min(size, REFUSED_BYTES)


def test_a_failed_message_is_its_envelope_with_the_failure_beside_the_delivery() -> None:
    body = received()

    sent = parsed(failed(body, stage="enrich", attempts=3))

    assert sent == parsed(body) | {
        "failure": {
            "stage": "enrich",
            "class": "retryable",
            "cause": "LeadConflict: others were faster",
            "attempts": 3,
            "failed_at": "2026-11-22T08:00:00.000Z",
        }
    }


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        pytest.param(LeadConflict("x"), "retryable", id="retryable by its class"),
        pytest.param(MessageTooLarge("x"), "final", id="final by its class"),
        pytest.param(KeyError("x"), "retryable", id="a bug may be mended tomorrow"),
    ],
)
def test_a_failure_is_final_only_when_its_error_is(error: Exception, kind: str) -> None:
    sent = parsed(failed(received(), error=error))

    assert sent["failure"]["class"] == kind


def test_a_failed_message_is_found_again_by_its_delivery() -> None:
    body = encode(Message(delivery=delivery("{}", delivery_id="d-7", redrives=2)))

    kept = decode_rejected(failed(body))

    assert kept == DeadLetter(
        stage="write",
        final=False,
        cause="LeadConflict: others were faster",
        attempts=10,
        key="d-7",
        redrives=2,
        failed_at=START,
        body=body,
    )


@given(st.dictionaries(st.text(), json_values()), st.dictionaries(st.text(), json_values()))
def test_a_failed_message_of_an_unknown_version_keeps_its_envelope_as_it_was(
    top: Envelope, inside: Envelope
) -> None:
    body = dump(top | {"v": 2, "delivery": inside | {"id": "d-7", "redrives": 0}})

    sent = failed(body)

    kept = {key: value for key, value in parsed(body).items() if key != "failure"}
    left = {key: value for key, value in parsed(sent).items() if key != "failure"}
    assert dump(left) == dump(kept)


def test_a_dead_letter_of_an_unknown_version_is_kept_whole() -> None:
    body = dump({"v": 2, "delivery": {"id": "d-7", "new": [1]}, "later": True})

    kept = decode_rejected(failed(body))

    assert (kept.key, kept.body) == ("d-7", body)


@pytest.mark.parametrize("enrichment", [None, MUCH_FOUND], ids=["plain", "enriched"])
@pytest.mark.parametrize("filling", ["x", '"', "\\", "\x01", "\u00e9", "\U0001f600"])
def test_every_failure_of_an_accepted_delivery_fits_into_a_queue_message(
    filling: str, enrichment: Enrichment | None
) -> None:
    largest = Message(delivery=longest_delivery(filling).delivery, enrichment=enrichment)

    sent = failed(encode(largest), error=LeadConflict(LONGEST_CAUSE))

    kept = decode(decode_rejected(sent).body)
    assert len(sent) <= QUEUE_BYTES
    assert kept.delivery == largest.delivery


def longest_delivery(filling: str) -> Message:
    """Return the largest message that the door queues with a payload of one character."""
    bare = len(encode(Message(delivery=delivery(""))))
    each = len(encode(Message(delivery=delivery(filling)))) - bare
    message = Message(delivery=delivery(filling * ((RECEIVED_BYTES - bare) // each)))
    assert len(encode(message, limit=RECEIVED_BYTES)) > RECEIVED_BYTES - each
    return message


def test_a_failure_drops_the_enrichment_where_both_would_not_fit() -> None:
    bare = len(encode(Message(delivery=delivery(""))))
    body = encode(Message(delivery=delivery("x" * (47_500 - bare)), enrichment=MUCH_FOUND))

    sent = failed(body, error=LeadConflict("x" * CAUSE_LENGTH))

    assert len(sent) <= FORWARD_BYTES
    assert set(parsed(sent)) == {"v", "delivery", "failure"}


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"delivery": 1}', b'{"v": 1}', b"\xff"])
def test_what_holds_no_delivery_cannot_carry_a_failure(body: bytes) -> None:
    with pytest.raises(InvalidMessage):
        failed(body)


@given(st.text(max_size=2 * CAUSE_LENGTH))
@example("x" * 2 * CAUSE_LENGTH)
def test_every_cause_is_short(text: str) -> None:
    cause = describe(LeadConflict(text))

    assert cause == f"LeadConflict: {text}"[:CAUSE_LENGTH]
    assert decode_rejected(failed(received(), error=LeadConflict(text))).cause == cause
    assert decode_rejected(refused(b"", cause=text)).cause == text[:CAUSE_LENGTH]


def test_the_cause_of_a_foreign_error_tells_its_type_and_place_and_not_its_message() -> None:
    known: dict[str, str] = {}

    try:
        known["canary@contoso.com"]
    except KeyError as error:
        cause = describe(error)

    assert cause.startswith("UnexpectedError: KeyError in ")
    assert "place_and_not_its_message, line " in cause
    assert "canary" not in cause


def test_an_error_that_was_never_raised_can_be_described() -> None:
    cause = describe(KeyError("canary@contoso.com"))

    assert cause == "UnexpectedError: KeyError in ?, line 0"


@pytest.mark.parametrize(
    "delivery_id",
    ["a/b", "a#b", "a?b", "a\\b", "a|b", "", "x" * 65, "d\n", "\u00e9", None, 7, {"a": 1}],
)
def test_a_delivery_id_that_no_row_key_takes_is_replaced_by_the_hash_of_the_body(
    delivery_id: object,
) -> None:
    body = dump({"v": 2, "delivery": {"id": delivery_id}})

    kept = decode_rejected(failed(body))

    assert kept.key == sha256(kept.body).hexdigest()
    assert kept.body == body


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"{}", id="neither shape"),
        pytest.param(b"[]", id="no object"),
        pytest.param(b'{"rejected": null}', id="an empty refusal"),
        pytest.param(dump(parsed(refused(b"x")) | {"rejected": {"body": "="}}), id="no base64"),
        pytest.param(b'{"delivery": {}, "failure": []}', id="no object as the failure"),
    ],
)
def test_garbage_is_no_rejection(body: bytes) -> None:
    with pytest.raises(InvalidMessage):
        decode_rejected(body)


@pytest.mark.parametrize("number", [float("inf"), float("nan"), "many", None, [1]])
def test_a_count_that_is_no_number_is_refused(number: object) -> None:
    body = parsed(failed(received()))
    body["failure"]["attempts"] = number

    with pytest.raises(InvalidMessage):
        decode_rejected(dump(body))


@pytest.mark.parametrize("stage", ["", "a/b", "Write", "x" * 33, 1, None])
def test_a_stage_that_no_partition_key_takes_is_refused(stage: object) -> None:
    body = parsed(refused(b"x"))
    body["rejected"]["stage"] = stage

    with pytest.raises(InvalidMessage):
        decode_rejected(dump(body))


@given(st.binary() | json_values().map(lambda value: json.dumps(value).encode()))
def test_no_bytes_raise_anything_but_invalid_message(body: bytes) -> None:
    with pytest.raises(InvalidMessage):
        decode_rejected(body)


@given(mutated(parsed(failed(received()))) | mutated(parsed(refused(b"payload"))))
def test_no_mutation_of_a_rejection_raises_anything_but_invalid_message(changed: Envelope) -> None:
    body = json.dumps(changed).encode()

    try:
        kept = decode_rejected(body)
    except InvalidMessage as refusal:
        assert isinstance(refusal, Final)  # noqa: PT017 - either answer is right
        return

    assert kept.stage.isalpha()
