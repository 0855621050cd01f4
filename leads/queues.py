"""Storage queues by the SDK, for what no binding can do: look, drain, and send without an end.

Sole importer of azure.storage.queue. No error of the SDK leaves this module, and none of its
messages: they may quote a lead.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from contextlib import contextmanager, suppress
from math import ceil
from typing import TYPE_CHECKING, Any, cast
from xml.etree.ElementTree import ParseError

from azure.core.exceptions import AzureError, ResourceExistsError, ResourceNotFoundError
from azure.storage.queue import LinearRetry, QueueServiceClient

from leads.credential import credential_of
from leads.errors import InvalidSettings, StorageUnavailable
from leads.names import CONNECTION
from leads.tending.ports import QueuedMessage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime, timedelta

    from azure.storage.queue import QueueClient, QueueMessage

    from leads.settings import StorageConnection

MOST_AT_ONCE = 32  # the service gives no more in one answer
_NEVER = -1
_PROBE = {"visibility_timeout": 119, "time_to_live": 120}  # seconds; the service wants it shorter
_MISSING = 404
_BLANKS = str.maketrans("", "", " \t\r\n")  # what the host, too, passes over in base64


class Queue:
    """One queue, whether or not it exists."""

    def __init__(self, client: QueueClient) -> None:
        self._client = client
        self.name: str = client.queue_name

    def depth(self) -> int:
        """Return about how many messages it has, hidden ones included; none where it is missing.

        Raises:
            StorageUnavailable: nobody could tell.
        """
        with _translated("count messages"), suppress(ResourceNotFoundError):
            return self._client.get_queue_properties().approximate_message_count or 0
        return 0

    def exists(self) -> bool:
        """Tell whether it does; creates nothing.

        Raises:
            StorageUnavailable: nobody could tell.
        """
        with _translated("look for a queue"):
            try:
                self._client.get_queue_properties()
            except ResourceNotFoundError as error:
                if _code_of(error) != "QueueNotFound":
                    raise  # who answered is no queue service
                return False
        return True

    def peek(self, limit: int = MOST_AT_ONCE) -> list[QueuedMessage]:
        """Return the first visible messages, at most *limit* and 32; none where it is missing.

        Raises:
            StorageUnavailable: nobody could tell.
        """
        with _translated("peek at messages"), suppress(ResourceNotFoundError):
            return [_read(one) for one in self._client.peek_messages(min(limit, MOST_AT_ONCE))]
        return []

    def take(self, limit: int, *, invisible: timedelta) -> list[QueuedMessage]:
        """Hide messages for *invisible* and return them, at most *limit* and 32; none if missing.

        Raises:
            StorageUnavailable: some may be hidden, until that time is over.
        """
        pages = self._client.receive_messages(
            messages_per_page=min(limit, MOST_AT_ONCE),
            visibility_timeout=ceil(invisible.total_seconds()),
        ).by_page()
        with _translated("take messages"), suppress(ResourceNotFoundError):
            # One page, one request: if a second one failed, what the first took would be lost here.
            return [_read(one) for one in next(pages, ())]
        return []

    def send(self, body: bytes) -> None:
        """Put *body* as base64, never to expire; a missing queue is created.

        The SDK repeats what got no answer, which can leave two messages: the same delivery twice
        counts once (DESIGN 5.3).

        Raises:
            StorageUnavailable: it is too large, or may or may not be in the queue.
        """
        with _translated("send a message"):
            try:
                self._client.send_message(_encode(body), time_to_live=_NEVER)
            except ResourceNotFoundError:
                with suppress(ResourceExistsError):  # another instance was faster
                    self._client.create_queue()
                self._client.send_message(_encode(body), time_to_live=_NEVER)

    def remove(self, message: QueuedMessage) -> None:
        """Delete a taken *message*, unless it is gone or somebody else has taken it since.

        Raises:
            StorageUnavailable: it may or may not be deleted.
            ValueError: it was only peeked.
        """
        message_id, pop_receipt = _receipt(message)
        with _translated("delete a message", gone_is_fine=True):
            self._client.delete_message(message_id, pop_receipt)

    def release(self, message: QueuedMessage) -> None:
        """Make a taken *message* visible now, unless it is gone or somebody else has taken it.

        Raises:
            StorageUnavailable: it may still be hidden, until its time is over.
            ValueError: it was only peeked.
        """
        message_id, pop_receipt = _receipt(message)
        with _translated("release a message", gone_is_fine=True):
            self._client.update_message(message_id, pop_receipt, visibility_timeout=0)

    def probe(self) -> None:
        """Prove the rights to write and delete, by a hidden message; creates nothing else.

        Raises:
            StorageUnavailable: a right or the queue is missing, or nobody could tell.
        """
        with _translated("put a probe"):
            probe = self._client.send_message(_encode(b"probe"), **_PROBE)
        with _translated("delete the probe", gone_is_fine=True):
            self._client.delete_message(probe)


class Queues:
    """The queues of one storage account."""

    def __init__(self, client: QueueServiceClient) -> None:
        self._client = client

    def open(self, name: str) -> Queue:
        """Return the queue *name*; asks nobody whether it exists."""
        return Queue(self._client.get_queue_client(name))


def connect(connection: StorageConnection, *, hasty: bool = False) -> Queues:
    """Return the queues of *connection*, through a thread-safe client that opens nothing yet.

    A *hasty* one tries once, for 2 s.

    Raises:
        InvalidSettings: the connection cannot be read.
    """
    options: dict[str, Any] = {  # what hangs must end within functionTimeout; seconds
        "retry_policy": LinearRetry(
            retry_total=0 if hasty else 2, backoff=1, random_jitter_range=1
        ),
        "connection_timeout": 2 if hasty else 5,
        "read_timeout": 2 if hasty else 10,
    }
    text, address = connection.connection_string, connection.queue_service_uri
    try:
        if text:
            return Queues(QueueServiceClient.from_connection_string(text, **options))
        return Queues(QueueServiceClient(address, credential=credential_of(connection), **options))
    except ValueError:  # which may quote a signature
        raise InvalidSettings(f"{CONNECTION} is malformed") from None


def _encode(body: bytes) -> str:
    return b64encode(body).decode("ascii")


def _read(found: QueueMessage) -> QueuedMessage:
    text: str = found.content or ""
    try:  # the SDK's own decoding would give up a whole answer for one message that is no base64
        body, encoded = b64decode(text.translate(_BLANKS), validate=True), True
    except ValueError:
        body, encoded = text.encode(), False
    return QueuedMessage(
        body=body,
        encoded=encoded,
        inserted_at=cast("datetime", found.inserted_on),
        expires_at=cast("datetime", found.expires_on),
        dequeue_count=found.dequeue_count or 0,
        receipt=(found.id, found.pop_receipt) if found.pop_receipt else ("", ""),
    )


def _receipt(message: QueuedMessage) -> tuple[str, str]:
    # A DELETE of a message without an id is spelt almost like one of all messages.
    if not all(message.receipt):
        raise ValueError("the message was peeked, not taken")
    return message.receipt


def _code_of(error: Exception) -> str:
    """Return the service's own error code; the SDK sets it on some errors only."""
    code = getattr(error, "error_code", None)
    return str(getattr(code, "value", code) or "")


@contextmanager
def _translated(operation: str, *, gone_is_fine: bool = False) -> Iterator[None]:
    try:
        yield
    except (AzureError, ParseError) as error:  # the latter where the service's answer was empty
        status = getattr(error, "status_code", None) or type(error).__name__
        code = _code_of(error)
        if gone_is_fine and (status == _MISSING or code == "PopReceiptMismatch"):
            return
        raise StorageUnavailable(f"could not {operation}: {status} {code}".rstrip()) from None
