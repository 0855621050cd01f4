"""The offers that benchmarks measure are real ones: the pipeline would have written their rows."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from azure.data.tables import TableServiceClient

from benchmarks.customers import DEFAULTS, OFFER, UNTIL, journey, rows_of
from benchmarks.shelf import stored
from devhost.azurite import Azurite
from leads import enrichment
from leads.identity import identify
from leads.messages import Message, encode
from leads.model import ContactStatus, Delivery, EmailKind, Stage, Touch
from leads.outcome import Outcome
from leads.payload import parse
from leads.pipeline.stage import Ports
from leads.pipeline.write import write
from leads.store import Backoff, Rules
from leads.tables import keys
from leads.tables.connection import open_table
from leads.tables.lead_store import TableLeadStore
from leads.tables.limits import Entity

CUSTOMERS, SEED = 40, 7
MANY = 2_000


@pytest.fixture(scope="module")
def many() -> list[list[Touch]]:
    return [journey(number, seed=SEED) for number in range(MANY)]


@pytest.fixture
def service(azurite: Azurite) -> Iterator[TableServiceClient]:
    with TableServiceClient.from_connection_string(azurite.connection_string) as client:
        yield client


def body_of(touch: Touch) -> bytes:
    """Return the message in which the payload of *touch* would reach write_lead."""
    identity = identify(parse(touch.payload), aliases={})
    delivery = Delivery(
        id=touch.delivery_id,
        received_at=touch.received_at,
        identity=identity,
        payload=touch.payload,
    )
    return encode(Message(delivery=delivery))


def ports(service: TableServiceClient, table: str) -> Ports:
    leads, privacy = open_table(service, table), open_table(service, f"P{table}")
    return Ports(
        leads=TableLeadStore(leads=leads, privacy=privacy),
        rules=Rules(window=DEFAULTS.window, dnc=DEFAULTS.dnc),
        edition=DEFAULTS.edition,
        backoff=Backoff(sleep=lambda _: None, random=lambda: 0, clock=lambda: 0),
    )


def rows_in(service: TableServiceClient, table: str) -> list[Entity]:
    return [dict(row) for row in service.get_table_client(table).list_entities()]


def path_of(shelf: Path, count: int, seed: int) -> Path:
    return shelf / f"scale-{count}-{seed}" / "rows.jsonl"


def kept(shelf: Path, count: int, seed: int) -> str:
    """Return the rows that *shelf* holds when they were asked for."""
    stored(count, seed=seed, shelf=shelf)
    return path_of(shelf, count, seed).read_text("utf-8")


def test_the_rows_are_those_that_the_pipeline_writes(
    service: TableServiceClient, tmp_path: Path
) -> None:
    bodies = [body_of(touch) for n in range(CUSTOMERS) for touch in journey(n, seed=SEED)]
    random.Random(SEED).shuffle(bodies)  # noqa: S311 - any order gives the same rows
    table = f"Leads{uuid4().hex}"
    opened = ports(service, table)

    steps = [write(body, attempt=1, open_ports=lambda: opened, now=UNTIL) for body in bodies]
    with (
        stored(CUSTOMERS, seed=SEED, shelf=tmp_path) as loaded,
        TableServiceClient.from_connection_string(loaded.connection_string) as offer,
    ):
        rows = rows_in(offer, keys.LEADS)

    assert {step.outcome for step in steps} == {Outcome.RECORDED}
    assert rows == rows_in(service, table)


def test_the_same_seed_gives_the_same_rows_in_every_process(tmp_path: Path) -> None:
    texts = [
        kept(tmp_path / shelf, CUSTOMERS, seed)  # written by processes of its own
        for shelf, seed in (("one", SEED), ("other", SEED), ("stranger", SEED + 1))
    ]

    assert texts[0] == texts[1] != texts[2]


def test_a_larger_offer_begins_like_a_smaller_one(tmp_path: Path) -> None:
    small, large = (kept(tmp_path, count, SEED) for count in (CUSTOMERS, CUSTOMERS + 20))

    assert large.startswith(small)
    assert len(large) > len(small)


def test_rows_that_older_code_made_are_made_again(tmp_path: Path) -> None:
    made = kept(tmp_path, CUSTOMERS, SEED)
    rows = path_of(tmp_path, CUSTOMERS, SEED)
    rows.write_text(made.replace('"Kind":"touch"', '"Kind":"contact"', 1), encoding="utf-8")

    assert kept(tmp_path, CUSTOMERS, SEED) == made


def test_rows_on_the_shelf_are_not_made_again(tmp_path: Path) -> None:
    kept(tmp_path, CUSTOMERS, SEED)
    before = path_of(tmp_path, CUSTOMERS, SEED).stat()

    kept(tmp_path, CUSTOMERS, SEED)

    assert path_of(tmp_path, CUSTOMERS, SEED).stat().st_ino == before.st_ino


def test_no_two_customers_are_one_lead(many: list[list[Touch]]) -> None:
    assert len({touches[0].identity.lead_key for touches in many}) == MANY


def test_all_touches_of_a_customer_are_of_one_lead(many: list[list[Touch]]) -> None:
    for touches in many:
        assert len({touch.identity.lead_key for touch in touches}) == 1


def test_what_was_found_out_is_what_enriching_finds(many: list[list[Touch]]) -> None:
    for touch in (touch for touches in many for touch in touches):
        assert touch.enrichment == enrichment.enrich(touch.submission, edition=DEFAULTS.edition)


def test_a_year_of_touches_ends_when_it_should(many: list[list[Touch]]) -> None:
    last = [touches[-1].received_at for touches in many]

    assert UNTIL - timedelta(days=365) <= min(last) < UNTIL - timedelta(days=360)
    assert UNTIL - timedelta(days=5) < max(last) <= UNTIL


def test_all_kinds_of_leads_are_there(many: list[list[Touch]]) -> None:
    leads = [rows_of(touches)[-2] for touches in many]

    assert {row["EmailKind"] for row in leads} == {kind.value for kind in EmailKind}
    assert {row["Stage"] for row in leads} == {stage.value for stage in Stage}
    assert {row["ContactStatus"] for row in leads} == {
        ContactStatus.CONTACTABLE.value,
        ContactStatus.DO_NOT_CONTACT.value,
    }
    assert {row["IsTest"] for row in leads} == {True, False}
    assert {row["TouchCount"] for row in leads} == {1, 2, 3, 4}
    assert {row["PartitionKey"] for row in leads} == {OFFER}
    assert len({row["CountryCode"] for row in leads}) > 5
    assert any("'" in row["LastName"] for row in leads)
    assert not all(row["FirstName"].isascii() for row in leads)
