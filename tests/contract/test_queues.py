"""Queues through the SDK, on the real emulator: nothing vanishes, and nothing is quoted."""

from __future__ import annotations

import socket
import time
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from urllib.parse import parse_qsl, urlsplit
from uuid import uuid4

import azure.identity
import pytest
import requests
from azure.core.credentials import AccessToken
from azure.core.rest import HttpRequest, HttpResponse
from azure.storage.queue import LinearRetry, QueueClient, QueueServiceClient

from leads.errors import InvalidSettings, StorageUnavailable
from leads.queues import Queue, Queues, connect
from leads.settings import StorageConnection
from leads.tending.ports import QueuedMessage
from tests.contract.faults import (
    Fault,
    FaultyTransport,
    Send,
    answer_cut_off,
    answer_lost,
    answered,
    not_sent,
)
from tests.contract.threads import all_at_once

HOUR = timedelta(hours=1)
ADDRESS = "https://contoso.queue.core.windows.net"
EMAIL = "someone@contoso.com"
KEY = b64encode(b"the key of an account").decode()
MOST = b"x" * 49_152  # 64 KiB as base64

type Read = Callable[[Queue, int], list[QueuedMessage]]
type GiveBack = Callable[[Queue, QueuedMessage], None]
type Call = Callable[[Queue, QueuedMessage], object]

READS: dict[str, Read] = {
    "peek": lambda queue, limit: queue.peek(limit),
    "take": lambda queue, limit: queue.take(limit, invisible=HOUR),
}
GIVE_BACKS: dict[str, GiveBack] = {"remove": Queue.remove, "release": Queue.release}
EVERY_CALL: dict[str, Call] = {
    "depth": lambda queue, _: queue.depth(),
    "peek": lambda queue, _: queue.peek(),
    "take": lambda queue, _: queue.take(1, invisible=HOUR),
    "send": lambda queue, _: queue.send(b"{}"),
    "probe": lambda queue, _: queue.probe(),
    **GIVE_BACKS,
}

every_read = pytest.mark.parametrize("read", READS.values(), ids=READS.keys())
every_give_back = pytest.mark.parametrize("give_back", GIVE_BACKS.values(), ids=GIVE_BACKS.keys())
every_call = pytest.mark.parametrize("call", EVERY_CALL.values(), ids=EVERY_CALL.keys())


@dataclass
class Attempt:
    """A request that the SDK tried to send."""

    url: str
    headers: Mapping[str, str]
    timeout: tuple[float, float]


@pytest.fixture(scope="module")
def queues(connection: StorageConnection) -> Queues:
    """What production uses."""
    return connect(connection)


@pytest.fixture(scope="module")
def account(connection: StorageConnection) -> QueueServiceClient:
    """The same queues as others see them."""
    return QueueServiceClient.from_connection_string(connection.connection_string)


@pytest.fixture
def missing(queues: Queues) -> Queue:
    """A queue that does not exist yet."""
    return queues.open(f"leads-{uuid4().hex}")


@pytest.fixture
def raw(missing: Queue, account: QueueServiceClient) -> QueueClient:
    """The same queue as others see it."""
    return account.get_queue_client(missing.name)


@pytest.fixture
def queue(missing: Queue, raw: QueueClient) -> Queue:
    """A queue that is empty."""
    raw.create_queue()
    return missing


