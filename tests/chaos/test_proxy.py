"""The proxy does what it says: each fault is what a client sees, and what storage does."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Mapping
from uuid import uuid4

import pytest
from azure.core.exceptions import AzureError, HttpResponseError
from azure.data.tables import TableClient
from azure.storage.queue import QueueClient

from devhost.azurite import Azurite
from tests.chaos.calls import Call, Service
from tests.chaos.events import seeded
from tests.chaos.faults import FAULTS, Answered, Delayed, Fault
from tests.chaos.plans import Chance, Once, Outage, Recorder
from tests.chaos.proxy import Proxy


@pytest.fixture
def proxy(azurite: Azurite) -> Iterator[Proxy]:
    with Proxy(azurite) as running:
        yield running


@pytest.fixture
def queue(azurite: Azurite) -> Iterator[QueueClient]:
    """A queue of its own, seen past the proxy."""
    name = f"t{uuid4().hex}"
    with QueueClient.from_connection_string(azurite.connection_string, name) as client:
        client.create_queue()
        yield client


@pytest.fixture
def table(proxy: Proxy) -> Iterator[TableClient]:
    """A table of its own, seen through the proxy by a client that repeats nothing."""
    connection, name = proxy.connection_string, f"t{uuid4().hex}"
    with TableClient.from_connection_string(connection, name, retry_total=0) as client:
        client.create_table()
        yield client


def send(proxy: Proxy, queue: QueueClient) -> AzureError | None:
    """Send a message through the proxy; return what the client sees of a fault."""
    with QueueClient.from_connection_string(
        proxy.connection_string, queue.queue_name, retry_total=0
    ) as client:
        try:
            client.send_message("hello")
        except AzureError as error:
            return error
    return None


def headers(error: HttpResponseError) -> Mapping[str, str]:
    found: Mapping[str, str] = getattr(error.response, "headers", {})
    return found


def depth(queue: QueueClient) -> int:
    return queue.get_queue_properties().approximate_message_count or 0


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_a_fault_is_seen_as_such_and_applied_or_not(
    proxy: Proxy, queue: QueueClient, fault: Fault
) -> None:
    proxy.plan = Once(name=f"put {queue.queue_name}", fault=fault)

    begun = time.monotonic()
    seen = send(proxy, queue)
    took = time.monotonic() - begun

    assert proxy.injected == {str(fault): 1}
    assert depth(queue) == getattr(fault, "applied", True)
    match fault:
        case Delayed(seconds):
            assert seen is None
            assert took >= seconds
        case Answered(status, _, advice):
            assert isinstance(seen, HttpResponseError)
            assert seen.status_code == status
            assert headers(seen).get("Retry-After") == advice
        case _:
            assert seen is not None


def test_a_fault_planned_once_happens_once(proxy: Proxy, queue: QueueClient) -> None:
    proxy.plan = Once(name=f"put {queue.queue_name}", fault=Answered(500, applied=False))

    seen = [send(proxy, queue) for _ in range(3)]

    assert [error is None for error in seen] == [False, True, True]


def test_an_outage_refuses_one_service_until_it_is_over(
    proxy: Proxy, queue: QueueClient, table: TableClient
) -> None:
    before, proxy.plan = proxy.plan, Outage({Service.TABLE})

    assert send(proxy, queue) is None
    with pytest.raises(HttpResponseError) as refused:
        list(table.list_entities())
    assert refused.value.status_code == 503

    proxy.plan = before
    assert list(table.list_entities()) == []


def test_signed_requests_large_bodies_and_transactions_pass_whole(table: TableClient) -> None:
    rows = [{"PartitionKey": "a|b", "RowKey": f"{n:03}", "Text": "ü" * 30_000} for n in range(10)]

    table.submit_transaction([("create", row) for row in rows])

    assert [dict(row) for row in table.query_entities("PartitionKey eq 'a|b'")] == rows


def test_calls_are_named_by_what_they_do(
    proxy: Proxy, queue: QueueClient, table: TableClient
) -> None:
    proxy.plan = recorder = Recorder()
    name = queue.queue_name

    with QueueClient.from_connection_string(proxy.connection_string, name) as client:
        client.get_queue_properties()
        list(client.receive_messages())
        client.send_message("hello")
        message = next(iter(client.receive_messages()))
        client.peek_messages()
        renewed = client.update_message(message, visibility_timeout=5)
        client.delete_message(message.id, renewed.pop_receipt)
    table.create_entity({"PartitionKey": "p", "RowKey": "r"})
    table.get_entity("p", "r")
    list(table.query_entities("PartitionKey eq 'p'"))
    table.submit_transaction([("upsert", {"PartitionKey": "p", "RowKey": "r"})])

    on_queue = [f"{verb} {name}" for verb in ("put", "receive", "renew", "delete")]
    on_table = [f"{verb} {table.table_name}" for verb in ("insert", "read", "query")]
    assert recorder.calls == [*on_queue, *on_table, "transact"]


def test_chance_is_as_frequent_as_asked_and_repeats_with_its_seed() -> None:
    put = Call(Service.QUEUE, "put", "leads-received")

    def drawn(seed: int) -> list[Fault | None]:
        chance = Chance(0.1, seeded(seed, "faults"))
        return [chance.fault_for(put) for _ in range(5_000)]

    faults = [fault for fault in drawn(1) if fault]
    assert 400 < len(faults) < 600
    assert set(faults) == set(FAULTS)
    assert drawn(1) == drawn(1) != drawn(2)


def test_chance_does_not_stop_the_host() -> None:
    always = Chance(1.0, random.Random(1))  # noqa: S311 - which faults are drawn does not matter
    look = Call(Service.QUEUE, "receive", "leads-received")

    drawn = {str(fault) for fault in (always.fault_for(look) for _ in range(5_000)) if fault}

    assert not {name for name in drawn if "429" in name or "halved" in name}
    assert "answer lost" in drawn
