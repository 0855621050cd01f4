"""Where CPU time goes, by samples: the main thread's stack every time it used up a moment more.

Unlike a tracing profiler it slows nothing down, so that short functions are not made to look long.
"""

from __future__ import annotations

import signal
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.rig import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

OURS, SDK, LIBRARIES, WORKER, OTHER = "our code", "SDK", "enrichment libraries", "worker", "other"
_MOMENT = 0.001  # seconds of CPU time; the kernel may make it longer
_PACKAGES = {
    "/azure/data/": SDK,
    "/azure/core/": SDK,
    "/azure/storage/": SDK,
    "/azure/identity/": SDK,
    "/requests/": SDK,
    "/urllib3/": SDK,
    "/azure/functions/": WORKER,
    "/azure_functions_runtime/": WORKER,
    "/phonenumbers/": LIBRARIES,
    "/email_validator/": LIBRARIES,
    "/publicsuffixlist/": LIBRARIES,
    "/disposable_email_domains/": LIBRARIES,
}
_OUR_PLACES = (f"{ROOT}/leads/", f"{ROOT}/function_app.py")


@dataclass
class Samples:
    """How often each stack was seen, the outermost call first."""

    stacks: Counter[tuple[str, ...]] = field(default_factory=Counter)
    owners: Counter[str] = field(default_factory=Counter)

    def share(self, owner: str) -> float:
        """Return which part of the time *owner* used."""
        return self.owners[owner] / max(1, self.owners.total())

    def add(self, others: Samples) -> None:
        """Count what *others* saw, too."""
        self.stacks += others.stacks
        self.owners += others.owners

    def write(self, file: Path) -> None:
        """Keep the stacks as flame graphs take them: `outer;inner count`."""
        file.parent.mkdir(parents=True, exist_ok=True)
        lines = (f"{';'.join(stack)} {count}\n" for stack, count in self.stacks.most_common())
        file.write_text("".join(lines), encoding="utf-8")

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Take samples meanwhile; only in the main thread."""
        before = signal.signal(signal.SIGPROF, self._take)
        signal.setitimer(signal.ITIMER_PROF, _MOMENT, _MOMENT)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.signal(signal.SIGPROF, before)

    def _take(self, _signal: int, frame: FrameType | None) -> None:
        stack: list[str] = []
        owner = ""
        while frame:
            code = frame.f_code
            owner = owner or owner_of(code.co_filename)
            stack.append(f"{Path(code.co_filename).stem}.{code.co_qualname}")
            frame = frame.f_back
        self.owners[owner or OTHER] += 1
        self.stacks[tuple(reversed(stack))] += 1


def owner_of(path: str) -> str:
    """Return to whom the code at *path* belongs; empty for what works for its caller."""
    if path.startswith(_OUR_PLACES):
        return OURS
    return next((owner for part, owner in _PACKAGES.items() if part in path), "")
