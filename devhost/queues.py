"""The storage queue trigger: one listener per function.

Source throughout: azure-sdk-for-net QueueListener.cs and QueueProcessor.cs, version 5.3.7.
"""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TYPE_CHECKING

from azure.core.exceptions import HttpResponseError

from devhost.binding_data import QueueMessageFacts, binding_data, trigger_value
from devhost.in_flight import InFlight
from devhost.polling import RandomizedExponentialBackoff
from devhost.storage import is_gone, is_worth_waiting
from devhost.worker import InvocationFailed

if TYPE_CHECKING:
    from collections.abc import Callable

    from azure.storage.queue import QueueMessage

    from devhost.functions import Function
    from devhost.invocations import Invoker
    from devhost.settings import HostSettings
    from devhost.storage import Queues

_POISON = "-poison"
_LONGEST_NAME = 63
_log = logging.getLogger("devhost")


class QueueListener:
    """Polls one queue and runs its function for each message."""

    def __init__(
        self,
        function: Function,
        *,
        queues: Queues,
        settings: HostSettings,
        invoker: Invoker,
        fail: Callable[[Exception], None],
    ) -> None:
        self._function = function
        self._name = queues.name(function.trigger)
        self._queues = queues
        self._settings = settings
        self._invoker = invoker
        self._fail = fail
        self._connection = function.trigger.text("connection")
        self._queue = queues.queue(self._connection, self._name)
        self._poison = _poison_name(self._name)
        self._backoff = RandomizedExponentialBackoff(settings.max_polling_interval)
        self._exists = False
        self._stopping = threading.Event()
        self._wake = threading.Event()
        self.in_flight = InFlight()
        most = settings.batch_size + settings.new_batch_threshold
        # Two threads for each message: one runs it, the other renews and completes it.
        self._pool = ThreadPoolExecutor(2 * most, thread_name_prefix=function.name)

    def start(self) -> None:
        """Begin to poll; be woken when an output of this process writes to the queue."""
        self._queues.wake_on_output(self._name, self._wake)
        threading.Thread(target=self._listen, name=f"listen {self._name}", daemon=True).start()

    def stop(self) -> None:
        """Stop polling; messages that run go on."""
        self._stopping.set()
        self._wake.set()

    def _listen(self) -> None:
        try:
            while not self._stopping.is_set():
                self._poll()
        except Exception as error:  # noqa: BLE001 - whatever it is, a host that does not listen must not go on
            self._fail(error)

    def _poll(self) -> None:
        self._wake.clear()
        if self._stopping.is_set():
            return  # stop() came between the loop's look and the clear
        messages = self._receive()
        for message in messages:
            self.in_flight.begin()
            self._pool.submit(self._process, message)
        delay = self._backoff.next_delay(found=bool(messages))
        if messages:
            self.in_flight.wait_until_at_most(self._settings.new_batch_threshold)
        else:
            self._wake.wait(delay)

    def _receive(self) -> list[QueueMessage]:
        try:
            if not self._exists:
                self._queue.get_queue_properties()
                self._exists = True
            pages = self._queue.receive_messages(
                messages_per_page=self._settings.batch_size,
                visibility_timeout=self._settings.invisibility,
            ).by_page()
            return list(next(pages, []))
        except HttpResponseError as error:
            if not is_worth_waiting(error):
                raise
            self._exists = False
            return []

    def _process(self, message: QueueMessage) -> None:
        try:
            self._process_message(message)
        except Exception as error:  # noqa: BLE001 - as in _listen
            self._fail(error)
        finally:
            self.in_flight.end()

    def _process_message(self, message: QueueMessage) -> None:
        body = self._queues.decode(message.content or "")
        if body is None:
            _log.error(
                "Message decoding has failed! Check MessageEncoding settings. (%s)", self._name
            )
            self._move_to_poison(message, message.pop_receipt)
        elif (message.dequeue_count or 0) > self._settings.max_dequeue_count:
            self._move_to_poison(message, message.pop_receipt)
        else:
            self._run(message, body)

    def _run(self, message: QueueMessage, body: bytes) -> None:
        run = self._pool.submit(self._invoke, message, body)
        receipt = message.pop_receipt
        renew: float | None = self._settings.invisibility / 2
        while wait([run], renew).not_done:
            renewed = self._renew(message, receipt)
            if renewed is None:
                renew = None  # lost: the function goes on, and may run twice at once
            else:
                receipt = renewed
        if run.result():
            self._tolerate_gone(lambda: self._queue.delete_message(message.id, receipt))
        elif self._poison is None:
            pass  # not released: it comes back when its invisibility ends
        elif (message.dequeue_count or 0) >= self._settings.max_dequeue_count:
            self._move_to_poison(message, receipt)
        else:
            self._release(message, receipt)

    def _invoke(self, message: QueueMessage, body: bytes) -> bool:
        facts = QueueMessageFacts(
            message_id=message.id,
            pop_receipt=message.pop_receipt,
            dequeue_count=message.dequeue_count or 0,
            inserted_on=message.inserted_on,
            expires_on=message.expires_on,
            next_visible_on=message.next_visible_on,
        )
        binary = self._function.trigger.is_binary
        try:
            self._invoker.run(
                self._function,
                trigger_value(body, binary=binary),
                binding_data(facts, body, binary=binary),
            )
        except InvocationFailed:
            return False
        return True

    def _renew(self, message: QueueMessage, receipt: str | None) -> str | None:
        try:
            return self._queue.update_message(
                message.id, receipt, visibility_timeout=self._settings.invisibility
            ).pop_receipt
        except HttpResponseError as error:
            if not is_gone(error):
                raise
            return None

    def _release(self, message: QueueMessage, receipt: str | None) -> None:
        delay = self._settings.visibility_timeout
        # By id, not by object: the object would send the content along.
        self._tolerate_gone(
            lambda: self._queue.update_message(message.id, receipt, visibility_timeout=delay)
        )

    def _move_to_poison(self, message: QueueMessage, receipt: str | None) -> None:
        if self._poison is None:
            return
        _log.error(
            "Message has reached MaxDequeueCount or is unreadable. Moving it to %s", self._poison
        )
        self._queues.put(self._connection, self._poison, message.content or "")
        self._tolerate_gone(lambda: self._queue.delete_message(message.id, receipt))

    def _tolerate_gone(self, act: Callable[[], object]) -> None:
        try:
            act()
        except HttpResponseError as error:
            if not is_gone(error):
                raise
            _log.debug("a message of %s was gone", self._name)


def _poison_name(name: str) -> str | None:
    if name.endswith(_POISON) or len(name + _POISON) > _LONGEST_NAME:
        return None
    return name + _POISON
