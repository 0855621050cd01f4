from __future__ import annotations

import base64
import http.client
import json
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from azure.core.exceptions import ResourceNotFoundError

from tests.devhost.conftest import Lab, messages

if TYPE_CHECKING:
    from collections.abc import Iterator

    from azure.storage.queue import QueueClient

    from devhost.azurite import Azurite
    from devhost.launch import DevHost


@pytest.fixture(scope="module")
def shared(azurite: Azurite, tmp_path_factory: pytest.TempPathFactory) -> Lab:
    return Lab(azurite, tmp_path_factory.mktemp("outputs"))


@pytest.fixture(scope="module")
def host(shared: Lab) -> Iterator[DevHost]:
    with shared.host("http") as running:
        yield running


@pytest.fixture
def queue(shared: Lab) -> Iterator[QueueClient]:
    """The output's queue, which does not exist yet."""
    with shared.queue(create=False) as client:
        yield client
        with suppress(ResourceNotFoundError):
            client.delete_queue()


def post(host: DevHost, kind: str, body: bytes) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(urlsplit(host.url).netloc, timeout=20)
    connection.request("POST", f"/api/out/{kind}", body=body)
    response = connection.getresponse()
    answer = response.status, response.read()
    connection.close()
    return answer


def decoded(queue: QueueClient) -> list[bytes]:
    return [base64.b64decode(text) for text in messages(queue)]


def test_bytes_arrive_exactly_in_a_queue_that_is_created(host: DevHost, queue: QueueClient) -> None:
    """Source: QueueExtensions.AddMessageAndCreateIfNotExistsAsync; byte[] is untouched."""
    body = b'{"at":"2026-11-22T08:00:00.120Z"}\x00\xff'

    answered = post(host, "bytes", body)

    assert answered == (202, b"")
    assert decoded(queue) == [body]


def test_an_object_in_a_string_is_reformatted(host: DevHost, queue: QueueClient) -> None:
    """Source: azure-functions-host FunctionBinding.ReadAsEnumerable."""
    post(host, "text", b'{"a":1}')

    assert decoded(queue) == [b'{\n  "a": 1\n}']


def test_an_array_in_a_string_is_split(host: DevHost, queue: QueueClient) -> None:
    """Source: azure-functions-host FunctionBinding.ReadAsEnumerable."""
    post(host, "text", b'["one", {"a":1}]')

    assert decoded(queue) == [b"one", b'{\n  "a": 1\n}']


def test_each_item_of_a_list_of_strings_is_a_message(host: DevHost, queue: QueueClient) -> None:
    """Source: the worker's QueueMessageOutConverter; items are not parsed again."""
    items = ['{"a":1}', "two", '["x"]']

    post(host, "list", json.dumps(items).encode())

    assert decoded(queue) == [item.encode() for item in items]


def test_an_empty_string_is_an_empty_message(host: DevHost, queue: QueueClient) -> None:
    post(host, "text", b"")

    assert decoded(queue) == [b""]


def test_an_output_that_is_not_set_is_no_message(host: DevHost, queue: QueueClient) -> None:
    queue.create_queue()

    answered = post(host, "unset", b"")

    assert answered == (202, b"")
    assert decoded(queue) == []


@pytest.mark.parametrize(
    ("kind", "body"), [("text", b"{not json}"), ("bytes", bytes(49_153))], ids=["json", "size"]
)
def test_a_failed_output_is_500_with_an_empty_body(host: DevHost, kind: str, body: bytes) -> None:
    """Source: azure-functions-host WorkerFunctionInvoker, ExceptionMiddleware."""
    assert post(host, kind, body) == (500, b"")


def test_the_largest_message_passes(host: DevHost, queue: QueueClient) -> None:
    """Source: 64 KiB on the wire, base64."""
    assert post(host, "bytes", bytes(49_152)) == (202, b"")
    assert decoded(queue) == [bytes(49_152)]


def test_one_output_is_written_though_the_other_fails(host: DevHost, queue: QueueClient) -> None:
    """Source: WorkerFunctionInvoker.BindOutputsAsync runs all at once; what is sent stays sent."""
    answered = post(host, "two", b"sent")

    assert answered == (500, b"")
    assert decoded(queue) == [b"sent"]


def test_a_message_lives_seven_days(host: DevHost, queue: QueueClient) -> None:
    """Source: the queue service's default; the binding has no TTL."""
    post(host, "bytes", b"x")

    [message] = queue.peek_messages()

    assert message.expires_on is not None
    assert message.inserted_on is not None
    assert message.expires_on - message.inserted_on == timedelta(days=7)


def test_without_encoding_the_text_stands_on_the_wire(lab: Lab) -> None:
    """Source: QueuesOptions.MessageEncoding."""
    with lab.host(
        "http", AzureFunctionsJobHost__extensions__queues__messageEncoding="none"
    ) as host:
        post(host, "bytes", "<é>".encode())

        assert messages(lab.queue(create=False)) == ["<é>"]
