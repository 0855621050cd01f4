"""What doctor asks of storage, on the real emulator."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from azure.data.tables import TableServiceClient

from devhost.azurite import Azurite
from leads import queues
from leads.errors import StorageUnavailable
from leads.settings import StorageConnection
from leads.tables import keys
from leads.tables.connection import connect
from leads.tables.examination import NAMES, TableExamination


@pytest.fixture(scope="module")
def own() -> Iterator[StorageConnection]:
    """A storage in which nobody else makes tables."""
    with Azurite() as azurite:
        yield StorageConnection(connection_string=azurite.connection_string)


@pytest.fixture
def service(own: StorageConnection) -> Iterator[TableServiceClient]:
    with connect(own, hasty=True) as client:
        for name in NAMES:
            client.delete_table(name)
        yield client


def rows(service: TableServiceClient) -> list[object]:
    return list(service.get_table_client(keys.STATUS).query_entities("PartitionKey gt ''"))


def test_looking_for_tables_makes_none(service: TableServiceClient) -> None:
    examined = TableExamination(service)
    service.create_table(keys.LEADS)

    assert examined.missing() == examined.missing() == [name for name in NAMES if name != "Leads"]
    assert [table.name for table in service.list_tables()] == ["Leads"]


def test_a_probe_tells_when_storage_wrote_it_and_leaves_no_row(service: TableServiceClient) -> None:
    written = TableExamination(service).probe()

    assert written.tzinfo is UTC
    assert abs(written - datetime.now(UTC)) < timedelta(minutes=1)  # one clock for both here
    assert rows(service) == []


@pytest.mark.filterwarnings("ignore:Testing an element:DeprecationWarning")  # the SDK does
def test_a_probe_into_a_table_that_refuses_says_so(own: StorageConnection) -> None:
    text = own.connection_string.replace("AccountKey=Eby8", "AccountKey=Eby9")

    with (
        connect(StorageConnection(connection_string=text), hasty=True) as client,
        pytest.raises(StorageUnavailable, match="could not write a row: 403"),
    ):
        TableExamination(client).probe()


def test_whether_a_queue_exists_is_told_without_making_it(connection: StorageConnection) -> None:
    account = queues.connect(connection, hasty=True)
    there, missing = account.open(f"leads-{uuid4().hex}"), account.open(f"leads-{uuid4().hex}")
    there.send(b"{}")

    assert (there.exists(), missing.exists(), missing.exists()) == (True, False, False)


def test_an_address_where_no_queue_service_answers_has_no_missing_queue(
    own: StorageConnection,
) -> None:
    ports = dict(part.split("=", 1) for part in own.connection_string.split(";") if part)
    tables = ports["TableEndpoint"]
    text = own.connection_string.replace(ports["QueueEndpoint"], tables)
    elsewhere = queues.connect(StorageConnection(connection_string=text), hasty=True)

    with pytest.raises(StorageUnavailable, match="look for a queue"):
        elsewhere.open("leads-received").exists()


def test_a_hasty_look_at_a_silent_storage_ends_within_seconds() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes connections and says nothing
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/a"
        text = f"AccountName=a;AccountKey=a2V5;QueueEndpoint={address};TableEndpoint={address}"
        nowhere = StorageConnection(connection_string=text)
        begun = time.monotonic()

        with pytest.raises(StorageUnavailable):
            queues.connect(nowhere, hasty=True).open("leads-received").exists()
        with connect(nowhere, hasty=True) as client, pytest.raises(StorageUnavailable):
            TableExamination(client).missing()

        assert time.monotonic() - begun < 10
