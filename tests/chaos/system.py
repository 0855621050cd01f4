"""The app as a process that dies, at our hand or at its own, and is started again."""

from __future__ import annotations

import subprocess
import threading
from pathlib import Path
from typing import Self

from devhost.launch import DevHost

ROOT = Path(__file__).parents[2]

_FLAGS = ("--max-poll", "0.2", "--invisible", "2", "--retry-delay", "0")
_THREADS = {"PYTHON_THREADPOOL_THREAD_COUNT": "48"}  # as in local.settings.sample.json
_PATIENCE = 60.0  # seconds; a start takes one or two


class System:
    """The app on its storage.

    Like the real host, devhost ends by itself where storage refuses what it asks of its queues.
    That is a `stop`, counted apart from the `kills`; Azure would start it again, and so do we.
    """

    def __init__(self, folder: Path, storage: str) -> None:
        self.disabled: tuple[str, ...] = ()  # functions left out from the next start on
        self.kills = self.stops = 0
        self._starts = 0
        self._folder = folder
        self._environment = {"LeadsStorage": storage, **_THREADS}
        self._host: DevHost | None = None
        self._up = threading.Event()

    def start(self) -> None:
        """Start the app and wait until it serves."""
        self._starts += 1
        off = {f"AzureWebJobs.{function}.Disabled": "true" for function in self.disabled}
        log = self._folder / f"app-{self._starts:04}.log"
        self._host = DevHost(ROOT, *_FLAGS, env=self._environment | off, log=log).start()
        self._up.set()

    @property
    def url(self) -> str:
        """Where it serves, once it does."""
        if not self._up.wait(_PATIENCE):
            raise TimeoutError("the app does not come up")
        return self._running.url

    def kill(self) -> None:
        """End it at once (SIGKILL) and start it again."""
        self.revive()
        self._up.clear()
        self._running.kill()
        self.kills += 1
        self.start()

    def stop(self) -> int:
        """Ask it to end (SIGTERM); return its exit code."""
        self._up.clear()
        code = self._running.stop()
        self.stops += code != 0
        return code

    def revive(self, *, within: float = 0.0) -> bool:
        """Start it again if it ends by itself *within* some seconds; tell whether it did."""
        try:
            self._running.process.wait(within)
        except subprocess.TimeoutExpired:
            return False
        self._up.clear()
        self.stops += 1
        self.start()
        return True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._host and self._host.process.poll() is None:
            self._host.kill()

    @property
    def _running(self) -> DevHost:
        if self._host is None:
            raise RuntimeError("the app was not started")
        return self._host
