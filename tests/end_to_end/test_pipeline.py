"""From a POST to the rows of the table, and what happens when things go wrong between."""

from __future__ import annotations

import json
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from leads.identity import identify
from leads.messages import Message, encode
from leads.model import Delivery
from leads.payload import parse
from tests.end_to_end.app import App, Row, lead, new_offer, wait_until


def test_one_person_with_three_actions_each_posted_twice_is_one_lead_of_three_touches(
    app: App,
) -> None:
    offer = new_offer()

    for action in ("INS", "PLT", "Create"):
        for email in ("ada@example.com", " ADA@Example.COM "):
            app.post(lead(offer, ActionCode=action, UserDetails={"Email": email}))
    app.drain()

    (row,) = app.offer(offer, "lead")
    assert (row["TouchCount"], row["Actions"], row["Stage"]) == (3, "INS,PLT,Create", "active")
    assert len(app.offer(offer, "touch")) == 3
    assert len(app.offer(offer, "recent")) == 1


def test_a_hundred_identical_posts_at_once_are_one_touch(app: App) -> None:
    offer = new_offer()
    payload = lead(offer)

    with ThreadPoolExecutor(100) as pool:
        replies = list(pool.map(lambda _: app.post(payload).status, range(100)))
    app.drain()

    assert replies == [202] * 100
    assert len(app.offer(offer, "touch")) == 1
    assert [row["TouchCount"] for row in app.offer(offer, "lead")] == [1]


def test_a_message_delivered_again_in_any_queue_changes_nothing(app: App) -> None:
    offer = new_offer()
    message = delivery_message(lead(offer))

    app.put("leads-received", message)
    app.drain()
    once = app.offer(offer, "lead") + app.offer(offer, "touch") + app.offer(offer, "recent")
    app.put("leads-received", message)
    app.put("leads-enriched", message)
    app.drain()

    assert once == app.offer(offer, "lead") + app.offer(offer, "touch") + app.offer(offer, "recent")
    assert len(once) == 3


LONG = {
    "longest-ascii": "a" * 32_600,
    "emoji": "😀" * 5_000,  # 20 kB
    "quotes-that-fit": '"' * 10_000,
    "backslashes-that-fit": "\\" * 10_000,
    "umlauts": "ü" * 16_300,
    "control-escapes": "\u0001" * 5_000,
}


@pytest.mark.parametrize("text", LONG.values(), ids=LONG)
def test_the_longest_description_is_stored_whole(app: App, text: str) -> None:
    offer = new_offer()
    said = {"LeadSource": f"AzureMarketplace|{offer}", "Description": text}
    payload = json.dumps(said, ensure_ascii=False)

    reply = app.post(payload.encode())
    app.drain()

    assert reply.status == 202
    (touch,) = app.offer(offer, "touch")
    assert touch["Payload"] == payload
    assert touch["Description"] == text.replace("\u0001", "\ufffd")
    assert len(app.offer(offer, "lead")) == 1


TOO_LONG = {
    "quotes": '"' * 16_000,  # a body of 32,000 bytes: each is escaped, and escaped again to queue
    "backslashes": "\\" * 16_000,
}


@pytest.mark.parametrize("text", TOO_LONG.values(), ids=TOO_LONG)
def test_what_no_queue_message_holds_is_refused_and_kept(app: App, text: str) -> None:
    offer = new_offer()
    payload = {"LeadSource": f"AzureMarketplace|{offer}", "Description": text}

    reply = app.post(payload)
    app.drain()

    assert reply.status == 413
    body = json.dumps(payload).encode()
    assert body in [row["Body"] for row in app.dead_letters("receive")]


def test_a_message_of_a_newer_version_is_kept_for_the_code_that_knows_it(app: App) -> None:
    message = json.loads(delivery_message(lead(new_offer())))
    newer = json.dumps(message | {"v": 2}).encode()

    app.put("leads-received", newer)
    wait_until(lambda: letters(app, "enrich", message["delivery"]["id"]))

    (letter,) = letters(app, "enrich", message["delivery"]["id"])
    assert (letter["Class"], letter["Attempts"], letter["State"]) == ("retryable", 10, "parked")
    assert letter["Cause"].startswith("UnknownVersion")
    assert json.loads(letter["Body"]) == message | {"v": 2}


def test_a_payload_that_is_no_lead_any_more_is_buried_at_once(app: App) -> None:
    message = json.loads(delivery_message(lead(new_offer())))
    message["delivery"]["payload"] = "{"

    app.put("leads-enriched", json.dumps(message).encode())
    wait_until(lambda: letters(app, "write", message["delivery"]["id"]))

    (letter,) = letters(app, "write", message["delivery"]["id"])
    assert (letter["Class"], letter["Attempts"]) == ("final", 1)


def test_a_message_that_cannot_be_decoded_ends_in_the_poison_queue(app: App) -> None:
    garbage = f"not an envelope {uuid4()}".encode()

    app.put("leads-enriched", garbage)

    def poisoned() -> list[bytes]:
        with app.queue("leads-enriched-poison") as client:
            return [message.content for message in client.peek_messages(max_messages=32)]

    wait_until(lambda: app.depth("leads-enriched-poison"))
    wait_until(lambda: any(b64encode(garbage).decode() in str(content) for content in poisoned()))


def letters(app: App, stage: str, delivery_id: str) -> list[Row]:
    return [row for row in app.dead_letters(stage) if row["RowKey"] == f"{delivery_id}|0"]


def delivery_message(payload: Row) -> bytes:
    text = json.dumps(payload)
    received_at = datetime.now(UTC).replace(microsecond=0)
    delivery = Delivery(
        id=str(uuid4()),
        received_at=received_at,
        identity=identify(parse(text), aliases={}),
        payload=text,
    )
    return encode(Message(delivery=delivery))
