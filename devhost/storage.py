"""The storage queues of every connection that the app names; sole import of azure.storage.queue."""

from __future__ import annotations

import base64
import binascii
import random
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.core.pipeline.transport import RequestsTransport
from azure.storage.queue import ExponentialRetry, QueueClient, QueueServiceClient, StorageErrorCode
from requests import Session
from requests.adapters import HTTPAdapter

from devhost.settings import InvalidSettings, resolve

if TYPE_CHECKING:
    import threading
    from collections.abc import Mapping

    from azure.core.credentials import TokenCredential

    from devhost.functions import Binding

_CONNECTIONS = 256  # sockets kept open per connection: all listeners and requests share one pool


class AzureCoreRetry(ExponentialRetry):
    """Retry as the real host's client does: 0.8 s, doubled, "Retry failed after 6 tries".

    Source: azure-sdk-for-net Azure.Core RetryOptions, Azure.Storage.Common.
    """

    def __init__(self) -> None:
        super().__init__(retry_total=5)

    def get_backoff_time(self, settings: dict[str, Any]) -> float:
        """Return the seconds before the next try."""
        tries: int = settings["count"]
        return float(0.8 * 2**tries * random.uniform(0.8, 1.2))  # noqa: S311 - guards nothing


class Queues:
    """Every queue by connection and name, and who waits for messages in it."""

    def __init__(self, environ: Mapping[str, str], *, message_encoding: str) -> None:
        self._environ = environ
        self._encoding = message_encoding
        self._services: dict[str, QueueServiceClient] = {}
        self._waiting: dict[str, list[threading.Event]] = {}

    def connect(self, binding: Binding) -> None:
        """Check a binding's settings before anything runs: a missing one stops the start."""
        self.name(binding)
        connection = binding.text("connection")
        if connection not in self._services:
            self._services[connection] = _service(connection, self._environ)

    def name(self, binding: Binding) -> str:
        """Return the name of a binding's queue."""
        return resolve(binding.text("queueName"), self._environ).lower()

    def queue(self, connection: str, name: str) -> QueueClient:
        """Return a client for one queue."""
        return self._services[connection].get_queue_client(name)

    def wake_on_output(self, name: str, event: threading.Event) -> None:
        """Set the event when this process writes to the queue. Source: SharedQueueWatcher.cs."""
        self._waiting.setdefault(name, []).append(event)

    def put(self, connection: str, name: str, wire_text: str) -> None:
        """Send one message with the service's own TTL of 7 days, creating the queue when missing.

        Source: azure-sdk-for-net QueueExtensions.AddMessageAndCreateIfNotExistsAsync.
        """
        queue = self.queue(connection, name)
        try:
            queue.send_message(wire_text)
        except ResourceNotFoundError:
            with suppress(ResourceExistsError):  # another writer was first
                queue.create_queue()
            queue.send_message(wire_text)
        for event in self._waiting.get(name, []):
            event.set()

    def encode(self, body: bytes) -> str:
        """Turn a body into what stands on the wire."""
        if self._encoding == "none":
            return body.decode("utf-8", "replace")
        return base64.b64encode(body).decode("ascii")

    def decode(self, wire_text: str) -> bytes | None:
        """Turn what stands on the wire into a body, or nothing when it is not base64."""
        if self._encoding == "none":
            return wire_text.encode()
        try:
            return base64.b64decode("".join(wire_text.split()), validate=True)
        except (binascii.Error, ValueError):
            return None


def is_gone(error: HttpResponseError) -> bool:
    """Say whether a message is no longer ours: deleted, taken by another, or its queue deleted.

    Source: azure-sdk-for-net QueueProcessor.cs, which swallows these three everywhere.
    """
    return error.status_code in {404, 409} or _code(error) == StorageErrorCode.POP_RECEIPT_MISMATCH


def _code(error: HttpResponseError) -> object:
    return getattr(error, "error_code", None)  # the storage SDK adds it


def is_worth_waiting(error: HttpResponseError) -> bool:
    """Say whether polling goes on after this error. Source: QueueListener.cs."""
    return error.status_code in {404, 409} or (error.status_code or 0) >= 500  # noqa: PLR2004 - HTTP


def _service(connection: str, environ: Mapping[str, str]) -> QueueServiceClient:
    session = Session()
    for scheme in ("http://", "https://"):
        session.mount(scheme, HTTPAdapter(pool_connections=4, pool_maxsize=_CONNECTIONS))
    transport = RequestsTransport(session=session, session_owner=False)
    service = _opened(connection, environ, retry_policy=AzureCoreRetry(), transport=transport)
    # The environment is asked once for proxies and certificates: requests would ask at every call,
    # a third of its time, and the real host's calls cost the app's interpreter nothing.
    found = session.merge_environment_settings(service.url, {}, None, None, None)
    session.trust_env, session.proxies = False, found["proxies"]
    transport.connection_config.verify = found["verify"]
    return service


def _opened(
    connection: str,
    environ: Mapping[str, str],
    **options: Any,  # noqa: ANN401 - the SDK's own
) -> QueueServiceClient:
    # AzureWebJobs + name is asked first (webjobs-sdk IConfigurationExtensions).
    for name in (f"AzureWebJobs{connection}", connection):
        if text := environ.get(name):
            try:
                return QueueServiceClient.from_connection_string(text, **options)
            except ValueError as error:
                raise InvalidSettings(f"setting {name}: {error}") from error
        if url := _identity_url(name, environ):
            return QueueServiceClient(url, credential=_credential(name, environ), **options)
    raise InvalidSettings(f"connection setting {connection} is missing")


def _identity_url(name: str, environ: Mapping[str, str]) -> str | None:
    if account := environ.get(f"{name}__accountName"):
        return f"https://{account}.queue.core.windows.net"
    return environ.get(f"{name}__queueServiceUri") or environ.get(f"{name}__serviceUri")


def _credential(name: str, environ: Mapping[str, str]) -> TokenCredential:
    # Imported only when used: it takes a third of a second.
    from azure.identity import DefaultAzureCredential, ManagedIdentityCredential  # noqa: PLC0415

    client_id = environ.get(f"{name}__clientId")
    if environ.get(f"{name}__credential", "").lower() == "managedidentity":
        return ManagedIdentityCredential(client_id=client_id)
    return DefaultAzureCredential(managed_identity_client_id=client_id)
