"""An app with a storage of its own, and the commands of those who operate it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from devhost.azurite import Azurite
from devhost.launch import DevHost
from leads.errors import StorageUnavailable
from leads.identity import identify
from leads.messages import Message, encode
from leads.model import Delivery
from leads.payload import parse
from leads.rejections import encode_failure
from tests.end_to_end.app import App, Row, wait_until

ROOT = Path(__file__).parents[2]
FLAGS = ("--max-poll", "0.2", "--retry-delay", "0", "--invisible", "30")
PYTHON = {"PYTHONIOENCODING": "utf-8", "PYTHONPATH": str(ROOT), "COLUMNS": "200"}


@dataclass(frozen=True)
class Said:
    """What a command said."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:  # noqa: ANN401 - JSON
        return json.loads(self.out)


@dataclass(frozen=True)
class System:
    """The app, and `python -m leads …` on the same storage."""

    app: App
    host: DevHost

    def leads(self, *arguments: str, cwd: Path = ROOT) -> Said:
        return leads(*arguments, storage=self.app.connection, cwd=cwd)

    def settled(self, *arguments: str) -> Said:
        """Run a command when no message is left."""
        self.app.drain()
        return self.leads(*arguments)


def leads(*arguments: str, storage: str, cwd: Path = ROOT, **settings: str) -> Said:
    ran = subprocess.run(
        [sys.executable, "-m", "leads", *arguments],
        cwd=cwd,
        env=os.environ | PYTHON | {"LeadsStorage": storage} | settings,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=100,
        check=False,
    )
    assert "Traceback" not in ran.stderr, ran.stderr
    return Said(ran.returncode, ran.stdout, ran.stderr)


@contextmanager
def running(azurite: Azurite, **settings: str) -> Iterator[System]:
    """Run the app on this storage; nobody tends it but the test."""
    untended = {"AzureWebJobs.tend_leads.Disabled": "1"}
    storage = untended | {"LeadsStorage": azurite.connection_string, **settings}
    with DevHost(ROOT, *FLAGS, env=storage) as host:
        yield System(App(url=host.url, connection=azurite.connection_string), host)


def delivered(payload: Row | str, *, received_at: datetime | None = None) -> bytes:
    """Return the message that the door makes of *payload*."""
    text = payload if isinstance(payload, str) else json.dumps(payload)
    moment = received_at or datetime.now(UTC)
    delivery = Delivery(
        id=str(uuid4()),
        received_at=moment.replace(microsecond=moment.microsecond // 1000 * 1000),
        identity=identify(parse(text), aliases={}),
        payload=text,
    )
    return encode(Message(delivery=delivery))


def failed(message: bytes) -> bytes:
    """Return what the writer makes of *message* on its last attempt, when the table is away."""
    return encode_failure(
        message,
        stage="write",
        error=StorageUnavailable("could not write a transaction: 503 ServerBusy"),
        attempts=10,
        failed_at=datetime.now(UTC),
    )


def letters(system: System, **wanted: object) -> list[Row]:
    """Return the dead letters, as `dead list` names them, to which all of *wanted* applies."""
    found: list[Row] = system.leads("dead", "list", "-o", "json").document
    return [one for one in found if all(one[name] == value for name, value in wanted.items())]


def buried(system: System, message: bytes) -> str:
    """Let *message* become a dead letter of the writer, and return its name."""
    system.app.put("leads-rejected", failed(message))
    delivery_id = json.loads(message)["delivery"]["id"]
    wait_until(
        lambda: any(delivery_id in row["RowKey"] for row in system.app.dead_letters("write"))
    )
    return f"write/{delivery_id}/0"
