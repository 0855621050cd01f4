from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from itertools import pairwise
from time import process_time
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.identity import lead_key
from leads.letters import (
    FIRST_REDRIVE,
    KEYS_KEPT,
    LONGEST_REDRIVE,
    REDRIVES,
    REDRIVES_OF_POISON,
    keys_of_addresses,
    lead_keys,
    letter_of_poison,
    next_redrive,
    pause,
    received_at,
)
from leads.messages import dump
from leads.model import Contact
from leads.names import RECEIVED, REJECTED, STAGES
from leads.rejections import DeadLetter, decode_rejected, encode_failure, encode_refusal
from leads.tables.letter_entities import letter_from_entity, letter_to_entity
from leads.tables.limits import BINARY_BYTES
from tests.unit.factories import HOUR, START, payload, received
from tests.unit.mutations import json_values, mutated

DAY = timedelta(days=1)
ADA = "ada.lovelace@contoso.com"
O_BRIEN = "o'brien@contoso.com"
POISON = f"{RECEIVED}-poison"
MOST = 65_536


def key_of(email: str) -> str:
    return lead_key(Contact(email=email), fingerprint="")


def refused(body: bytes) -> DeadLetter:
    return decode_rejected(encode_refusal(body, cause="invalid-json", rejected_at=START))


def failed(body: bytes, *, stage: str = "write") -> bytes:
    return encode_failure(body, stage=stage, error=OSError(), attempts=10, failed_at=START)


def letter(*, final: bool = False, redrives: int = 0, poisoned: bool = False) -> DeadLetter:
    one = decode_rejected(failed(received()))
    return replace(one, final=final, redrives=redrives, poisoned=poisoned)


def found(body: bytes, *, queue: str = POISON, stage: str = "enrich") -> DeadLetter:
    """Return the letter of a message in a poison queue."""
    return letter_of_poison(body, queue=queue, stage=stage, found_at=START + HOUR)


def test_the_pauses_between_redrives_sum_to_thirty_days() -> None:
    pauses = [pause(before) for before in range(REDRIVES)]

    assert sum(pauses, start=timedelta()) >= 30 * DAY
    assert sum(pauses[:-1], start=timedelta()) < 30 * DAY


@pytest.mark.parametrize(
    ("before", "waits"),
    [
        (0, timedelta(minutes=5)),
        (1, timedelta(minutes=10)),
        (2, timedelta(minutes=20)),
        (8, timedelta(minutes=1280)),
        (9, DAY),
        (REDRIVES - 1, DAY),
    ],
)
def test_a_letter_waits_twice_as_long_each_time_and_a_day_at_most(
    before: int, waits: timedelta
) -> None:
    assert next_redrive(letter(redrives=before)) == START + waits


def test_no_pause_is_shorter_than_the_one_before() -> None:
    pauses = [pause(before) for before in range(REDRIVES + 100)]

    assert pauses[0] == FIRST_REDRIVE
    assert pauses[-1] == LONGEST_REDRIVE
    assert all(one <= other for one, other in pairwise(pauses))


@pytest.mark.parametrize(
    ("one", "times", "most"),
    [
        pytest.param(letter(), 0, REDRIVES, id="retryable, by redrives"),
        pytest.param(letter(poisoned=True), 0, REDRIVES_OF_POISON, id="poison, by redrives"),
        pytest.param(letter(final=True), 0, 0, id="final"),
        pytest.param(letter(final=True, poisoned=True), 0, 0, id="final poison"),
    ],
)
def test_a_letter_is_redriven_so_often_and_then_waits_for_a_person(
    one: DeadLetter, times: int, most: int
) -> None:
    tries = [next_redrive(replace(one, redrives=n), times=times) for n in range(REDRIVES + 5)]
    in_place = [next_redrive(one, times=n) for n in range(REDRIVES + 5)]

    assert [due is not None for due in tries] == [n < most for n in range(REDRIVES + 5)]
    assert REDRIVES_OF_POISON == 3
    assert in_place == tries


