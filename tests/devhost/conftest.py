from __future__ import annotations

import json
import socket
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from azure.storage.queue import QueueClient

from devhost.azurite import Azurite
from devhost.launch import DevHost

if TYPE_CHECKING:
    from collections.abc import Callable

APPS = Path(__file__).parent / "apps"
_DEADLINE = 20.0


class Lab:
    """One app's queues, its record of runs, and devhosts that run it."""

    def __init__(self, azurite: Azurite, folder: Path) -> None:
        self.name = f"t{uuid.uuid4().hex[:12]}"
        self.folder = folder
        self._connection = azurite.connection_string
        self._record = folder / f"{self.name}.jsonl"
        self.env = {
            "AzureWebJobsStorage": self._connection,
            "WORK": self.name,
            "OUT": self.name,
            "RECORD": str(self._record),
        }

    def host(self, app: str, *flags: str, **env: str) -> DevHost:
        return DevHost(APPS / app, *flags, env={**self.env, **env})

    def queue(self, suffix: str = "", *, create: bool = True) -> QueueClient:
        queue = QueueClient.from_connection_string(self._connection, self.name + suffix)
        if create:
            queue.create_queue()
        return queue

    def runs(self, body: str | None = None) -> list[dict[str, Any]]:
        if not self._record.exists():
            return []
        # The last line may still be on its way.
        lines = self._record.read_text().split("\n")[:-1]
        runs = [json.loads(line) for line in lines]
        return [run for run in runs if body is None or run["body"] == body]


@pytest.fixture
def lab(azurite: Azurite, tmp_path: Path) -> Lab:
    return Lab(azurite, tmp_path)


def eventually[T](ask: Callable[[], T], *, within: float = _DEADLINE) -> T:
    """Return the answer as soon as it is true; fail with the last one when it never is."""
    deadline = time.monotonic() + within
    while not (answer := ask()):
        assert time.monotonic() < deadline, f"still {answer!r} after {within} s"
        time.sleep(0.02)
    return answer


def serves(host: DevHost) -> bool:
    """Say whether the host still accepts connections; when it is stopping it does not."""
    try:
        socket.create_connection(("127.0.0.1", int(host.url.rsplit(":", 1)[1]))).close()
    except ConnectionRefusedError:
        return False
    return True


def messages(queue: QueueClient) -> list[str]:
    """Return the visible messages' wire text."""
    return [str(message.content or "") for message in queue.peek_messages(max_messages=32)]
