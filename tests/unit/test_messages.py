from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from leads.errors import InvalidMessage, MessageTooLarge, UnknownVersion
from leads.messages import (
    FORWARD_BYTES,
    RECEIVED_BYTES,
    Message,
    decode,
    encode,
    format_time,
    parse_time,
)
from leads.model import Delivery, EmailKind, Enrichment, Identity, Stage
from tests.unit.factories import START, delivery
from tests.unit.mutations import json_values, mutated

if TYPE_CHECKING:
    from leads.messages import Envelope

FOUND = Enrichment(
    email_kind=EmailKind.BUSINESS,
    email_domain="contoso.com",
    phone_e164="+442079460101",
    country_code="GB",
    stage=Stage.INTEREST,
)
FULL = Message(delivery=delivery('{"LeadSource": "SPZA"}'), enrichment=FOUND)

whole_milliseconds = st.builds(
    lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000),
    st.datetimes(datetime(2020, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - bounds are naive
)
deliveries = st.builds(
    Delivery,
    id=st.text(),
    received_at=whole_milliseconds,
    identity=st.builds(
        Identity,
        partition=st.text(),
        lead_key=st.text(),
        fingerprint=st.text(),
        version=st.integers(0, 9),
    ),
    payload=st.text(),
    redrives=st.integers(0, 99),
    traceparent=st.text(),
)
enrichments = st.builds(Enrichment)
messages = st.builds(Message, delivery=deliveries, enrichment=st.none() | enrichments)


def sized(envelope_bytes: int, enrichment: Enrichment | None = None) -> Message:
    """Return a message whose envelope takes so many bytes without its enrichment."""
    bare = len(encode(Message(delivery=delivery(""))))
    return Message(delivery=delivery("x" * (envelope_bytes - bare)), enrichment=enrichment)


def envelope(**changes: object) -> Envelope:
    full: Envelope = json.loads(encode(FULL))
    return full | changes


@given(messages)
@example(FULL)
@example(Message(delivery=delivery('{"Title": "\U0001f600 \\"quoted\\" \\\\ \u2028 \x7f"}')))
@example(Message(delivery=delivery("\ud800 half a pair")))
def test_every_message_comes_back_as_it_was_sent(message: Message) -> None:
    decoded = decode(encode(message))

    assert decoded == message


@given(messages)
def test_only_agreed_keys_ever_stand_at_the_top(message: Message) -> None:
    top = json.loads(encode(message))

    assert {"v", "delivery"} <= set(top) <= {"v", "delivery", "enrichment"}


def test_an_envelope_holds_what_the_contract_says() -> None:
    sent = json.loads(encode(FULL))

    assert sent == {
        "v": 1,
        "delivery": {
            "id": "d-1",
            "received_at": "2026-11-22T08:00:00.000Z",
            "partition": "contoso.sample-saas",
            "lead_key": FULL.delivery.identity.lead_key,
            "fingerprint": FULL.delivery.identity.fingerprint,
            "identity": 1,
            "redrives": 0,
            "traceparent": "",
            "payload": '{"LeadSource": "SPZA"}',
        },
        "enrichment": {
            "email_kind": "business",
            "email_domain": "contoso.com",
            "phone_e164": "+442079460101",
            "country_code": "GB",
            "stage": "interest",
        },
    }


def test_letters_beyond_ascii_take_no_more_room_than_in_utf_8() -> None:
    payload = "\U0001f600\u00e9"

    sent = encode(Message(delivery=delivery(payload)))

    assert payload.encode() in sent


def test_an_envelope_may_take_all_the_bytes_of_the_limit() -> None:
    sent = encode(sized(RECEIVED_BYTES), limit=RECEIVED_BYTES)

    assert len(sent) == RECEIVED_BYTES == 44_000


def test_an_envelope_of_one_byte_more_is_too_large() -> None:
    with pytest.raises(MessageTooLarge):
        encode(sized(RECEIVED_BYTES + 1), limit=RECEIVED_BYTES)


@given(st.integers(RECEIVED_BYTES, FORWARD_BYTES))
@example(FORWARD_BYTES)
def test_above_the_limit_the_enrichment_is_dropped_and_never_the_lead(size: int) -> None:
    message = sized(size, FOUND)

    sent = encode(message)

    decoded = decode(sent)
    room_for_all = size + len(b',"enrichment":') + len(enrichment_json()) <= FORWARD_BYTES
    assert len(sent) <= FORWARD_BYTES
    assert decoded.delivery == message.delivery
    assert decoded.enrichment == (FOUND if room_for_all else None)


def enrichment_json() -> str:
    return json.dumps(envelope()["enrichment"], separators=(",", ":"))


@pytest.mark.parametrize("version", [2, 0, "1", None, 1.5, [1], {}])
def test_an_unknown_version_may_be_known_tomorrow(version: object) -> None:
    with pytest.raises(UnknownVersion):
        decode(json.dumps(envelope(v=version)).encode())


def test_an_envelope_without_a_version_may_be_known_tomorrow() -> None:
    with pytest.raises(UnknownVersion):
        decode(b"{}")


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\xff\xfe\x00", id="no text"),
        pytest.param(b"[]", id="an array"),
        pytest.param(b'"text"', id="a text"),
        pytest.param(b"[" * 49_000, id="deep"),
        pytest.param(b"9" * 49_000, id="a long number"),
        pytest.param(b'{"v": 1}', id="no delivery"),
        pytest.param(b'{"v": 1, "delivery": []}', id="no object as the delivery"),
    ],
)
def test_garbage_is_an_invalid_message(body: bytes) -> None:
    with pytest.raises(InvalidMessage):
        decode(body)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", None),
        ("payload", 1),
        ("identity", "1"),
        ("identity", True),
        ("redrives", 0.5),
        ("received_at", "yesterday"),
        ("received_at", "2026-11-22T08:00:00"),
        ("received_at", "0001-01-01T00:00:00+01:00"),
        ("received_at", 1_700_000_000),
    ],
)
def test_a_malformed_field_of_a_delivery_is_an_invalid_message(field: str, value: object) -> None:
    broken = envelope(delivery=envelope()["delivery"] | {field: value})

    with pytest.raises(InvalidMessage):
        decode(json.dumps(broken).encode())