def test_a_letter_has_the_longer_of_its_two_histories() -> None:
    due = next_redrive(letter(redrives=2), times=3)

    assert due == next_redrive(letter(redrives=3), times=2) == START + pause(3)


def test_an_accepted_lead_speaks_of_its_own_person_alone() -> None:
    text = payload(Description="please tell bob@contoso.com, too")

    spoken_of = lead_keys(decode_rejected(failed(received(text))))

    assert spoken_of == {key_of(ADA)}


def test_an_accepted_lead_of_nobody_in_particular_speaks_of_nobody_else() -> None:
    text = payload(person={"FirstName": "Ada"}, Description="bob@contoso.com")

    [spoken_of] = lead_keys(decode_rejected(failed(received(text))))

    assert spoken_of.startswith("a")


def test_the_envelope_of_newer_code_still_says_whose_it_is() -> None:
    body = dump({"v": 9, "delivery": {"lead_key": "e1", "words": "bob@contoso.com"}})

    assert lead_keys(found(body)) == {"e1"}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('{"Email": "ada.lovelace@contoso.com",', id="broken JSON"),
        pytest.param('{"Email": "Ada.Lovelace@CONTOSO.com"', id="upper case"),
        pytest.param(r'{"Email": "ada.lovelace\u0040contoso.com"', id="an escaped at"),
        pytest.param(r'{"Email": "\u0041da.lovelace@contoso.com"', id="an escaped letter"),
        pytest.param(r'{"x": "{\"Email\": \"ada.lovelace\\u0040contoso.com\"', id="JSON in JSON"),
        pytest.param(r'{"Description": "Me:\nada.lovelace@contoso.com\tBye"', id="a line break"),
        pytest.param(r'{"Description": "Me\\nada.lovelace@contoso.com"', id="one in JSON in JSON"),
        pytest.param(f"email={quote(ADA)}&name=Ada", id="a form"),
        pytest.param(f"say={quote_plus('I am ' + ADA)}", id="a form with blanks"),
        pytest.param("lead=%22ada.lovelace%5Cu0040contoso.com%22", id="JSON in a form"),
        pytest.param("mailto:ada.lovelace@contoso.com?subject=Hi", id="mailto"),
        pytest.param("MAILTO%3Aada.lovelace%40contoso.com", id="mailto in a form"),
        pytest.param('"Ada, Countess" <ada.lovelace@contoso.com>', id="a display name"),
        pytest.param("{'Email': 'ada.lovelace@contoso.com'}", id="single quotes"),
        pytest.param("I am \u201cada.lovelace@contoso.com\u201d.", id="quotes of a text program"),
        pytest.param("Write to ada.lovelace@contoso.com.", id="the end of a sentence"),
        pytest.param("Write to ada.lovelace@contoso.com!", id="the end of a shout"),
        pytest.param("<Email>ada.lovelace@contoso.com</Email>", id="XML"),
        pytest.param("a@b.example,ada.lovelace@contoso.com;c@d.example", id="a list"),
        pytest.param("https://contoso.com/?u=ada.lovelace@contoso.com&v=1", id="a link"),
        pytest.param("ada.\u200blovelace@contoso.com", id="what nobody sees"),
        pytest.param('\ufeff{"Email": "ada.lovelace@contoso.com"', id="a byte order mark"),
        pytest.param("ada.lovelace@contoso.com", id="nothing else"),
    ],
)
def test_a_refused_payload_speaks_of_an_address_in_whatever_form_it_was_sent(text: str) -> None:
    assert key_of(ADA) in lead_keys(refused(text.encode()))


