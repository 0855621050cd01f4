from __future__ import annotations

from collections.abc import Iterator

import pytest
from azure.data.tables import TableServiceClient

from devhost.azurite import Azurite
from leads.settings import StorageConnection
from leads.tables.connection import connect
from tests.contract.benches import Bench, MemoryBench, TableBench
from tests.contract.faults import FaultyTransport
from tests.contract.tending_benches import TendingBench, memory_bench, table_bench


@pytest.fixture(scope="session")
def connection(azurite: Azurite) -> StorageConnection:
    return StorageConnection(connection_string=azurite.connection_string)


@pytest.fixture(scope="session")
def service(connection: StorageConnection) -> Iterator[TableServiceClient]:
    """The client that production uses."""
    with connect(connection) as client:
        yield client


@pytest.fixture(scope="session")
def tables(service: TableServiceClient) -> TableBench:
    """The tables that all tests share."""
    bench = TableBench(service)
    service.create_table_if_not_exists(bench.leads)
    service.create_table_if_not_exists(bench.privacy)
    return bench


@pytest.fixture
def fresh(tables: TableBench) -> TableBench:
    """Tables that do not exist yet."""
    return tables.renamed()


@pytest.fixture(params=["memory", "azurite"])
def bench(request: pytest.FixtureRequest) -> Bench:
    if request.param == "memory":
        return MemoryBench()
    real: TableBench = request.getfixturevalue("tables")
    return real


@pytest.fixture(params=["memory", "azurite"])
def tending(request: pytest.FixtureRequest) -> TendingBench:
    if request.param == "memory":
        return memory_bench()
    service: TableServiceClient = request.getfixturevalue("service")
    return table_bench(service)


@pytest.fixture
def transport() -> FaultyTransport:
    return FaultyTransport()


@pytest.fixture
def faulty(
    connection: StorageConnection, transport: FaultyTransport
) -> Iterator[TableServiceClient]:
    """A client over the faulty transport; it repeats nothing, so that every fault is felt."""
    with TableServiceClient.from_connection_string(
        connection.connection_string, transport=transport, retry_total=0
    ) as client:
        yield client


@pytest.fixture
def production(
    connection: StorageConnection, transport: FaultyTransport
) -> Iterator[TableServiceClient]:
    """A client over the faulty transport that repeats what production repeats."""
    with connect(connection, transport=transport) as client:
        yield client