@pytest.fixture
def faulty(connection: StorageConnection, transport: FaultyTransport) -> Queues:
    """Queues over the faulty transport; they repeat nothing, so that every fault is felt."""
    client = QueueServiceClient.from_connection_string(
        connection.connection_string, transport=transport, retry_policy=LinearRetry(retry_total=0)
    )
    return Queues(client)


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long the SDK would have slept, each time."""
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    return slept


@pytest.fixture
def attempts(monkeypatch: pytest.MonkeyPatch) -> list[Attempt]:
    """All requests that were made, to which nobody answers."""
    made: list[Attempt] = []

    def request(
        _session: object,
        _method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        timeout: tuple[float, float],
        **_: object,
    ) -> None:
        made.append(Attempt(url=url, headers=headers, timeout=timeout))
        raise requests.ConnectionError

    monkeypatch.setattr(requests.Session, "request", request)
    return made


def names(account: QueueServiceClient) -> set[str]:
    return {str(found.name) for found in account.list_queues()}


def take_one(queue: Queue, *, invisible: timedelta = HOUR) -> QueuedMessage:
    (taken,) = queue.take(1, invisible=invisible)
    return taken


def bodies(messages: list[QueuedMessage]) -> list[bytes]:
    return [message.body for message in messages]


def parameters_of_the_next_request(transport: FaultyTransport) -> Mapping[str, str]:
    """Return what will hold them once it was sent."""
    asked: dict[str, str] = {}

    def noted(request: HttpRequest, send: Send) -> HttpResponse:
        asked.update(parse_qsl(urlsplit(request.url).query))
        return send()

    transport.arm(1, noted)
    return asked


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


def connection_to(port: int, *, key: str = KEY) -> StorageConnection:
    return StorageConnection(
        connection_string=f"AccountName=a;AccountKey={key};QueueEndpoint=http://127.0.0.1:{port}/a"
    )


@every_read
@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param('{"v": 1, "é": "😀 <&>"}\r\n'.encode(), id="JSON"),
        pytest.param(b"\x00\xff\xfe\xc3", id="not UTF-8"),
        pytest.param(b"QUJD", id="base64 itself"),
        pytest.param(MOST, id="most bytes"),
    ],
)
def test_a_body_comes_back_byte_for_byte(queue: Queue, read: Read, body: bytes) -> None:
    queue.send(body)

    (found,) = read(queue, 1)

    assert (found.body, found.encoded) == (body, True)


def test_a_body_is_base64_on_the_wire_as_the_host_reads_it(queue: Queue, raw: QueueClient) -> None:
    queue.send(b"\xff{}")

    (found,) = raw.peek_messages(1)

    assert found.content == b64encode(b"\xff{}").decode()


def test_a_body_above_the_limit_is_refused_and_not_sent(queue: Queue) -> None:
    with pytest.raises(StorageUnavailable, match="send a message: 413 RequestBodyTooLarge"):
        queue.send(MOST + b"x")

    assert queue.depth() == 0


def test_what_is_sent_never_expires(queue: Queue) -> None:
    queue.send(b"{}")

    (found,) = queue.peek()

    assert found.expires_at.year == 9999
    assert found.inserted_at.tzinfo is UTC
    assert abs(datetime.now(UTC) - found.inserted_at) < HOUR


def test_what_the_host_sent_expires_in_a_week(queue: Queue, raw: QueueClient) -> None:
    raw.send_message("e30=")

    (found,) = queue.peek()

    assert found.expires_at - found.inserted_at == timedelta(days=7)


@every_read
@pytest.mark.parametrize(
    "text",
    [
        pytest.param("{}", id="JSON"),
        pytest.param("QU-_", id="base64 for addresses"),
        pytest.param("QUI", id="without its end"),
        pytest.param("QQ==QQ==", id="twice"),
        pytest.param("QUJD\N{NO-BREAK SPACE}", id="a blank that the host does not know"),
        pytest.param("é 😀", id="not ASCII"),
    ],
)
def test_what_is_no_base64_comes_as_it_is_and_hides_no_other_message(
    queue: Queue, raw: QueueClient, read: Read, text: str
) -> None:
    raw.send_message(text)
    queue.send(b"{}")

    foreign, ours = sorted(read(queue, 2), key=lambda message: message.encoded)

    assert (foreign.body, foreign.encoded) == (text.encode(), False)
    assert (ours.body, ours.encoded) == (b"{}", True)


@pytest.mark.parametrize("text", ["QUJD\nREVG", " QUJD\tREVG "], ids=["lines", "blanks"])
def test_base64_may_hold_blanks_as_in_the_host(queue: Queue, raw: QueueClient, text: str) -> None:
    raw.send_message(text)

    (found,) = queue.peek()

    assert (found.body, found.encoded) == (b"ABCDEF", True)


@every_read
@pytest.mark.parametrize(("limit", "count"), [(1, 1), (32, 32), (100, 32)])
def test_one_answer_holds_as_many_as_asked_for_and_no_more_than_32(
    queue: Queue, read: Read, limit: int, count: int
) -> None:
    for _ in range(33):
        queue.send(b"{}")

    found = read(queue, limit)

    assert len(found) == count


def test_peeking_leaves_messages_as_they_are(queue: Queue) -> None:
    queue.send(b"{}")

    first, second = queue.peek(), queue.peek()

    assert first == second
    assert (first[0].dequeue_count, first[0].receipt) == (0, ("", ""))


def test_a_message_does_not_show_its_body(queue: Queue) -> None:
    queue.send(EMAIL.encode())

    (found,) = queue.peek()

    assert EMAIL not in repr(found)


def test_what_is_taken_is_hidden_and_counted_but_still_there(queue: Queue) -> None:
    queue.send(b"1")
    queue.send(b"2")

    taken = take_one(queue)

    assert taken.dequeue_count == 1
    assert all(taken.receipt)
    assert bodies([taken, *queue.peek()]) == [b"1", b"2"]
    assert queue.depth() == 2


@pytest.mark.parametrize("invisible", [timedelta(seconds=1), timedelta(milliseconds=1)], ids=str)
def test_what_is_taken_comes_back_after_its_time(queue: Queue, invisible: timedelta) -> None:
    queue.send(b"{}")
    taken = take_one(queue, invisible=invisible)

    while not (again := queue.take(1, invisible=HOUR)):
        time.sleep(0.05)

    assert bodies(again) == [taken.body]
    assert again[0].dequeue_count == 2


def test_what_is_taken_is_hidden_for_no_less_than_asked(
    queue: Queue, faulty: Queues, transport: FaultyTransport
) -> None:
    asked = parameters_of_the_next_request(transport)

    faulty.open(queue.name).take(1, invisible=timedelta(minutes=5, milliseconds=1))

    assert asked["visibilitytimeout"] == "301"


def test_what_is_released_is_visible_at_once_and_unchanged(queue: Queue, raw: QueueClient) -> None:
    raw.send_message("not base64", time_to_live=-1)
    taken = take_one(queue)

    queue.release(taken)

    (found,) = queue.peek()
    assert found.receipt == ("", "")
    assert (found.body, found.expires_at, found.inserted_at, found.dequeue_count) == (
        b"not base64",
        taken.expires_at,
        taken.inserted_at,
        1,
    )


def test_what_is_removed_is_gone_and_nothing_else(queue: Queue) -> None:
    queue.send(b"1")
    queue.send(b"2")

    queue.remove(take_one(queue))

    assert (queue.depth(), bodies(queue.peek())) == (1, [b"2"])


@every_give_back
def test_a_message_may_be_gone_already(queue: Queue, give_back: GiveBack) -> None:
    queue.send(b"{}")
    taken = take_one(queue)
    queue.remove(taken)

    give_back(queue, taken)

    assert queue.depth() == 0


@every_give_back
def test_its_queue_may_be_gone_and_stays_so(
    queue: Queue, raw: QueueClient, account: QueueServiceClient, give_back: GiveBack
) -> None:
    queue.send(b"{}")
    taken = take_one(queue)
    raw.delete_queue()

    give_back(queue, taken)

    assert queue.name not in names(account)


@every_give_back
def test_what_somebody_else_has_taken_since_stays_with_them(
    queue: Queue, give_back: GiveBack
) -> None:
    queue.send(b"{}")
    ours = take_one(queue)
    queue.release(ours)
    theirs = take_one(queue)

    give_back(queue, ours)

    assert (queue.peek(), queue.depth()) == ([], 1)
    queue.remove(theirs)
    assert queue.depth() == 0


@every_give_back
def test_what_was_only_peeked_cannot_be_given_back(queue: Queue, give_back: GiveBack) -> None:
    queue.send(b"1")
    queue.send(b"2")

    with pytest.raises(ValueError, match="peeked"):
        give_back(queue, queue.peek()[0])

    assert bodies(queue.peek()) == [b"1", b"2"]


@every_read
def test_a_missing_queue_holds_nothing_and_stays_missing(
    missing: Queue, account: QueueServiceClient, read: Read
) -> None:
    found = read(missing, 1)

    assert (found, missing.depth()) == ([], 0)
    assert missing.name not in names(account)


def test_sending_creates_a_missing_queue_also_for_many_at_once(missing: Queue) -> None:
    sent = [f"{n}".encode() for n in range(16)]

    all_at_once([partial(missing.send, body) for body in sent])

    found = missing.peek()
    assert sorted(bodies(found)) == sorted(sent)
    assert {message.expires_at.year for message in found} == {9999}


def test_a_probe_leaves_nothing_behind(queue: Queue) -> None:
    queue.send(b"{}")

    queue.probe()

    assert (queue.depth(), bodies(queue.peek())) == (1, [b"{}"])


def test_a_probe_says_that_a_queue_is_missing_and_does_not_create_it(
    missing: Queue, account: QueueServiceClient
) -> None:
    with pytest.raises(StorageUnavailable, match="put a probe: 404 QueueNotFound"):
        missing.probe()

    assert missing.name not in names(account)


def test_a_probe_that_cannot_be_deleted_says_so_and_is_never_seen(
    queue: Queue, faulty: Queues, transport: FaultyTransport
) -> None:
    transport.arm(2, answered(403, applied=False))

    with pytest.raises(StorageUnavailable, match="delete the probe: 403"):
        faulty.open(queue.name).probe()

    assert (queue.depth(), queue.peek()) == (1, [])


def test_a_probe_is_hidden_for_all_its_short_life(
    queue: Queue, faulty: Queues, transport: FaultyTransport
) -> None:
    asked = parameters_of_the_next_request(transport)

    faulty.open(queue.name).probe()

    life, hidden = int(asked["messagettl"]), int(asked["visibilitytimeout"])
    assert (life, life - hidden) == (120, 1)  # the service wants it shorter than its life


def test_a_probe_whose_deletion_was_repeated_is_deleted(
    queue: Queue, faulty: Queues, transport: FaultyTransport
) -> None:
    transport.arm(2, answered(404, applied=True))

    faulty.open(queue.name).probe()

    assert queue.depth() == 0


ANSWERS_TO_ALL: dict[str, Fault] = {
    **{
        str(status): answered(status, applied=False, body=EMAIL.encode())
        for status in (200, 400, 401, 403, 408, 409, 429, 500, 503)
    },
    "answer lost": answer_lost,
    "not sent": not_sent,
}


@every_call
@pytest.mark.parametrize("fault", ANSWERS_TO_ALL.values(), ids=ANSWERS_TO_ALL.keys())
def test_every_fault_becomes_one_error_that_quotes_nothing(
    queue: Queue, faulty: Queues, transport: FaultyTransport, call: Call, fault: Fault
) -> None:
    queue.send(EMAIL.encode())
    taken = take_one(queue)
    transport.arm(1, fault)

    with pytest.raises(StorageUnavailable) as caught:
        call(faulty.open(queue.name), taken)

    assert type(caught.value) is StorageUnavailable
    assert EMAIL not in repr(caught.value)
    assert (caught.value.__cause__, caught.value.__suppress_context__) == (None, True)


DAMAGED = {"cut off": answer_cut_off, "empty": answered(200, applied=True)}


@every_read
@pytest.mark.parametrize("fault", DAMAGED.values(), ids=DAMAGED.keys())
def test_half_an_answer_is_none(
    queue: Queue, faulty: Queues, transport: FaultyTransport, read: Read, fault: Fault
) -> None:
    queue.send(EMAIL.encode())
    transport.arm(1, fault)

    with pytest.raises(StorageUnavailable) as caught:
        read(faulty.open(queue.name), 1)

    assert EMAIL not in repr(caught.value)


def test_a_message_whose_answer_is_lost_is_sent_again_and_not_lost(
    queue: Queue, monkeypatch: pytest.MonkeyPatch, pauses: list[float]
) -> None:
    real = requests.Session.request
    lost: list[object] = []

    def request(*where: object, **options: object) -> object:
        answer = real(*where, **options)  # type: ignore[arg-type]
        if lost:
            return answer
        lost.append(answer)
        raise requests.ConnectionError

    monkeypatch.setattr(requests.Session, "request", request)

    queue.send(b"{}")

    assert bodies(queue.peek()) == [b"{}", b"{}"]
    assert len(pauses) == 1


def test_a_call_gives_up_after_three_tries_of_seconds(
    attempts: list[Attempt], pauses: list[float]
) -> None:
    queue = connect(connection_to(1)).open("leads-x")

    with pytest.raises(StorageUnavailable):
        queue.depth()

    assert [attempt.timeout for attempt in attempts] == [(5, 10)] * 3
    assert len(pauses) == 2
    assert max(pauses) <= 2


@pytest.mark.timeout(20)  # the SDK's own patience is a minute
def test_a_storage_that_is_not_there_is_told_soon_and_without_its_key() -> None:
    queue = connect(connection_to(closed_port())).open("leads-x")

    with pytest.raises(StorageUnavailable, match="count messages: ServiceRequestError") as caught:
        queue.depth()

    assert KEY not in repr(caught.value)


def test_a_key_that_cannot_sign_is_not_quoted(attempts: list[Attempt]) -> None:
    cut_off = KEY[:-1]
    queue = connect(connection_to(1, key=cut_off)).open("leads-x")

    with pytest.raises(StorageUnavailable, match="count messages: AzureSigningError") as caught:
        queue.depth()

    assert cut_off not in repr(caught.value)
    assert attempts == []


def test_the_development_storage_has_its_usual_address(
    attempts: list[Attempt], pauses: list[float]
) -> None:
    queue = connect(StorageConnection(connection_string="UseDevelopmentStorage=true")).open(
        "leads-x"
    )

    with pytest.raises(StorageUnavailable):
        queue.depth()

    assert attempts[0].url.startswith("http://127.0.0.1:10001/devstoreaccount1/leads-x")
    assert pauses


@pytest.mark.parametrize(
    "connection",
    [
        StorageConnection(connection_string=f"AccountKey={KEY}"),
        StorageConnection(connection_string=KEY[:10]),
        StorageConnection(queue_service_uri=ADDRESS.replace("https", "http")),
    ],
    ids=["account missing", "nonsense", "identity without encryption"],
)
def test_a_malformed_connection_is_a_faulty_setting_and_not_quoted(
    connection: StorageConnection,
) -> None:
    with pytest.raises(InvalidSettings) as caught:
        connect(connection)

    assert str(caught.value) == "LeadsStorage is malformed"
    assert caught.value.__suppress_context__


@pytest.mark.parametrize(
    ("credential", "client_id", "kind", "asked"),
    [
        ("managedidentity", "id", "ManagedIdentityCredential", {"client_id": "id"}),
        ("managedidentity", "", "ManagedIdentityCredential", {"client_id": None}),
        ("", "", "DefaultAzureCredential", {}),
    ],
    ids=["managed identity by its id", "the only managed identity", "the login of a developer"],
)
def test_an_address_is_opened_with_an_identity(  # noqa: PLR0913 - a case has four parts
    monkeypatch: pytest.MonkeyPatch,
    attempts: list[Attempt],
    pauses: list[float],
    *,
    credential: str,
    client_id: str,
    kind: str,
    asked: dict[str, object],
) -> None:
    made: list[dict[str, object]] = []

    class Identity:
        def __init__(self, **options: object) -> None:
            made.append(options)

        def get_token(self, *_: str, **__: object) -> AccessToken:
            return AccessToken("token", 2**40)

    monkeypatch.setattr(azure.identity, kind, Identity)
    place = StorageConnection(queue_service_uri=ADDRESS, credential=credential, client_id=client_id)

    with pytest.raises(StorageUnavailable):
        connect(place).open("leads-x").depth()

    assert made == [asked]
    assert attempts[0].url.startswith(f"{ADDRESS}/leads-x")
    assert attempts[0].headers["Authorization"] == "Bearer token"
    assert pauses


@pytest.mark.parametrize("credential", ["managedidentity", ""])
def test_connecting_by_an_identity_asks_nobody(attempts: list[Attempt], credential: str) -> None:
    queues = connect(StorageConnection(queue_service_uri=ADDRESS, credential=credential))

    assert queues.open("leads-x").name == "leads-x"
    assert attempts == []
