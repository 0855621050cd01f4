"""The dead letters on the real table: kept, counted once each, and given back as they came."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import partial
from uuid import uuid4

import pytest
from azure.data.tables import TableServiceClient, UpdateMode

from leads.errors import InvalidPayload, Retryable, StorageUnavailable
from leads.letters import LetterState
from leads.pipeline.bury import bury
from leads.rejections import DeadLetter, decode_rejected, encode_failure, encode_refusal
from leads.tables.connection import open_table
from leads.tables.dead_letters import TableDeadLetters
from leads.tables.letter_entities import KEPT_FAILURES
from leads.tables.limits import Entity
from tests.contract.factories import MS, NOON, at, letter, message, payload
from tests.contract.faults import FAULTS, REPEATED, Fault, FaultyTransport, Killed, rounds
from tests.contract.threads import all_at_once

BURIED_AT = at(minutes=1)


@dataclass
class Cemetery:
    """The table of one test, and what stands in it."""

    service: TableServiceClient
    name: str

    @property
    def letters(self) -> TableDeadLetters:
        return TableDeadLetters(open_table(self.service, self.name))

    def bury(self, *letters: DeadLetter) -> None:
        for one in letters:
            self.letters.bury(one, now=BURIED_AT)

    def rows(self) -> list[Entity]:
        return [dict(row) for row in self.service.get_table_client(self.name).list_entities()]

    def row(self) -> Entity:
        (only,) = self.rows()
        return only


@pytest.fixture
def cemetery(service: TableServiceClient) -> Cemetery:
    """A table that does not exist yet."""
    return Cemetery(service, f"LeadDeadLetters{uuid4().hex}")


def failed(*, error: Exception, attempts: int = 10, redrives: int = 0) -> tuple[bytes, DeadLetter]:
    """Return an envelope and the letter that its failure becomes."""
    body = message("contoso.offer", payload(Description='"é😀'), redrives=redrives)
    rejected = encode_failure(body, stage="write", error=error, attempts=attempts, failed_at=NOON)
    return body, decode_rejected(rejected)


def test_a_refused_payload_is_kept_as_it_came(cemetery: Cemetery) -> None:
    refused = encode_refusal(b'\xff{"broken', cause="invalid-json", rejected_at=NOON)

    bury(refused, letters=cemetery.letters, now=BURIED_AT)

    kept = decode_rejected(refused)
    assert cemetery.row() == {
        "PartitionKey": "receive",
        "RowKey": f"{kept.key}|0",
        "Class": "final",
        "Cause": "invalid-json",
        "Attempts": 1,
        "Body": b'\xff{"broken',
        "FailedAt": NOON,
        "Failures": "1795348800000",
        "ReceivedAt": NOON,
        "BuriedAt": BURIED_AT,
        "Count": 1,
        "State": "parked",
    }


def test_the_same_payload_refused_again_raises_the_count_of_one_row(cemetery: Cemetery) -> None:
    first = letter()
    again = replace(first, failed_at=at(hours=1))

    cemetery.bury(first)
    before = cemetery.row()
    cemetery.bury(again)

    failures = f"{before['Failures']},1795352400000"
    changed = {"Count": 2, "FailedAt": at(hours=1), "Failures": failures}
    assert cemetery.row() == before | changed


def test_what_fails_anew_is_parked_again_whatever_was_done_with_it(cemetery: Cemetery) -> None:
    first = letter()
    cemetery.bury(first)
    table = cemetery.service.get_table_client(cemetery.name)
    table.update_entity(cemetery.row() | {"State": "dropped"})

    cemetery.bury(first)
    after_redelivery = cemetery.row()["State"]
    cemetery.bury(replace(first, failed_at=at(hours=1)))

    assert (after_redelivery, cemetery.row()["State"]) == ("dropped", "parked")


@pytest.mark.parametrize("typed", ["Parked", "", "done"])
def test_a_state_that_a_hand_typed_wrongly_waits_for_a_person(
    cemetery: Cemetery, typed: str
) -> None:
    one = letter()
    cemetery.bury(one)
    table = cemetery.service.get_table_client(cemetery.name)
    table.update_entity(cemetery.row() | {"State": typed})

    [listed] = cemetery.letters.find()

    assert (listed.letter.key, listed.state) == (one.key, LetterState.PARKED)


def test_a_row_of_the_first_days_is_read_with_what_it_has(cemetery: Cemetery) -> None:
    _, dead = failed(error=StorageUnavailable("503"))
    cemetery.bury(dead)
    new = {"ReceivedAt", "LeadKeys", "Poisoned", "TimesRedriven"}
    old = {name: value for name, value in cemetery.row().items() if name not in new}
    cemetery.service.get_table_client(cemetery.name).update_entity(old, mode=UpdateMode.REPLACE)

    [read] = cemetery.letters.find()
    cemetery.bury(replace(dead, failed_at=at(hours=1)))

    assert (read.received_at, read.lead_keys, read.times_redriven) == (NOON, frozenset(), 0)
    assert cemetery.row()["Count"] == 2


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["final first", "retryable first"])
def test_one_retryable_failure_of_a_message_makes_its_letter_worth_a_redrive(
    cemetery: Cemetery, order: tuple[int, int]
) -> None:
    _, final = failed(error=InvalidPayload("invalid-json", "no JSON"))
    _, retryable = failed(error=StorageUnavailable("503"))
    both = [final, replace(retryable, failed_at=at(minutes=1))]

    cemetery.bury(*(both[number] for number in order))

    row = cemetery.row()
    assert (row["Class"], row["Count"]) == ("retryable", 2)
    assert row["Cause"].startswith("StorageUnavailable")
    assert "NextAt" in row


@pytest.mark.parametrize(
    "order",
    [
        pytest.param([0, 0], id="at once"),
        pytest.param([0, 1, 0], id="after another refusal"),
        pytest.param([1, 0, 1, 0], id="in turn"),
        pytest.param([0, 1, 2, 2, 1, 0], id="all of three"),
    ],
)
def test_a_rejection_delivered_twice_counts_once(cemetery: Cemetery, order: list[int]) -> None:
    first = letter()

    cemetery.bury(*(replace(first, failed_at=at(minutes=minute)) for minute in order))

    assert cemetery.row()["Count"] == len(set(order))
    assert cemetery.row()["FailedAt"] == at(minutes=max(order))


def test_a_rejection_that_may_have_been_forgotten_is_not_counted(cemetery: Cemetery) -> None:
    first = letter()
    cemetery.bury(first)
    full = ",".join(f"{1795348800000 + n}" for n in range(1, KEPT_FAILURES + 1))
    table = cemetery.service.get_table_client(cemetery.name)
    table.update_entity(cemetery.row() | {"Count": KEPT_FAILURES + 1, "Failures": full})

    cemetery.bury(first, replace(first, failed_at=at(hours=1)))

    row = cemetery.row()
    assert row["Count"] == KEPT_FAILURES + 2
    assert len(row["Failures"].split(",")) == KEPT_FAILURES


def test_a_failed_message_is_kept_without_its_failure(cemetery: Cemetery) -> None:
    body, dead = failed(error=StorageUnavailable("could not read a row: 503"))

    cemetery.bury(dead)

    row = cemetery.row()
    assert row["Body"] == body
    assert json.loads(row["Body"]) == json.loads(body)
    assert (row["PartitionKey"], row["RowKey"]) == ("write", "d-1|0")
    assert (row["Attempts"], row["FailedAt"], row["ReceivedAt"]) == (10, NOON, NOON)
    assert row["LeadKeys"] == json.loads(body)["delivery"]["lead_key"]
    assert "Poisoned" not in row


def test_a_retryable_failure_says_when_it_is_due(cemetery: Cemetery) -> None:
    _, dead = failed(error=StorageUnavailable("could not read a row: 503"))

    cemetery.bury(dead)

    row = cemetery.row()
    assert (row["Class"], row["NextAt"]) == ("retryable", at(minutes=5))


def test_a_final_failure_is_never_due(cemetery: Cemetery) -> None:
    _, dead = failed(error=InvalidPayload("invalid-json", "Line 1"), attempts=1)

    cemetery.bury(dead)

    row = cemetery.row()
    assert (row["Class"], "NextAt" in row) == ("final", False)


def test_a_message_that_failed_after_a_redrive_is_another_row(cemetery: Cemetery) -> None:
    _, first = failed(error=StorageUnavailable("x"))
    _, second = failed(error=StorageUnavailable("x"), redrives=1)

    cemetery.bury(first, second)

    assert [(row["RowKey"], row["Count"]) for row in cemetery.rows()] == [
        ("d-1|0", 1),
        ("d-1|1", 1),
    ]


@pytest.mark.parametrize("size", [0, 1, 32_768, 49_152, 65_536])
def test_whatever_fits_a_queue_message_can_be_buried(cemetery: Cemetery, size: int) -> None:
    body = bytes(index % 256 for index in range(size))

    cemetery.bury(replace(letter(), body=body))

    assert cemetery.row()["Body"] == body


def test_refusals_counted_at_once_all_count(cemetery: Cemetery) -> None:
    first = letter()
    refusals = [replace(first, failed_at=NOON + n * MS) for n in range(8)]

    all_at_once([partial(_bury_as_the_queue_does, cemetery, refusal) for refusal in refusals])

    assert cemetery.row()["Count"] == len(refusals)


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_a_fault_at_any_request_neither_loses_nor_doubles_a_count(
    cemetery: Cemetery, faulty: TableServiceClient, transport: FaultyTransport, fault: Fault
) -> None:
    _check_counts(cemetery, faulty, transport, fault)


@pytest.mark.parametrize("name", REPEATED)
def test_what_the_sdk_repeats_is_counted_once(
    cemetery: Cemetery, production: TableServiceClient, transport: FaultyTransport, name: str
) -> None:
    _check_counts(cemetery, production, transport, FAULTS[name])


def _check_counts(
    cemetery: Cemetery, faulty: TableServiceClient, transport: FaultyTransport, fault: Fault
) -> None:
    unsure = replace(cemetery, service=faulty)
    first = letter()

    for n in rounds(transport, fault):
        # The first of them also meets the missing table.
        refusal = replace(first, failed_at=at(seconds=n))
        _bury_as_the_queue_does(unsure, refusal)
        cemetery.bury(refusal)

        assert (n, cemetery.row()["Count"]) == (n, n)


def _bury_as_the_queue_does(cemetery: Cemetery, dead: DeadLetter) -> None:
    while True:
        try:
            return cemetery.bury(dead)
        except (Retryable, Killed):
            continue
