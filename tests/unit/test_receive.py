from __future__ import annotations

import json
import time
from collections import UserDict
from typing import TYPE_CHECKING, NoReturn

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from leads.door import BODY_BYTES, PROBLEMS, Request
from leads.identity import identify
from leads.messages import RECEIVED_BYTES, decode
from leads.model import Delivery
from leads.outcome import Outcome
from leads.payload import parse
from leads.pipeline.receive import receive
from leads.rejections import REFUSED_BYTES, decode_rejected
from tests.unit import samples
from tests.unit.factories import START, payload, post
from tests.unit.mutations import mutated

if TYPE_CHECKING:
    from collections.abc import Mapping

    from leads.messages import Envelope
    from leads.pipeline.receive import Reception

CANARY = "kanarienvogel"
CPU_SECONDS = 0.05
QUEUE_BYTES = 49_152
VALID = payload()
INVALID_SAMPLE = "90-invalid-docs-test-lead.json"
TITLED = payload(LeadSource="SPZA-INS", OfferTitle="Contoso Sample")
TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def problem(reception: Reception) -> str:
    """Return the slug of the problem that was answered."""
    slug: str = json.loads(reception.answer.body)["type"]
    return slug.removeprefix("/problems/")


def kept(reception: Reception) -> bytes | None:
    """Return the payload that was sent to leads-rejected."""
    return decode_rejected(reception.rejected).body if reception.rejected else None


def queued(reception: Reception) -> Delivery | None:
    """Return the delivery that was sent to leads-received."""
    return decode(reception.received).delivery if reception.received else None


def padded(size: int) -> str:
    """Return a lead of so many bytes."""
    return payload(Description="x" * (size - len(payload(Description=""))))


def received_with(
    *, text: str = VALID, aliases: Mapping[str, str] | None = None, traceparent: str = ""
) -> Reception:
    return receive(
        Request(method="POST", headers={}, body=text.encode()),
        aliases=aliases or {},
        delivery_id="d-1",
        received_at=START,
        traceparent=traceparent,
    )


def test_a_lead_is_accepted_and_stamped_once() -> None:
    reception = post(VALID, delivery_id="d-7")

    assert reception.outcome == Outcome.ACCEPTED
    assert reception.answer.status == 202
    assert json.loads(reception.answer.body) == {"id": "d-7", "status": "accepted"}
    assert reception.rejected is None
    assert queued(reception) == Delivery(
        id="d-7",
        received_at=START,
        identity=identify(parse(VALID), aliases={}),
        payload=VALID,
    )


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
def test_other_methods_than_post_are_told_so_and_not_kept(method: str) -> None:
    reception = post(VALID, method=method)

    assert reception.answer.status == 405
    assert reception.answer.headers == {"Allow": "POST"}
    assert problem(reception) == "method-not-allowed"
    assert (reception.received, reception.rejected) == (None, None)


@pytest.mark.parametrize(
    ("headers", "status", "slug"),
    [
        pytest.param({}, 400, "empty-body", id="empty"),
        pytest.param({"content-length": "0"}, 400, "empty-body", id="empty by its length"),
        pytest.param({"transfer-encoding": "chunked"}, 411, "length-required", id="chunked"),
        pytest.param(
            {"transfer-encoding": "chunked", "content-encoding": "gzip"},
            411,
            "length-required",
            id="chunked and compressed",
        ),
    ],
)
def test_an_empty_body_is_refused_and_there_is_nothing_to_keep(
    headers: dict[str, str], status: int, slug: str
) -> None:
    reception = post(b"", headers=headers)

    assert (reception.answer.status, problem(reception)) == (status, slug)
    assert (reception.received, reception.rejected) == (None, None)


