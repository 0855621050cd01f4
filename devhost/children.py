"""Child processes that say when they are ready and never outlive their parent."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
import weakref
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_POLL_SECONDS = 0.02
_TAIL = 4_000  # characters of the log that an error shows


def temporary_folder(owner: object, prefix: str) -> Path:
    """Make a folder that goes when its owner does, so that a log can be read until then."""
    folder = tempfile.mkdtemp(prefix=prefix)
    weakref.finalize(owner, shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


class StartFailed(Exception):
    """A child process ended, or did not become ready in time; the text ends with its log."""


class Child:
    """A process that writes to a log file and watches its stdin.

    Its stdin is a pipe that only the parent holds: when the parent dies, even by SIGKILL, the pipe
    ends and the child stops by itself. No parent-death signal: that follows the starting thread.
    """

    def __init__(
        self, command: Sequence[str], *, log: Path, cwd: Path, env: Mapping[str, str]
    ) -> None:
        self.log = log
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("wb") as output:
            self.process = subprocess.Popen(  # noqa: S603 - our own command
                command,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                cwd=cwd,
                env=dict(env),
                # Ctrl-C must not reach it beside stop(): a second signal cuts saving short.
                start_new_session=True,
            )

    def wait_until[T](self, ready: Callable[[str], T | None], *, timeout: float) -> T:
        """Wait until the log satisfies the condition, and return what it found."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            ended = self.process.poll() is not None  # asked first: its last words count
            if (found := ready(self.text())) is not None:
                return found
            if ended:
                break
            time.sleep(_POLL_SECONDS)
        code = self.process.poll()
        self.kill()
        said = "not ready in time" if code is None else f"ended with code {code}"
        raise StartFailed(f"{said}:\n{self.text()[-_TAIL:]}")

    def text(self) -> str:
        """Return the log so far."""
        return self.log.read_text("utf-8", "replace")

    def stop(self, timeout: float = 20.0) -> int:
        """Ask the process to end (SIGTERM) and wait; return its exit code."""
        self.process.terminate()
        try:
            code = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise
        self._close_stdin()  # after its end: before, it would be a second signal to stop
        return code

    def kill(self) -> None:
        """End the process at once (SIGKILL)."""
        self.process.kill()
        self.process.wait()
        self._close_stdin()

    def _close_stdin(self) -> None:
        if self.process.stdin:
            self.process.stdin.close()
