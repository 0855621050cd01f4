"""The queue listener's timing, on a queue that is a list."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from devhost.functions import Binding, Function
from devhost.queues import QueueListener
from devhost.settings import HostSettings
from tests.devhost.conftest import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    from devhost.invocations import Invoker
    from devhost.storage import Queues

FUNCTION = Function("work", "1", Binding({"name": "msg", "type": "queueTrigger"}), ())


class FakeQueue:
    def __init__(self) -> None:
        self.waiting: list[SimpleNamespace] = []
        self.gets: list[tuple[int, int]] = []
        self.deleted: list[str] = []

    def get_queue_properties(self) -> None:
        pass

    def receive_messages(self, *, messages_per_page: int, visibility_timeout: int) -> FakeQueue:
        self.gets.append((messages_per_page, visibility_timeout))
        return self

    def by_page(self) -> Iterator[list[SimpleNamespace]]:
        count = self.gets[-1][0]
        taken, self.waiting = self.waiting[:count], self.waiting[count:]
        return iter([taken] if taken else [])

    def delete_message(self, message_id: str, _receipt: str) -> None:
        self.deleted.append(message_id)

    def add(self, count: int) -> None:
        self.waiting += [message(number) for number in range(count)]


def message(number: int) -> SimpleNamespace:
    facts: dict[str, Any] = dict.fromkeys(("inserted_on", "expires_on", "next_visible_on"))
    return SimpleNamespace(
        id=str(number), content="eA==", pop_receipt="r", dequeue_count=1, **facts
    )


class FakeQueues:
    def __init__(self, queue: FakeQueue) -> None:
        self._queue = queue
        self.output_written = threading.Event()

    def name(self, _binding: Binding) -> str:
        return "work"

    def queue(self, _connection: str, _name: str) -> FakeQueue:
        return self._queue

    def wake_on_output(self, _name: str, event: threading.Event) -> None:
        self.output_written = event

    def decode(self, _text: str) -> bytes:
        return b"x"


class FakeInvoker:
    def run(self, *_: object) -> None:
        pass


@pytest.fixture
def queue() -> FakeQueue:
    return FakeQueue()


@pytest.fixture
def queues(queue: FakeQueue) -> FakeQueues:
    return FakeQueues(queue)


@pytest.fixture
def listener(queues: FakeQueues) -> Iterator[QueueListener]:
    failures: list[Exception] = []
    made = QueueListener(
        FUNCTION,
        queues=cast("Queues", queues),
        settings=HostSettings(batch_size=2, new_batch_threshold=1, max_polling_interval=3600),
        invoker=cast("Invoker", FakeInvoker()),
        fail=failures.append,
    )
    yield made
    made.stop()
    assert made.in_flight.wait_until_at_most(0, 5)
    assert failures == []


def test_a_batch_is_asked_for_with_ten_minutes_of_invisibility(
    listener: QueueListener, queue: FakeQueue
) -> None:
    """Source: QueueListener.cs: a fixed 10 minutes, whatever visibilityTimeout says."""
    listener.start()

    eventually(lambda: queue.gets)

    assert queue.gets[0] == (2, 600)


def test_after_a_find_the_queue_is_asked_again_at_once(
    listener: QueueListener, queue: FakeQueue
) -> None:
    """Source: QueueListener.ExecuteAsync returns no delay after a find."""
    queue.add(100)
    listener.start()

    # Fifty batches; with the shortest delay after each it would take five seconds.
    eventually(lambda: len(queue.deleted) == 100, within=4)


def test_an_output_of_the_same_process_ends_the_wait(
    listener: QueueListener, queue: FakeQueue, queues: FakeQueues
) -> None:
    """Source: SharedQueueWatcher.cs, QueueListener.Notify."""
    listener._backoff._current = 3600  # noqa: SLF001 - a listener that has been idle for hours
    listener.start()
    eventually(lambda: queue.gets)

    queue.add(1)
    queues.output_written.set()

    eventually(lambda: queue.deleted)


def test_a_stopped_listener_asks_no_more(listener: QueueListener, queue: FakeQueue) -> None:
    listener._backoff._current = 3600  # noqa: SLF001 - it waits for an hour
    listener.start()
    eventually(lambda: queue.gets)

    listener.stop()
    queue.add(1)

    assert listener.in_flight.wait_until_at_most(0, 5)
    assert len(queue.gets) == 1
