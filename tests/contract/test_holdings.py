"""Everything that is held on a person, for that person to see, over all tables."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest
from azure.data.tables import TableServiceClient

from leads.identity import identify
from leads.letters import LetterState
from leads.model import Person
from leads.payload import parse
from leads.rejections import decode_rejected, encode_failure, encode_refusal
from leads.tables.connection import open_table
from leads.tables.dead_letters import TableDeadLetters
from leads.tables.holdings import Holdings
from leads.tables.persons import TablePersons
from leads.tables.upkeep_store import TableUpkeepStore
from tests.contract.factories import NOON, lead, message, payload, touch

OFFERS = ("contoso.one", "contoso.two")


def said(email: str, offer: str = OFFERS[0], **more: str) -> str:
    return payload(
        UserDetails={"FirstName": "Some", "Email": email},
        LeadSource=f"AzureMarketplace-INS|{offer}",
        **more,
    )


def key_of(email: str) -> str:
    return identify(parse(said(email)), aliases={}).lead_key


ADA, BOB = key_of("ada@contoso.com"), key_of("bob@contoso.com")


class Archive:
    """The tables of one test."""

    def __init__(self, service: TableServiceClient) -> None:
        name = uuid4().hex
        leads = open_table(service, f"Leads{name}")
        privacy = open_table(service, f"LeadPrivacy{name}")
        self.store = TableUpkeepStore(leads=leads, privacy=privacy)
        self.letters = TableDeadLetters(open_table(service, f"LeadDeadLetters{name}"))
        self.persons = TablePersons(privacy)
        self.holdings = Holdings(
            leads=leads, privacy=privacy, store=self.store, letters=self.letters
        )

    def record(self, text: str) -> None:
        submission = parse(text)
        of = identify(submission, aliases={})
        one = replace(touch(of, submission=submission), payload=text)
        self.store.read_lead(of)  # creates the table, as recording does
        self.store.commit(one, lead(one), previous=None)


@pytest.fixture
def archive(service: TableServiceClient) -> Archive:
    return Archive(service)


def kinds(rows: list[dict[str, object]]) -> list[tuple[object, object]]:
    return [(row["PartitionKey"], row["Kind"]) for row in rows]


def test_of_somebody_who_is_not_known_nothing_is_held(archive: Archive) -> None:
    assert archive.holdings.of(ADA, everywhere=True) == {
        "lead_key": ADA,
        "privacy": {},
        "rows": [],
        "dead_letters": [],
        "named_elsewhere": [],
    }


def test_a_person_sees_the_rows_of_all_offers_with_all_that_was_said_and_nobody_elses(
    archive: Archive,
) -> None:
    for offer in OFFERS:
        archive.record(said("ada@contoso.com", offer))
        archive.record(said("bob@contoso.com", offer))

    rows = archive.holdings.of(ADA)["rows"]

    assert kinds(rows) == [(offer, kind) for offer in OFFERS for kind in ("lead", "touch")]
    assert {row["LeadKey"] for row in rows} == {ADA}
    assert rows[1]["Payload"] == said("ada@contoso.com", OFFERS[0])


def test_a_person_sees_their_wishes(archive: Archive) -> None:
    archive.persons.write(ADA, Person(suppressed_at=NOON, changed_at=NOON))

    privacy = archive.holdings.of(ADA)["privacy"]

    assert (privacy["SuppressedAt"], privacy["ChangedAt"]) == (NOON, NOON)


def test_a_person_sees_the_dead_letters_that_speak_of_them_with_what_was_sent(
    archive: Archive,
) -> None:
    body = message(OFFERS[0], said("ada@contoso.com", Description="tell bob@contoso.com"))
    failure = encode_failure(body, stage="write", error=OSError(), attempts=1, failed_at=NOON)
    broken = b'{"Email": "ada@contoso.com"'
    refusal = encode_refusal(broken, cause="invalid-json", rejected_at=NOON)
    for rejected in (failure, refusal):
        archive.letters.bury(decode_rejected(rejected), now=NOON)

    of_ada = archive.holdings.of(ADA)["dead_letters"]
    of_bob = archive.holdings.of(BOB)["dead_letters"]

    assert {letter["body"] for letter in of_ada} == {body, broken}
    assert {letter["received_at"] for letter in of_ada} == {NOON}
    assert of_bob == []


def test_a_person_sees_the_letter_as_which_a_refused_payload_was_accepted(archive: Archive) -> None:
    refusal = encode_refusal(b"somebody", cause="internal-error", rejected_at=NOON)
    letter = decode_rejected(refusal)
    archive.letters.bury(letter, now=NOON)
    stored = archive.letters.read(letter.stage, letter.key, 0)
    assert stored is not None
    accepted = replace(stored, state=LetterState.STORED, lead_keys=frozenset({ADA}))
    archive.letters.change(accepted)

    [held] = archive.holdings.of(ADA)["dead_letters"]

    assert (held["letter"], held["state"]) == (f"receive/{letter.key}/0", "stored")


def test_where_asked_for_a_person_sees_who_else_named_them_but_not_what_they_said(
    archive: Archive,
) -> None:
    archive.record(said("bob@contoso.com", Description="for ada@contoso.com, too"))
    archive.record(said("ada@contoso.com"))
    archive.record(said("eve@contoso.com"))

    without = archive.holdings.of(ADA)
    [named] = archive.holdings.of(ADA, everywhere=True)["named_elsewhere"]

    assert "named_elsewhere" not in without
    assert (named["LeadKey"], named["PartitionKey"], named["ReceivedAt"]) == (BOB, OFFERS[0], NOON)
    assert "Payload" not in named
