"""What `GET /api/health` says: whether leads can be stored, and are. Pure; no personal data.

It looks at the settings, at the table, and at what `tend_leads` last wrote of the queues there: the
queue SDK would cost this path an import that it needs for nothing else.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

from leads.door import Answer
from leads.messages import format_time
from leads.rejections import describe

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime, timedelta

KEPT = 5.0
"""Seconds that an answer stands, so that a flood of questions asks storage once."""

STALE = 30.0
"""Seconds after which it does not even stand in for one that is being looked for."""

_UNKNOWN = {"status": "unavailable", "cause": "a check is under way"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """What `tend_leads` saw in the queues."""

    as_of: datetime
    oldest_at: datetime | None  # when the oldest message was put there

    @property
    def minutes(self) -> int:
        """Return how old the oldest message was, in whole minutes."""
        age = self.as_of - (self.oldest_at or self.as_of)
        return max(0, int(age.total_seconds() // 60))  # storage has a clock of its own


class HealthCheck:
    """Probes at most once at a time: anybody may ask, and must not occupy the worker's threads."""

    def __init__(
        self,
        probe: Callable[[], Backlog | None],
        *,
        max_age: timedelta,
        clock: Callable[[], float],
    ) -> None:
        self._probe = probe
        self._max_age = max_age
        self._clock = clock
        self._probing = Lock()
        self._last: Answer | None = None
        self._asked_at = 0.0

    def answer(self) -> Answer:
        """Return 200 where the probe goes through and no message waits too long, else 503.

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
            backlog = self._probe()
        except Exception as error:  # noqa: BLE001 - any fault means that leads cannot be stored
            return _answer(503, {"status": "unavailable", "cause": describe(error)})
        if backlog is None:
            return _answer(200, {"status": "ok"})
        seen: dict[str, str | int] = {
            "oldest_message_minutes": backlog.minutes,
            "as_of": format_time(backlog.as_of),
        }
        if backlog.oldest_at and backlog.as_of - backlog.oldest_at > self._max_age:
            return _answer(503, {"status": "late", "cause": "messages wait too long", **seen})
        return _answer(200, {"status": "ok", **seen})


def _answer(status: int, report: Mapping[str, str | int]) -> Answer:
    return Answer(
        status=status,
        body=json.dumps(report).encode(),
        headers={"Cache-Control": "no-store"},
    )
