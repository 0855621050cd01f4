"""The running app as the tests see it: its HTTP door on one side, its tables on the other."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError
from azure.data.tables import TableClient
from azure.storage.queue import BinaryBase64EncodePolicy, QueueClient

QUEUES = ("leads-received", "leads-enriched", "leads-rejected")  # in the order of the pipeline
PATIENCE = 60  # seconds
JSON = {"Content-Type": "application/json"}

type Row = dict[str, Any]


@dataclass(frozen=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def document(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.body)
        return document


@dataclass(frozen=True)
class App:
    url: str
    connection: str = field(repr=False)

    def post(self, body: bytes | Row, headers: Mapping[str, str] = JSON) -> Reply:
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.request("POST", "/api/leads", sent, headers)

    def request(
        self,
        method: str,
        path: str,
        body: bytes | Iterator[bytes] | None = None,
        headers: Mapping[str, str] = JSON,
    ) -> Reply:
        address = urlsplit(self.url)
        with closing(http.client.HTTPConnection(address.netloc, timeout=30)) as connection:
            chunked = not isinstance(body, bytes | None)
            connection.request(method, path, body, dict(headers), encode_chunked=chunked)
            response = connection.getresponse()
            names = {name.lower(): value for name, value in response.getheaders()}
            return Reply(response.status, names, response.read())

    def rows(self, table: str, query: str, **parameters: str) -> list[Row]:
        with TableClient.from_connection_string(self.connection, table) as client:
            try:
                return [dict(row) for row in client.query_entities(query, parameters=parameters)]
            except ResourceNotFoundError:
                return []  # nothing came so far yet

    def offer(self, offer: str, kind: str) -> list[Row]:
        return self.rows(
            "Leads", "PartitionKey eq @offer and Kind eq @kind", offer=offer, kind=kind
        )

    def dead_letters(self, stage: str) -> list[Row]:
        return self.rows("LeadDeadLetters", "PartitionKey eq @stage", stage=stage)

    def put(self, queue: str, message: bytes) -> None:
        with self.queue(queue) as client:
            with suppress(ResourceExistsError):
                client.create_queue()
            client.send_message(message)

    def queue(self, name: str) -> QueueClient:
        encoding = BinaryBase64EncodePolicy()
        return QueueClient.from_connection_string(
            self.connection, name, message_encode_policy=encoding
        )

    def drain(self, *, patience: float = PATIENCE) -> None:
        """Wait until no message is left.

        The order of reading matters: a message moves forward only, so none slips by unseen.
        """
        wait_until(lambda: not any(self.depth(queue) for queue in QUEUES), patience=patience)

    def depth(self, queue: str) -> int:
        with self.queue(queue) as client:
            try:
                return client.get_queue_properties().approximate_message_count or 0
            except ResourceNotFoundError:
                return 0


def wait_until(condition: Callable[[], object], *, patience: float = PATIENCE) -> None:
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.05)


def new_offer() -> str:
    """An offer of its own keeps a test apart from every other one."""
    return f"contoso.test-{uuid4().hex[:12]}"


def lead(offer: str, **changed: object) -> Row:
    """A payload whose relevant fields the test names."""
    contact = {"FirstName": "Ada", "LastName": "Lovelace", "Email": "ada@example.com"}
    action = changed.pop("ActionCode", "INS")
    return {
        "UserDetails": contact | changed.pop("UserDetails", {}),  # type: ignore[operator]  # a dict
        "LeadSource": f"AzureMarketplace-{action}|{offer}",
        "ActionCode": action,
        "OfferTitle": "A test offer",
        **changed,
    }
