"""The connection to Azure Tables, in every form that the Functions host knows for queues."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from azure.core.pipeline.transport import RequestsTransport
from azure.data.tables import TableServiceClient
from requests import Session
from requests.adapters import HTTPAdapter

from leads.tables.table import Table

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential
    from azure.core.pipeline.transport import HttpTransport

    from leads.settings import StorageConnection

_RETRIES: dict[str, Any] = {
    "retry_total": 2,  # what hangs must end within functionTimeout, or the worker is restarted
    "retry_backoff_factor": 0.3,
    "retry_backoff_max": 5,  # seconds: the queue's visibility timeout is the better wait
}
_PATIENCE = {"connection_timeout": 5, "read_timeout": 10}  # seconds
_HASTE = {"connection_timeout": 2, "read_timeout": 2}

CONNECTIONS = 48
"""As many as the worker has threads; above its 10, requests opens and drops one per call."""


def connect(
    connection: StorageConnection,
    *,
    hasty: bool = False,
    transport: HttpTransport[Any, Any] | None = None,
) -> TableServiceClient:
    """Return a client for the tables of *connection*; it is thread-safe and opens nothing yet.

    A *hasty* one tries once, for 2 s. What sends the requests may come from outside, so that a test
    can lose some.
    """
    options = ({"retry_total": 0} if hasty else _RETRIES) | {
        "transport": transport or new_transport(hasty=hasty)
    }
    if connection.connection_string:
        return TableServiceClient.from_connection_string(connection.connection_string, **options)
    return TableServiceClient(
        connection.table_service_uri, credential=_credential(connection), **options
    )


def open_table(service: TableServiceClient, name: str) -> Table:
    """Return the table *name* of *service*."""
    return Table(service.get_table_client(name))


def new_transport(*, hasty: bool = False) -> RequestsTransport:
    """Return what the SDK would make by itself, with room for more connections."""
    session = Session()
    adapter = HTTPAdapter(pool_maxsize=CONNECTIONS)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return RequestsTransport(session=session, **(_HASTE if hasty else _PATIENCE))


def _credential(connection: StorageConnection) -> TokenCredential:
    # Half a second of imports that a connection string never needs.
    from azure.identity import DefaultAzureCredential, ManagedIdentityCredential

    if connection.credential == "managedidentity":
        return ManagedIdentityCredential(client_id=connection.client_id or None)
    return DefaultAzureCredential()