@pytest.mark.parametrize(
    ("email", "text"),
    [
        pytest.param(O_BRIEN, f'"{O_BRIEN}"', id="an apostrophe"),
        pytest.param(O_BRIEN, f"'{O_BRIEN}'", id="an apostrophe among single quotes"),
        pytest.param(O_BRIEN, quote("o'brien@contoso.com", safe=""), id="an apostrophe in a form"),
        pytest.param("a+b@contoso.com", '"a+b@contoso.com"', id="plus"),
        pytest.param("a+b@contoso.com", "email=a%2Bb%40contoso.com", id="plus in a form"),
        pytest.param("r&d@contoso.com", '"r&d@contoso.com"', id="ampersand"),
        pytest.param("a/b=c@contoso.com", '"a/b=c@contoso.com"', id="slash and equals"),
        pytest.param("ada@b\u00fccher.example", '"ada@b\u00fccher.example"', id="umlaut"),
        pytest.param("ada@xn--bcher-kva.example", '"ada@b\u00fccher.example"', id="its A-label"),
        pytest.param("ada@b\u00fccher.example", r'"ada@b\u00fccher.example"', id="escaped umlaut"),
        pytest.param("\u30c6@contoso.com", '"\u30c6@contoso.com"', id="another script"),
    ],
)
def test_an_unusual_address_is_found_as_the_door_would_know_it(email: str, text: str) -> None:
    assert key_of(email) in lead_keys(refused(text.encode()))


def test_a_refused_payload_speaks_of_every_address_in_it() -> None:
    text = f"{ADA}, bob@contoso.com and {O_BRIEN}"

    assert lead_keys(refused(text.encode())) == {
        key_of(ADA),
        key_of("bob@contoso.com"),
        key_of(O_BRIEN),
    }


@pytest.mark.parametrize(
    "text", ["", "no address", "@", "a@", "@b", "noreply@contoso.com", "a@b@c"]
)
def test_what_is_no_address_of_anybody_speaks_of_nobody(text: str) -> None:
    assert lead_keys(refused(text.encode())) == frozenset()


def test_a_refused_payload_that_looks_like_an_envelope_is_none() -> None:
    forged = {"received_at": "2099-01-01T00:00:00Z", "lead_key": "e1", "words": ADA}

    one = refused(dump({"v": 1, "delivery": forged}))

    assert lead_keys(one) == {key_of(ADA)}
    assert received_at(one) == START


def test_of_a_forged_list_of_persons_the_first_are_known() -> None:
    emails = [f"person{n}@contoso.com" for n in range(2_000)]

    known = lead_keys(refused(" ".join(emails).encode()))

    assert known == {key_of(email) for email in emails[:KEYS_KEPT]}


