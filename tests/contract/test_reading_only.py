"""Who only looks: creates no table, needs no right to write, and goes on where a page ended."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from uuid import uuid4

import pytest
from azure.core.credentials import AzureNamedKeyCredential
from azure.data.tables import (
    AccountSasPermissions,
    ResourceTypes,
    TableServiceClient,
    generate_account_sas,
)

from devhost.azurite import Azurite
from leads.errors import StorageUnavailable
from leads.settings import StorageConnection
from leads.tables.census import TableCensus
from leads.tables.connection import connect, open_read_table, open_table
from leads.tables.limits import Entity
from leads.tables.reading import TableReading
from leads.tables.status import StatusReading
from leads.tables.table import ReadTable
from tests.contract.benches import TableBench
from tests.contract.factories import NOON, at, identity, lead, touch

OFFER, KEY = "contoso.offer", f"e{0:032x}"

READS: dict[str, Callable[[ReadTable], object]] = {
    "the offers": lambda table: list(TableReading(table).offers()),
    "the newest leads": lambda table: list(TableReading(table).recent(OFFER)),
    "all leads": lambda table: list(TableReading(table).leads(OFFER)),
    "all touches": lambda table: list(TableReading(table).touches(OFFER)),
    "a lead": lambda table: TableReading(table).lead(OFFER, KEY),
    "a person": lambda table: list(TableReading(table).everywhere(KEY)),
    "a journey": lambda table: list(TableReading(table).journey(OFFER, KEY)),
    "who is silent": lambda table: list(TableCensus(table).silent(OFFER, before=NOON)),
    "what fences there are": lambda table: TableCensus(table).count(OFFER, as_of=NOON)[1],
    "the state of the pipeline": lambda table: StatusReading(table).read(),
    "the counts": lambda table: StatusReading(table).offers(),
    "the statistics": lambda table: StatusReading(table).offers_with_statistics(),
}


@pytest.fixture(scope="module")
def reader(azurite: Azurite) -> Iterator[TableServiceClient]:
    """A client with the right to read, and no other."""
    parts = dict(part.split("=", 1) for part in azurite.connection_string.split(";") if part)
    signature = generate_account_sas(
        AzureNamedKeyCredential(parts["AccountName"], parts["AccountKey"]),
        resource_types=ResourceTypes(object=True, container=True),  # Azurite asks for both
        permission=AccountSasPermissions(read=True),
        expiry=datetime.now(UTC) + timedelta(hours=1),
    )
    place = f"TableEndpoint={parts['TableEndpoint']};SharedAccessSignature={signature}"
    with connect(StorageConnection(connection_string=place)) as client:
        yield client


def names(service: TableServiceClient) -> set[str]:
    return {table.name for table in service.list_tables()}


@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_reading_a_missing_table_finds_nothing_and_leaves_none_behind(
    service: TableServiceClient, reader: TableServiceClient, read: Callable[[ReadTable], object]
) -> None:
    name = f"Missing{uuid4().hex}"

    found = read(open_read_table(reader, name))

    assert not found
    assert name not in names(service)


# The SDK reads Azurite's refusal, which is XML, in a way that Python will not take for ever.
@pytest.mark.filterwarnings("ignore:Testing an element's truth value:DeprecationWarning")
def test_who_may_only_read_could_not_have_created_it(reader: TableServiceClient) -> None:
    with pytest.raises(StorageUnavailable, match="403"):
        open_table(reader, f"Missing{uuid4().hex}").get(OFFER, KEY)


def test_what_is_there_is_read_with_the_right_to_read_alone(
    tables: TableBench, reader: TableServiceClient
) -> None:
    said = touch(identity(lead_key=f"e{uuid4().hex}"))
    tables.store.commit(said, lead(said), previous=None)
    reading = TableReading(open_read_table(reader, tables.leads))

    row = reading.lead(said.identity.partition, said.identity.lead_key)

    assert row is not None
    assert [dict(one) for one in reading.everywhere(said.identity.lead_key)] == [row]


def test_a_table_to_read_has_no_way_to_write() -> None:
    assert {name for name in vars(ReadTable) if not name.startswith("_")} == {"get", "query"}


OFFERS = ("contoso.a", "contoso.b")


@pytest.fixture
def listed(fresh: TableBench) -> TableReading:
    """The same three persons in two offers, two of them last seen at one moment."""
    fresh.put_touches([])
    for offer in OFFERS:
        for number in range(3):
            of = replace(identity(lead_key=f"e{number:032x}"), partition=offer)
            said = touch(of, received_at=at(hours=number // 2))
            fresh.store.commit(said, lead(said), previous=None)
    return TableReading(open_read_table(fresh.service, fresh.leads))


def place(row: Entity) -> tuple[str, str]:
    return row["PartitionKey"], row["RowKey"]


def walk(reading: TableReading, size: int, offer: str | None, since: datetime | None) -> list[str]:
    """Return what pages of so many rows show, one after the other."""
    seen: list[tuple[str, str]] = []
    while True:
        after = seen[-1] if seen else None
        rows = list(islice(reading.recent(offer, since=since, after=after), size))
        if not rows:
            return ["/".join(one) for one in seen]
        seen += map(place, rows)


@pytest.mark.parametrize("offer", [None, *OFFERS])
@pytest.mark.parametrize("since", [None, at(hours=1)], ids=["all", "the latest"])
@pytest.mark.parametrize("size", [1, 2, 4])
def test_pages_of_any_size_show_every_row_once(
    listed: TableReading, size: int, offer: str | None, since: datetime | None
) -> None:
    whole = ["/".join(place(row)) for row in listed.recent(offer, since=since)]

    paged = walk(listed, size, offer, since)

    assert paged == whole
    assert len(whole) == (1 if since else 3) * (1 if offer else 2)


def test_a_row_that_is_gone_is_no_hindrance_to_going_on(listed: TableReading) -> None:
    rows = [place(row) for row in listed.recent()]
    offer, row_key = rows[0]
    gone = offer, f"{row_key[:-1]}9"  # the next one in time, where none is now

    following = [place(row) for row in listed.recent(after=gone)]

    assert following == [one for one in rows if one[1] > gone[1]]
    assert following
