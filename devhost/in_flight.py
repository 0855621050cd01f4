"""Counts what runs now."""

from __future__ import annotations

import threading
from typing import Self


class InFlight:
    """Counts what runs now, so that others can wait until few enough are left."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._count = 0

    def begin(self) -> None:
        """Count one more."""
        with self._changed:
            self._count += 1

    def end(self) -> None:
        """Count one less."""
        with self._changed:
            self._count -= 1
            self._changed.notify_all()

    def wait_until_at_most(self, limit: int, timeout: float | None = None) -> bool:
        """Wait until no more than this many are left; say whether that came true in time."""
        with self._changed:
            return self._changed.wait_for(lambda: self._count <= limit, timeout)

    def __enter__(self) -> Self:
        self.begin()
        return self

    def __exit__(self, *_: object) -> None:
        self.end()