@pytest.mark.parametrize(
    "piece",
    [
        pytest.param("@", id="ats"),
        pytest.param("a@b ", id="short addresses"),
        pytest.param("none@b ", id="placeholders"),
        pytest.param("\\", id="backslashes"),
        pytest.param("\\\\u", id="escapes that are none"),
        pytest.param("\\u0040", id="escapes"),
        pytest.param("%40", id="percents"),
        pytest.param("%", id="percents that are none"),
        pytest.param("\u0301@", id="marks"),
        pytest.param("<@>", id="brackets"),
        pytest.param("mailto:", id="schemes"),
        pytest.param("@\u00fc.", id="umlauts"),
        pytest.param("'@.", id="quotes"),
        pytest.param("{@", id="braces"),
    ],
)
def test_finding_addresses_takes_time_in_proportion_to_the_length(piece: str) -> None:
    def seconds(size: int) -> float:
        text = (piece * (size // len(piece.encode()) + 1)).encode()[:size].decode("utf-8", "ignore")
        begun = process_time()
        keys_of_addresses(text)
        return process_time() - begun

    quarter, whole = min(seconds(MOST // 4) for _ in range(3)), seconds(MOST)

    assert whole < 1.0
    assert whole < 8 * quarter + 0.05


@given(st.binary(max_size=500) | st.text(alphabet="a@.\\u0040%' <>", max_size=200).map(str.encode))
def test_no_bytes_raise_and_few_persons_are_known(body: bytes) -> None:
    assert len(lead_keys(refused(body))) <= KEYS_KEPT


def test_a_message_was_received_when_the_door_says_and_not_when_it_failed() -> None:
    one = decode_rejected(failed(received(after=-HOUR)))

    assert (received_at(one), one.failed_at) == (START - HOUR, START)


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(None, id="nothing"),
        pytest.param(7, id="a number"),
        pytest.param("yesterday", id="no time"),
        pytest.param("2026-11-22T08:00:00", id="no zone"),
        pytest.param("1600-01-01T00:00:00Z", id="before the calendar of the table"),
        pytest.param("9999-12-31T00:00:00Z", id="its end"),
    ],
)
def test_a_message_that_cannot_say_when_it_was_received_failed_then(said: object) -> None:
    body = dump({"v": 2, "delivery": {"id": "d-1", "received_at": said}})

    assert received_at(found(body)) == START + HOUR


def test_a_rejection_among_poison_is_its_own_letter() -> None:
    inner = failed(received(), stage="write")

    one = found(inner, queue=f"{REJECTED}-poison", stage="bury")

    assert one == decode_rejected(inner)


def test_a_refusal_among_poison_is_its_own_letter() -> None:
    inner = encode_refusal(b"{", cause="invalid-json", rejected_at=START)

    assert found(inner, queue=f"{REJECTED}-poison", stage="bury") == decode_rejected(inner)


@pytest.mark.parametrize(("queue", "stage"), STAGES.items())
def test_an_envelope_among_poison_is_found_again_by_its_delivery(queue: str, stage: str) -> None:
    body = received(delivery_id="d-7")

    one = found(body, queue=f"{queue}-poison", stage=stage)

    assert one == DeadLetter(
        stage=stage,
        final=False,
        cause=f"Poisoned: found in {queue}-poison; it ended the process or could not be decoded",
        attempts=0,
        key="d-7",
        redrives=0,
        failed_at=START + HOUR,
        body=body,
        poisoned=True,
    )


@pytest.mark.parametrize("body", [b"", b"\xff", b"[]", b"{}", b'{"delivery": 7}', b"[" * 9_999])
def test_garbage_among_poison_is_kept_whole_under_its_hash(body: bytes) -> None:
    one = found(body)

    assert (one.key, one.redrives, one.body) == (sha256(body).hexdigest(), 0, body)
    assert one.poisoned


@pytest.mark.parametrize("redrives", [True, -1, 10**4, 10**30, 1.5, "3", None, [1]])
def test_a_forged_number_of_redrives_is_none(redrives: object) -> None:
    body = dump({"v": 1, "delivery": {"id": "d-1", "redrives": redrives}})

    assert found(body).redrives == 0


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("attempts", 2**31),
        ("attempts", -1),
        ("failed_at", "0001-01-01T00:00:00Z"),
        ("failed_at", "9999-12-31T23:59:59Z"),
    ],
)
def test_a_forged_rejection_that_no_row_takes_is_kept_whole(field: str, value: object) -> None:
    rejection = json.loads(failed(received()))
    rejection["failure"][field] = value
    body = dump(rejection)

    one = found(body, queue=f"{REJECTED}-poison", stage="bury")

    assert (one.stage, one.body, one.failed_at) == ("bury", body, START + HOUR)


@given(
    st.binary()
    | json_values().map(lambda value: json.dumps(value).encode())
    | mutated(json.loads(failed(received()))).map(lambda value: json.dumps(value).encode())
    | mutated(json.loads(received())).map(lambda value: json.dumps(value).encode())
)
def test_whatever_lies_in_a_poison_queue_can_be_kept_and_read_again(body: bytes) -> None:
    one = found(body)

    row = letter_to_entity(one, now=START)

    again = letter_from_entity(row).letter
    assert (again.stage, again.key, again.redrives) == (one.stage, one.key, one.redrives)
    assert again.body == one.body


def test_the_largest_message_that_is_no_base64_can_be_kept() -> None:
    body = b"@" * MOST

    assert letter_to_entity(found(body), now=START)["Body"] == body
    assert BINARY_BYTES == MOST