@pytest.mark.parametrize(
    ("body", "status", "slug"),
    [
        pytest.param("not JSON", 400, "invalid-json", id="not JSON"),
        pytest.param(" ", 400, "invalid-json", id="blank"),
        pytest.param("{", 400, "invalid-json", id="half"),
        pytest.param(VALID + VALID, 400, "invalid-json", id="two objects"),
        pytest.param(f"[{VALID}]", 400, "not-an-object", id="an array of leads"),
        pytest.param("null", 400, "not-an-object", id="null"),
        pytest.param(json.dumps(VALID), 400, "not-an-object", id="a lead inside a text"),
        pytest.param('{"LeadSource":"a","LeadSource":"b"}', 400, "duplicate-key", id="twice"),
        pytest.param('{"LeadSource":"a","leadsource":"b"}', 400, "duplicate-key", id="twice, case"),
        pytest.param('{"LeadSource":NaN}', 400, "invalid-number", id="NaN"),
        pytest.param('{"LeadSource":-Infinity}', 400, "invalid-number", id="Infinity"),
        pytest.param(f'{{"LeadSource":{"9" * 101}}}', 400, "invalid-number", id="giant number"),
        pytest.param('{"LeadSource":' + "[" * 99 + "]" * 99 + "}", 400, "too-deep", id="deep"),
        pytest.param(
            json.dumps({"LeadSource": list(range(3_000))}), 400, "too-many-values", id="many values"
        ),
        pytest.param(b'{"LeadSource":"\xff"}', 400, "undecodable-text", id="not UTF-8"),
        pytest.param(VALID.encode("utf-16"), 400, "undecodable-text", id="UTF-16 undeclared"),
        pytest.param("x" * (BODY_BYTES + 1), 413, "too-large", id="over 32,768 bytes"),
        pytest.param("{}", 422, "no-lead-fields", id="empty object"),
        pytest.param('{"event": "push"}', 422, "no-lead-fields", id="another service's webhook"),
    ],
)
def test_what_is_no_lead_is_refused_with_its_reason_and_kept(
    body: str | bytes, status: int, slug: str
) -> None:
    raw = body.encode() if isinstance(body, str) else body

    reception = post(raw)

    assert (reception.answer.status, problem(reception)) == (status, slug)
    assert reception.answer.content_type == "application/problem+json"
    assert reception.outcome == Outcome.REFUSED
    assert reception.received is None
    assert kept(reception) == raw[:REFUSED_BYTES]


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate", "gzip, identity"])
def test_a_compressed_body_is_refused_and_kept(encoding: str) -> None:
    reception = post(b"\x1f\x8b", headers={"content-encoding": encoding})

    assert (reception.answer.status, problem(reception)) == (415, "unsupported-encoding")
    assert kept(reception) == b"\x1f\x8b"


@pytest.mark.parametrize("encoding", ["identity", " Identity ", ""])
def test_a_body_that_is_said_to_be_as_it_is_is_accepted(encoding: str) -> None:
    reception = post(VALID, headers={"content-encoding": encoding})

    assert reception.answer.status == 202


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "application/json",
        "application/json; charset=utf-8",
        "text/plain",
        "text/xml",
        "multipart/form-data; boundary=x",
        "application/x-www-form-urlencoded",
        "no such type",
    ],
)
def test_a_body_that_is_a_lead_is_accepted_whatever_its_content_type(content_type: str) -> None:
    reception = post(VALID, headers={"content-type": content_type})

    assert reception.answer.status == 202


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data; boundary=x", '--x\r\nContent-Disposition: form-data\r\n\r\n{"a":1}'),
        ("application/x-www-form-urlencoded", "LeadSource=SPZA&ActionCode=INS"),
        ("application/xml", "<Lead/>"),
        ("text/xml; charset=utf-8", "<Lead/>"),
        ("application/soap+xml", b"<Lead>\xff</Lead>"),
    ],
)
def test_a_body_that_says_it_is_something_else_is_refused_for_that_and_kept(
    content_type: str, body: str | bytes
) -> None:
    reception = post(body, headers={"content-type": content_type})

    assert (reception.answer.status, problem(reception)) == (415, "unsupported-media-type")
    assert kept(reception) == (body.encode() if isinstance(body, str) else body)


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        pytest.param(b"\xef\xbb\xbf" + VALID.encode(), "application/json", id="UTF-8 with BOM"),
        pytest.param(VALID.encode("utf-16"), "application/json; charset=utf-16", id="UTF-16 BOM"),
        pytest.param(VALID.encode("utf-16-le"), "text/json; charset=UTF-16LE", id="UTF-16 LE"),
        pytest.param(VALID.encode("utf-16-be"), 'text/json; charset="utf-16"', id="UTF-16 BE"),
        pytest.param(VALID.encode(), "application/json; charset=utf-16", id="wrongly declared"),
    ],
)
def test_every_encoding_gives_the_same_text(body: bytes, content_type: str) -> None:
    delivery = queued(post(body, headers={"content-type": content_type}))

    assert delivery is not None
    assert delivery.payload == VALID


def test_a_lead_may_take_all_the_bytes_of_a_body() -> None:
    body = padded(BODY_BYTES)

    reception = post(body)

    assert len(body) == BODY_BYTES == 32_768
    assert reception.answer.status == 202


