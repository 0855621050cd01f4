"""The connection to Azure Tables, in every form that the Functions host knows for queues."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, override

from azure.core.pipeline.transport import RequestsTransport
from azure.data.tables import TableServiceClient
from requests import Session
from requests.adapters import HTTPAdapter

from leads.credential import credential_of
from leads.errors import InvalidSettings
from leads.names import CONNECTION
from leads.tables.table import ReadTable, Table

if TYPE_CHECKING:
    from azure.core.pipeline.transport import HttpTransport
    from requests import PreparedRequest, Response
    from urllib3 import BaseHTTPResponse

    from leads.settings import StorageConnection

_RETRIES: dict[str, Any] = {
    "retry_total": 2,  # what hangs must end within functionTimeout, or the worker is restarted
    "retry_backoff_factor": 0.3,
    "retry_backoff_max": 5,  # seconds: the queue's visibility timeout is the better wait
}
_PATIENCE = {"connection_timeout": 5, "read_timeout": 10}  # seconds
_HASTE = {"connection_timeout": 2, "read_timeout": 2}

_WAIT_HEADERS = ("Retry-After", "retry-after-ms", "x-ms-retry-after-ms")

CONNECTIONS = 48
"""As many as the worker has threads; above its 10, requests opens and drops one per call."""


class OwnPauses(HTTPAdapter):
    """Takes away how long the service asks to wait: the SDK would sleep for an hour, if told so.

    The worker's threads are few and a function has two minutes; the queue is the better wait. The
    tables' client takes no policy of ours, so it is done here.
    """

    @override
    def build_response(self, req: PreparedRequest, resp: BaseHTTPResponse) -> Response:
        response = super().build_response(req, resp)
        for name in _WAIT_HEADERS:
            response.headers.pop(name, None)
        return response


def connect(
    connection: StorageConnection,
    *,
    hasty: bool = False,
    transport: HttpTransport[Any, Any] | None = None,
) -> TableServiceClient:
    """Return a client for the tables of *connection*; it is thread-safe and opens nothing yet.

    A *hasty* one tries once, for 2 s. What sends the requests may come from outside, so that a test
    can lose some.

    Raises:
        InvalidSettings: the connection cannot be read.
    """
    options = {"retry_total": 0} if hasty else _RETRIES
    text = connection.connection_string
    try:
        address = TableServiceClient.from_connection_string(text).url if text else ""
        address = address or connection.table_service_uri
        options = options | {"transport": transport or new_transport(address, hasty=hasty)}
        if text:
            return TableServiceClient.from_connection_string(text, **options)
        return TableServiceClient(address, credential=credential_of(connection), **options)
    except ValueError:  # which may quote a signature
        raise InvalidSettings(f"{CONNECTION} is malformed") from None


def open_table(service: TableServiceClient, name: str) -> Table:
    """Return the table *name* of *service*."""
    return Table(service.get_table_client(name))


def open_read_table(service: TableServiceClient, name: str) -> ReadTable:
    """Return the table *name* of *service*, for who only looks."""
    return ReadTable(service.get_table_client(name))


def new_transport(address: str, *, hasty: bool = False) -> RequestsTransport:
    """Return what the SDK would make by itself, with room for more connections to *address*.

    The environment is asked once for proxies and certificates. By itself requests looks there, and
    for a netrc, at every request: 0.5 ms of CPU of 1.4 ms (benchmarks).
    """
    session = Session()
    found = session.merge_environment_settings(address, {}, None, None, None)
    session.trust_env, session.proxies = False, found["proxies"]
    adapter = OwnPauses(pool_maxsize=CONNECTIONS)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    patience = _HASTE if hasty else _PATIENCE
    return RequestsTransport(session=session, connection_verify=found["verify"], **patience)
