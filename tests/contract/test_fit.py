"""Whatever the door accepts makes rows, and a transaction, that Azure takes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads import enrichment
from leads.door import BODY_BYTES
from leads.identity import identify
from leads.model import Contact, Submission, Touch
from leads.payload import CONTACT_FIELDS, LEAD_FIELDS, parse
from leads.tables.entities import lead_to_entity, recent_to_entity, touch_to_entity
from leads.tables.limits import ENTITY_BYTES, STRING_UNITS, Entity, entity_bytes
from tests.contract.factories import at, identity, lead, touch

TRANSACTION_BYTES = 4 * 1024 * 1024

# Characters that grow most on their way: in UTF-8, in UTF-16, in JSON, and in JSON within JSON.
CHARACTERS = ["x", '"', "\\", "\n", "\x01", "\x7f", "é", "\u2028", "漢", "😀"]
NAMES = ["Email", "FirstName", "Title", *LEAD_FIELDS]


def filled(name: str, char: str, share: float, *, ascii_only: bool) -> str:
    """Return a payload whose field *name* takes so much of what the door accepts."""
    width = len(json.dumps(char, ensure_ascii=ascii_only).encode()) - 2
    text = char * int(share * (BODY_BYTES - 100) / width)
    document = {"UserDetails": {name: text}} if name in CONTACT_FIELDS else {name: text}
    body = json.dumps({"ActionCode": "INS"} | document, ensure_ascii=ascii_only)
    assert len(body.encode()) <= BODY_BYTES
    return body


payloads = st.builds(
    filled,
    st.sampled_from(NAMES),
    st.sampled_from(CHARACTERS),
    st.floats(0, 1),
    ascii_only=st.booleans(),
)


def accepted(text: str, *, hours: int = 0) -> Touch:
    """Return the touch that the pipeline makes of *text*."""
    submission = parse(text)
    return Touch(
        delivery_id="d",
        received_at=at(hours=hours),
        identity=identify(submission, aliases={}),
        submission=submission,
        enrichment=enrichment.enrich(submission, edition="2018"),
        payload=text,
    )


def rows_of(touches: Sequence[Touch]) -> list[Entity]:
    """Return what the last of *touches* writes; each function raises if a row does not fit."""
    folded = lead(*touches)
    return [touch_to_entity(touches[-1]), lead_to_entity(folded), recent_to_entity(folded)]


def transaction_bytes(rows: Sequence[Mapping[str, Any]]) -> int:
    """Return what *rows* take in a transaction, where every other letter is escaped."""
    return sum(len(json.dumps(row, default=str)) for row in rows)


@given(st.lists(payloads, min_size=1, max_size=4))
def test_whatever_the_door_accepts_fits(texts: list[str]) -> None:
    touches = [accepted(text, hours=n) for n, text in enumerate(texts)]

    rows = rows_of(touches)

    assert rows[0]["Payload"] == texts[-1]
    assert "Payload" not in rows[0].get("Truncated", "").split(",")
    assert transaction_bytes(rows) < TRANSACTION_BYTES


@pytest.mark.parametrize("char", CHARACTERS)
def test_a_lead_whose_every_field_came_as_long_as_possible_fits(char: str) -> None:
    names = [*CONTACT_FIELDS, *LEAD_FIELDS]
    texts = [filled(name, char, 1, ascii_only=False) for name in names]
    texts.append(json.dumps({"Description": "campaigns:" + "x" * 32_000}))
    touches = [accepted(text, hours=n) for n, text in enumerate(texts)]

    rows = rows_of(touches)

    assert transaction_bytes(rows) < TRANSACTION_BYTES


def test_a_text_that_grows_past_the_limit_is_cut_and_the_payload_is_whole() -> None:
    numbers = ",".join(["1"] * 1_900)
    filler = "x" * (BODY_BYTES - 3_850)
    text = f'{{"UserDetails":{{"Company":["{filler}",{numbers}]}}}}'
    assert len(text) <= BODY_BYTES

    row = touch_to_entity(accepted(text))

    assert row["Payload"] == text
    assert row["Truncated"].split(",") == ["Company", "CustomerInfo"]


def test_a_row_with_every_text_at_its_limit_fits() -> None:
    long = "é" * STRING_UNITS
    contact = Contact(**{field.name: long for field in fields(Contact)})
    said = Submission(contact=contact, offer_title=long, lead_source=long, campaign=long)

    folded = lead(touch(identity(), submission=said))

    assert entity_bytes(lead_to_entity(folded)) <= ENTITY_BYTES