def test_a_lead_of_one_byte_more_is_too_large_and_its_beginning_is_kept() -> None:
    body = padded(BODY_BYTES + 1)

    reception = post(body)

    assert (reception.answer.status, problem(reception)) == (413, "too-large")
    assert kept(reception) == body.encode()[:REFUSED_BYTES]


@pytest.mark.parametrize("quotes", [11_000, 16_000], ids=["just", "by far"])
def test_a_lead_of_quotes_takes_too_much_room_in_a_queue_and_is_kept(quotes: int) -> None:
    body = payload(Description='"' * quotes)  # a quote takes 2 bytes here and 4 in an envelope

    reception = post(body)

    assert (reception.answer.status, problem(reception)) == (413, "too-large")
    assert kept(reception) == body.encode()


def test_a_lead_of_quotes_that_fits_into_a_queue_message_is_accepted() -> None:
    reception = post(payload(Description='"' * 10_000))

    assert reception.answer.status == 202


def test_a_lead_of_emoji_takes_no_more_room_in_a_queue_than_in_its_body() -> None:
    body = json.dumps({"Description": "\U0001f600" * 5_000}, ensure_ascii=False)

    reception = post(body)

    assert reception.answer.status == 202
    assert len(reception.received or b"") < 21_000


@pytest.mark.parametrize("name", samples.names())
def test_every_sample_ends_as_its_table_says(name: str) -> None:
    text = samples.load(name)

    reception = post(text)

    if name == INVALID_SAMPLE:
        assert (reception.answer.status, problem(reception)) == (400, "invalid-json")
        assert kept(reception) == text.encode()
    else:
        delivery = queued(reception)
        assert reception.answer.status == 202
        assert delivery is not None
        assert delivery.payload == text
        assert reception.rejected is None


def test_a_traceparent_travels_with_its_delivery() -> None:
    delivery = queued(received_with(traceparent=TRACEPARENT))

    assert delivery is not None
    assert delivery.traceparent == TRACEPARENT


@pytest.mark.parametrize("traceparent", ["", "x" * 40_000, TRACEPARENT + "\n", CANARY])
def test_what_is_no_traceparent_stays_outside(traceparent: str) -> None:
    reception = received_with(traceparent=traceparent)

    delivery = queued(reception)
    assert reception.answer.status == 202
    assert delivery is not None
    assert delivery.traceparent == ""


def test_the_alias_of_a_title_decides_where_a_lead_belongs() -> None:
    aliases = {"contoso sample": "contoso.sample-saas"}

    delivery = queued(received_with(text=TITLED, aliases=aliases))

    assert delivery is not None
    assert delivery.identity.partition == "contoso.sample-saas"


class BrokenAliases(UserDict[str, str]):
    """Stands for any bug of ours."""

    def __iter__(self) -> NoReturn:
        raise RuntimeError(CANARY)


def test_a_bug_answers_500_and_keeps_the_payload_without_the_message_of_the_bug() -> None:
    reception = received_with(text=TITLED, aliases=BrokenAliases(x="y"))

    assert (reception.answer.status, problem(reception)) == (500, "internal-error")
    assert reception.received is None
    assert kept(reception) == TITLED.encode()
    assert CANARY.encode() not in (reception.rejected or b"") + reception.answer.body


def check_promises(reception: Reception, body: bytes) -> None:
    """Assert what holds for every request whatever."""
    status = reception.answer.status
    assert status in {202, 400, 405, 411, 413, 415, 422}
    if status == 202:
        assert len(reception.received or b"") <= RECEIVED_BYTES
        assert queued(reception) is not None
        assert reception.rejected is None
    else:
        assert PROBLEMS[problem(reception)][0] == status
        assert reception.received is None
        assert kept(reception) == (body[:REFUSED_BYTES] or None)
        assert len(reception.rejected or b"") <= QUEUE_BYTES


@given(
    st.binary(),
    st.sampled_from(["", "application/json", "text/xml", "application/json; charset=utf-16"]),
)
def test_no_bytes_get_an_undeclared_answer(body: bytes, content_type: str) -> None:
    reception = post(body, headers={"content-type": content_type})

    check_promises(reception, body)


@given(st.data())
def test_no_damage_to_a_sample_gets_an_undeclared_answer(data: st.DataObject) -> None:
    sample = samples.load(data.draw(st.sampled_from(samples.names()))).encode()
    start, end = sorted(data.draw(st.tuples(*[st.integers(0, len(sample))] * 2)))
    body = sample[:start] + data.draw(st.binary(max_size=8)) + sample[end:]

    reception = post(body)

    check_promises(reception, body)


