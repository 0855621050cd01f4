"""The app as it is measured: Azurite, devhost as a process of its own, and leads to post."""

from __future__ import annotations

import http.client
import json
import os
import random
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import TableClient
from azure.storage.queue import QueueClient

from devhost.azurite import Azurite
from devhost.launch import DevHost

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

ROOT = Path(__file__).resolve().parents[1]
SETTINGS = {"PYTHON_THREADPOOL_THREAD_COUNT": "48"}  # as in local.settings.sample.json
POSTERS = 8
QUEUES = ("leads-received", "leads-enriched", "leads-rejected")
"""In the order in which messages move, so that none slips by unseen."""

_PATIENCE = 180.0  # seconds
_ACCEPTED = 202
_GIVEN = ("Ada", "Grace", "Alan", "Radia", "Edsger", "Barbara", "Tim", "Katherine")
_FAMILY = ("Lovelace", "Hopper", "Turing", "Perlman", "Dijkstra", "Liskov", "Johnson", "O'Neil")
_DOMAINS = ("contoso.com", "fabrikam.co.uk", "gmail.com", "tailspintoys.de", "mailinator.com")
_COUNTRIES = (("US", "+1 425 555 0100"), ("GB", "+44 20 7946 0000"), ("Sverige", "08-123 456 78"))


class DidNotFinish(Exception):
    """Leads did not arrive in the table in time."""


def leads(count: int, *, offer: str, seed: int) -> list[bytes]:
    """Return the payloads of *count* different customers of *offer*, as the marketplace posts."""
    source = random.Random(seed)  # noqa: S311 - guards nothing
    return [_lead(source, number, offer) for number in range(count)]


def _lead(source: random.Random, number: int, offer: str) -> bytes:
    first, last = source.choice(_GIVEN), source.choice(_FAMILY)
    country, phone = source.choice(_COUNTRIES)
    address = f"{first}.{last}.{number}@{source.choice(_DOMAINS)}".replace("'", "").lower()
    contact = {
        "FirstName": first,
        "LastName": last,
        "Email": address,
        "Phone": phone,
        "Country": country,
        "Company": f"Company {source.randrange(100)}",
        "Title": "Engineer",
    }
    action = source.choice(("INS", "PLT", "Create"))
    payload = {
        "UserDetails": contact,
        "LeadSource": f"AzureMarketplace-{action}|{offer}",
        "ActionCode": action,
        "OfferTitle": "A measured offer",
        "Description": "Posted by a benchmark",
    }
    return json.dumps(payload).encode()


@dataclass
class Rig:
    """A running app on its own storage."""

    app: Path = ROOT
    flags: Sequence[str] = ("--max-poll", "1")
    environment: dict[str, str] = field(default_factory=dict)
    queues: Sequence[str] = QUEUES
    storage: Azurite | None = None  # its own, unless one that runs is given

    def __enter__(self) -> Self:
        with ExitStack() as opened:
            self.azurite = self.storage or opened.enter_context(Azurite())
            storage = {"LeadsStorage": self.azurite.connection_string}
            environment = SETTINGS | storage | self.environment
            self.host = opened.enter_context(DevHost(self.app, *self.flags, env=environment))
            self._opened = opened.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()

    @property
    def connection(self) -> str:
        """The storage's connection string."""
        return self.azurite.connection_string

    def post(self, payloads: Iterable[bytes], *, posters: int = POSTERS) -> list[float]:
        """Post all of *payloads* over kept connections; return how long each answer took, in s."""
        local = threading.local()

        def one(payload: bytes) -> float:
            connection = getattr(local, "connection", None) or self._connect()
            local.connection = connection
            return post(connection, payload)

        with ThreadPoolExecutor(posters) as pool:
            return list(pool.map(one, payloads))

    def _connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(urlsplit(self.host.url).netloc, timeout=60)

    def wait_until_done(self, *, pause: float = 0.05) -> None:
        """Wait until no queue holds a message; *pause* seconds lie between two looks."""
        clients = [QueueClient.from_connection_string(self.connection, q) for q in self.queues]
        wait_until(lambda: not any(_depth(client) for client in clients), pause=pause)

    def rows(
        self, offer: str, kind: str = "", *columns: str, table: str = "Leads"
    ) -> list[dict[str, Any]]:
        """Return the rows of *offer*, of one kind or of all, each with its `Timestamp`."""
        query = "PartitionKey eq @offer" + (" and Kind eq @kind" if kind else "")
        with TableClient.from_connection_string(self.connection, table) as client:
            found = client.query_entities(
                query,
                parameters={"offer": offer, "kind": kind},
                select=[*columns, "Timestamp"] if columns else None,
            )
            return [{**row, "Timestamp": row.metadata.get("timestamp")} for row in found]

    def cpu_seconds(self) -> float:
        """Return the CPU time that the app's process has used so far."""
        return cpu_seconds(self.host.process.pid)

    def resident_mb(self) -> float:
        """Return the resident size of the app's process."""
        return resident_mb(self.host.process.pid)


def post(connection: http.client.HTTPConnection, payload: bytes) -> float:
    """Post one payload; return how long the answer took, in seconds."""
    begun = time.perf_counter()
    connection.request("POST", "/api/leads", payload, {"Content-Type": "application/json"})
    response = connection.getresponse()
    response.read()
    if response.status != _ACCEPTED:
        raise DidNotFinish(f"the door answered {response.status}")
    return time.perf_counter() - begun


def wait_until(condition: Callable[[], object], *, pause: float = 0.05) -> None:
    """Wait until *condition* holds.

    Raises:
        DidNotFinish: it did not come true within three minutes.
    """
    deadline = time.monotonic() + _PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise DidNotFinish("the queues did not become empty")
        time.sleep(pause)


def new_offers(stem: str) -> Iterator[str]:
    """Yield offer ids: each round writes a partition of its own."""
    number = 0
    while True:
        number += 1
        yield f"contoso.{stem}-{number}"


def cpu_seconds(pid: int) -> float:
    """Return the CPU time that a process has used so far, in user and system mode."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_mb(pid: int) -> float:
    """Return the resident size of a process in MB."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    (kilobytes,) = re.findall(r"^VmRSS:\s+(\d+) kB$", status, flags=re.MULTILINE)
    return int(kilobytes) / 1024


def _depth(client: QueueClient) -> int:
    try:
        return client.get_queue_properties().approximate_message_count or 0
    except ResourceNotFoundError:
        return 0  # nothing came so far yet
