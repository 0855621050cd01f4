"""`python -m devhost` as a child process, for tests and tools."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Self

from devhost.children import Child, temporary_folder

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Mapping, Sequence

_ROOT = Path(__file__).resolve().parents[1]
_READY = re.compile(r"^devhost ready: (\S+)$", re.MULTILINE)
_START_SECONDS = 60.0


class DevHost:
    """A running devhost; `.url`, `.process` and `.log` (a path) say where."""

    url: str

    def __init__(
        self,
        app: Path,
        *flags: str,
        env: Mapping[str, str] | None = None,
        port: int = 0,
        log: Path | None = None,
    ) -> None:
        self._command: Sequence[str] = [
            *(sys.executable, "-m", "devhost", "--app", str(app.resolve())),
            *("--port", str(port), "--stop-with-stdin", *flags),
        ]
        self._env = {**os.environ, **(env or {})}
        self.log = log or temporary_folder(self, "devhost-") / "devhost.log"
        self._child: Child | None = None

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The child process."""
        return self._running.process

    def start(self) -> Self:
        """Start it and wait for its ready line; raise StartFailed with the log's end otherwise."""
        self._child = Child(self._command, log=self.log, cwd=_ROOT, env=self._env)
        self.url = self._child.wait_until(_ready_url, timeout=_START_SECONDS)
        return self

    def stop(self) -> int:
        """Send SIGTERM and wait; return the exit code."""
        return self._running.stop()

    def kill(self) -> None:
        """Send SIGKILL, as a crash does."""
        self._running.kill()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        if self._child is not None and self.process.poll() is None:
            self.stop()

    @property
    def _running(self) -> Child:
        if self._child is None:
            raise RuntimeError("devhost was not started")
        return self._child


def _ready_url(log: str) -> str | None:
    match = _READY.search(log)
    return match and match[1]
