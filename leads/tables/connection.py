"""The connection to Azure Tables, in every form that the Functions host knows for queues."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from azure.data.tables import TableServiceClient

from leads.tables.table import Table

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

    from leads.settings import StorageConnection

_RETRIES: dict[str, Any] = {
    "retry_total": 3,
    "retry_backoff_factor": 0.3,
    "retry_backoff_max": 5,  # seconds: the queue's visibility timeout is the better wait
    "connection_timeout": 5,
    "read_timeout": 10,
}


def connect(connection: StorageConnection) -> TableServiceClient:
    """Return a client for the tables of *connection*; it is thread-safe and opens nothing yet."""
    if connection.connection_string:
        return TableServiceClient.from_connection_string(connection.connection_string, **_RETRIES)
    return TableServiceClient(
        connection.table_service_uri, credential=_credential(connection), **_RETRIES
    )


def open_table(service: TableServiceClient, name: str) -> Table:
    """Return the table *name* of *service*."""
    return Table(service.get_table_client(name))


def _credential(connection: StorageConnection) -> TokenCredential:
    # Half a second of imports that a connection string never needs.
    from azure.identity import DefaultAzureCredential, ManagedIdentityCredential

    if connection.credential == "managedidentity":
        return ManagedIdentityCredential(client_id=connection.client_id or None)
    return DefaultAzureCredential()