@given(mutated(json.loads(samples.load("11-campaign-as-json.json"))))
@example({"LeadSource": "\ud800"})
@example({"UserDetails": [], "Description": {"a": [1.5]}, "Campaign": 10**90})
def test_no_mutation_of_a_sample_gets_an_undeclared_answer(document: Envelope) -> None:
    body = json.dumps(document).encode()

    reception = post(body)

    check_promises(reception, body)


@given(
    st.lists(
        st.sampled_from([*'{}[]":,\\ \0', "NaN", "1e5", "\ufeff", '"LeadSource":', CANARY]),
        max_size=12,
    ).map("".join)
)
@example(f'{{"{CANARY}":1,"{CANARY}":2}}')
@example(f'{{"{CANARY}":"{CANARY}"}}')
@example(f'{{"LeadSource":"{CANARY}" "{CANARY}"}}')
@example(f'{{"LeadSource":"{CANARY}\n"}}')
@example(f'{{"LeadSource":"\\{CANARY}"}}')
@example(f'"{CANARY}"')
def test_no_answer_repeats_what_was_sent(text: str) -> None:
    reception = post(
        text, headers={"content-type": f"text/xml; charset={CANARY}", "accept": CANARY}
    )

    decided = reception.answer.body + repr(reception.answer.headers).encode()
    cause = decode_rejected(reception.rejected).cause if reception.rejected else ""
    assert CANARY not in decided.decode() + cause


def around(field: str, text: str) -> dict[str, object]:
    top = {"OfferTitle", "Description"}
    return {field: text} if field in top else {"UserDetails": {field: text}}


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"[" * 100_000 + b"]" * 100_000, id="100,000 deep"),
        pytest.param(b'{"LeadSource":' + b"9" * 5_000 + b"}", id="a number of 5,000 digits"),
        pytest.param(b'{"LeadSource":1e' + b"9" * 5_000 + b"}", id="an exponent of 5,000 digits"),
        pytest.param(json.dumps(dict.fromkeys(map(str, range(10_000)))).encode(), id="10,000 keys"),
        pytest.param(json.dumps(dict.fromkeys(map(str, range(3_000)))).encode(), id="3,000 keys"),
        pytest.param(b"x" * 32_769, id="32,769 bytes"),
        pytest.param(b"[" * 32_768, id="brackets"),
        pytest.param(b'{"a":' * 6_553, id="nested objects"),
        pytest.param(b'"' * 32_768, id="quotes"),
        pytest.param(b"\\" * 32_768, id="backslashes"),
        pytest.param(b'{"LeadSource":"' + b"\\\\" * 16_000 + b'"}', id="escaped backslashes"),
        pytest.param(b'{"LeadSource":"' + b"-" * 32_000 + b'"}', id="dashes"),
        pytest.param(b'{"LeadSource":"' + b"|" * 32_000 + b'"}', id="bars"),
        pytest.param(b'{"Description":"' + b"campaigns " * 3_000 + b'"}', id="campaigns"),
        pytest.param(b'{"Description":"' + b"{" * 32_000 + b'"}', id="braces in a description"),
        pytest.param(
            b'{"UserDetails":{"Email":"' + b"mailto:" * 4_500 + b'@x"}}', id="mailto:mailto:"
        ),
        pytest.param(b'{"UserDetails":{"Email":"' + b"<" * 32_000 + b'"}}', id="an address of <"),
        pytest.param(b'{"UserDetails":{"Email":"' + b"@" * 32_000 + b'"}}', id="an address of @"),
        pytest.param(
            b'{"UserDetails":{"Email":"a@' + b"\xc3\xa9" * 16_000 + b'"}}', id="a long domain"
        ),
        pytest.param(b'{"UserDetails":{"Phone":"' + b"1" * 32_000 + b'"}}', id="a long number"),
        pytest.param(b'{"OfferTitle":"' + b"\xcc\x81" * 16_000 + b'"}', id="combining accents"),
        *(
            pytest.param(
                json.dumps(around(field, "\u0301\u0323" * 8_000), ensure_ascii=False).encode(),
                id=f"accents in disorder as {field}",
            )
            for field in ("OfferTitle", "Description", "FirstName", "Email", "Phone")
        ),
    ],
)
def test_no_hostile_body_takes_long(body: bytes) -> None:
    check_promises(post(body), body)

    assert min(cpu_seconds(body) for _ in range(3)) < CPU_SECONDS


def cpu_seconds(body: bytes) -> float:
    """Return what one request costs; the least of a few is without the work of others."""
    start = time.process_time()
    post(body)
    return time.process_time() - start
