"""What `GET /api/health` says: whether leads can be stored now. Pure; no personal data.

It looks at the settings and at the table. The queues are the host's: it answers 500 by itself where
it cannot write them.
"""

from __future__ import annotations

import json
from threading import Lock
from typing import TYPE_CHECKING

from leads.door import Answer
from leads.rejections import describe

if TYPE_CHECKING:
    from collections.abc import Callable

KEPT = 5.0
"""Seconds that an answer stands, so that a flood of questions asks storage once."""

STALE = 30.0
"""Seconds after which it does not even stand in for one that is being looked for."""

_UNKNOWN = {"status": "unavailable", "cause": "a check is under way"}


class HealthCheck:
    """Probes at most once at a time: anybody may ask, and must not occupy the worker's threads."""

    def __init__(self, probe: Callable[[], object], *, clock: Callable[[], float]) -> None:
        self._probe = probe
        self._clock = clock
        self._probing = Lock()
        self._last: Answer | None = None
        self._asked_at = 0.0

    def answer(self) -> Answer:
        """Return 200 where the probe goes through, else 503 with the cause.

        Source: DESIGN 4.1.
        """
        age = self._clock() - self._asked_at
        if self._last and age < KEPT:
            return self._last
        if not self._probing.acquire(blocking=False):
            return self._last if self._last and age < STALE else _answer(503, _UNKNOWN)
        try:
            self._last = self._ask()
            self._asked_at = self._clock()
        finally:
            self._probing.release()
        return self._last

    def _ask(self) -> Answer:
        try:
            self._probe()
        except Exception as error:  # noqa: BLE001 - any fault means that leads cannot be stored
            return _answer(503, {"status": "unavailable", "cause": describe(error)})
        return _answer(200, {"status": "ok"})


def _answer(status: int, report: dict[str, str]) -> Answer:
    return Answer(
        status=status,
        body=json.dumps(report).encode(),
        headers={"Cache-Control": "no-store"},
    )
