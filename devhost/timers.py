"""The timer trigger: one listener per function. Source: webjobs-sdk-extensions TimerListener.cs."""

from __future__ import annotations

import json
import logging
import threading
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from devhost.in_flight import InFlight
from devhost.ncrontab import parse
from devhost.protos import TypedData
from devhost.worker import InvocationFailed

if TYPE_CHECKING:
    from collections.abc import Callable

    from devhost.functions import Function
    from devhost.invocations import Invoker

_log = logging.getLogger("devhost")
_NEVER = datetime.min.replace(tzinfo=UTC)


class TimerListener:
    """Runs a function when its schedule says so, never twice at once."""

    def __init__(
        self,
        function: Function,
        schedule: str,
        *,
        invoker: Invoker,
        fail: Callable[[Exception], None],
    ) -> None:
        self._function = function
        self._schedule = parse(schedule)
        self._invoker = invoker
        self._fail = fail
        self._last = _NEVER
        self._stopping = threading.Event()
        self.in_flight = InFlight()

    def start(self) -> None:
        """Begin to wait for the schedule."""
        name = f"timer {self._function.name}"
        threading.Thread(target=self._listen, name=name, daemon=True).start()

    def stop(self) -> None:
        """Start no more runs."""
        self._stopping.set()

    def _listen(self) -> None:
        try:
            if self._function.trigger.properties.get("runOnStartup"):
                self._run()
            while (due := self._schedule.next(datetime.now(UTC))) is not None:
                if self._stopping.wait((due - datetime.now(UTC)).total_seconds()):
                    return
                self._run()  # the next time is computed after the run: what it overran is skipped
        except Exception as error:  # noqa: BLE001 - a host that does not listen must not go on
            self._fail(error)

    def _run(self) -> None:
        with self.in_flight:
            now = datetime.now(UTC)
            following = self._schedule.next(now) or _NEVER
            value = timer_value(last=self._last, following=following)
            self._last = now
            with suppress(InvocationFailed):  # logged by the invoker; a timer is not retried
                self._invoker.run(self._function, value, {})


def timer_value(*, last: datetime = _NEVER, following: datetime = _NEVER) -> TypedData:
    """Build what the function receives; never past due, because no status outlives the process."""
    status = {
        "Last": last.isoformat(),
        "Next": following.isoformat(),
        "LastUpdated": last.isoformat(),
    }
    info = {"Schedule": {"AdjustForDST": True}, "ScheduleStatus": status, "IsPastDue": False}
    return TypedData(json=json.dumps(info))
