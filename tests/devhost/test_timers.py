from __future__ import annotations

import json
import threading
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, cast

import pytest

from devhost.children import StartFailed
from devhost.functions import Binding, Function
from devhost.timers import TimerListener
from tests.devhost.conftest import Lab, eventually, serves

if TYPE_CHECKING:
    from devhost.invocations import Invoker
    from devhost.launch import DevHost


def run_now(host: DevHost, function: str, body: bytes = b"{}") -> int:
    request = urllib.request.Request(  # noqa: S310 - our own host
        f"{host.url}/admin/functions/{function}",
        data=body,
        headers={"Content-Type": "application/json"},
        method="POST",
    )
    try:
        with urllib.request.urlopen(request, timeout=20) as response:  # noqa: S310 - the same
            status: int = response.status
            return status
    except urllib.error.HTTPError as error:
        error.close()
        return error.code


def test_a_timer_runs_when_its_schedule_says(lab: Lab) -> None:
    """Source: webjobs-sdk-extensions TimerListener.cs; %SCHEDULE% is resolved."""
    with lab.host("timer", SCHEDULE="* * * * * *"):
        first, second = eventually(lambda: lab.runs()[1:] and lab.runs()[:2])

    assert first["past_due"] is False
    assert first["schedule"] == {"AdjustForDST": True}
    status = {name: datetime.fromisoformat(at) for name, at in second["schedule_status"].items()}
    assert set(status) == {"Last", "Next", "LastUpdated"}
    assert timedelta(0) < status["Next"] - datetime.now(UTC) + timedelta(seconds=5)
    assert status["Next"] - status["Last"] <= timedelta(seconds=3)


def test_a_timer_that_fails_is_logged_and_runs_at_its_next_time(lab: Lab) -> None:
    """Source: TimerListener.InvokeJobFunction: no retry, and the host goes on."""
    with lab.host("timer", SCHEDULE="* * * * * *", TICK_FAILS="1") as host:
        eventually(lambda: lab.runs()[1:])

        assert "RuntimeError: tick failed" in host.log.read_text()


def test_a_timer_runs_by_hand(lab: Lab) -> None:
    """Source: azure-functions-host FunctionsController.Invoke."""
    with lab.host("timer", SCHEDULE="0 0 0 1 1 *") as host:
        assert run_now(host, "tick") == 202

        [run] = eventually(lab.runs)

    assert run["past_due"] is False


def test_a_queue_function_runs_by_hand_with_its_input_as_the_body(lab: Lab) -> None:
    """Source: FunctionsController.Invoke; such a message has no id and was never dequeued."""
    with lab.host("queues") as host:
        assert run_now(host, "WORK", b'{"input": "by hand"}') == 202

        [run] = eventually(lambda: lab.runs("by hand"))

    assert (run["id"], run["dequeue_count"]) == (None, 0)


def test_a_run_by_hand_is_awaited_at_the_end(lab: Lab) -> None:
    gate = lab.folder / "gate"
    host = lab.host("queues").start()
    run_now(host, "work", json.dumps({"input": f"wait {gate}"}).encode())
    eventually(lab.runs)

    host.process.terminate()
    eventually(lambda: not serves(host))
    gate.touch()

    assert host.stop() == 0
    assert "work succeeded" in host.log.read_text()


def test_a_run_by_hand_needs_json_and_a_function_that_is_not_http(lab: Lab) -> None:
    with lab.host("http") as host:
        assert run_now(host, "echo") == 400
        assert run_now(host, "echo", b"no json") == 400
        assert run_now(host, "unknown", json.dumps({"input": ""}).encode()) == 404


def test_a_wrong_schedule_stops_the_start(lab: Lab) -> None:
    with pytest.raises(StartFailed, match="six fields"):
        lab.host("timer", SCHEDULE="hourly").start()


def test_a_timer_never_overlaps_itself_and_skips_what_it_overran() -> None:
    """Source: TimerListener.cs computes the next time after the run."""
    invoker = SlowInvoker()
    listener = timer_listener("* * * * * *", invoker)
    listener.start()
    eventually(lambda: invoker.started)
    begun = time.monotonic()

    eventually(lambda: time.monotonic() - begun > 1.5)

    assert len(invoker.started) == 1
    listener.stop()
    invoker.gate.set()
    assert listener.in_flight.wait_until_at_most(0, 5)


def test_a_timer_runs_on_startup_when_it_asks_for_that() -> None:
    """Source: TimerListener.StartAsync, runOnStartup."""
    invoker = SlowInvoker()
    listener = timer_listener("0 0 0 1 1 *", invoker, runOnStartup=True)

    listener.start()

    eventually(lambda: invoker.started)
    listener.stop()
    invoker.gate.set()


def timer_listener(schedule: str, invoker: SlowInvoker, **properties: object) -> TimerListener:
    trigger = Binding({"name": "timer", "type": "timerTrigger", **properties})
    return TimerListener(
        Function("tick", "1", trigger, ()),
        schedule,
        invoker=cast("Invoker", invoker),
        fail=lambda error: pytest.fail(str(error)),
    )


class SlowInvoker:
    def __init__(self) -> None:
        self.started: list[float] = []
        self.gate = threading.Event()

    def run(self, *_: object) -> None:
        self.started.append(time.monotonic())
        self.gate.wait(10)