@pytest.mark.parametrize("field", sorted(envelope()["delivery"]))
def test_every_field_of_a_delivery_is_needed(field: str) -> None:
    fields = {name: value for name, value in envelope()["delivery"].items() if name != field}

    with pytest.raises(InvalidMessage):
        decode(json.dumps(envelope(delivery=fields)).encode())


@pytest.mark.parametrize(
    "enrichment",
    [{}, None, [], "text", {"stage": "won"}],
    ids=["empty", "null", "list", "text", "of newer code"],
)
def test_an_enrichment_that_cannot_be_read_never_stops_the_lead(enrichment: object) -> None:
    known = envelope()["enrichment"]
    changed = known | enrichment if isinstance(enrichment, dict) and enrichment else enrichment

    message = decode(json.dumps(envelope(enrichment=changed)).encode())

    assert message.enrichment is None
    assert message.delivery == decode(json.dumps(envelope()).encode()).delivery


def test_what_is_malformed_is_not_repeated_in_the_error() -> None:
    broken = envelope(delivery=envelope()["delivery"] | {"received_at": "canary@contoso.com"})

    with pytest.raises(InvalidMessage) as refusal:
        decode(json.dumps(broken).encode())

    assert "canary" not in str(refusal.value)
    assert refusal.value.__cause__ is None
    assert refusal.value.__suppress_context__


@given(st.binary() | json_values().map(lambda value: json.dumps(value).encode()))
def test_no_bytes_raise_anything_but_our_errors(body: bytes) -> None:
    with pytest.raises((InvalidMessage, UnknownVersion)):
        decode(body)


@given(mutated(envelope()))
def test_no_mutation_of_an_envelope_raises_anything_but_our_errors(changed: Envelope) -> None:
    body = json.dumps(changed).encode()

    try:
        message = decode(body)
    except (InvalidMessage, UnknownVersion):
        return

    assert decode(encode(message)) == message


@given(whole_milliseconds)
def test_every_moment_comes_back_to_the_millisecond(moment: datetime) -> None:
    assert parse_time(format_time(moment)) == moment


def test_a_moment_is_written_in_utc() -> None:
    in_india = START.astimezone(timezone(timedelta(hours=5, minutes=30)))

    assert format_time(in_india) == "2026-11-22T08:00:00.000Z"


def test_a_moment_without_an_offset_is_refused() -> None:
    with pytest.raises(ValueError, match="without an offset"):
        parse_time("2026-11-22T08:00:00")
