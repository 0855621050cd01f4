from __future__ import annotations

import base64
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from devhost.azurite import Azurite
from devhost.children import StartFailed
from tests.devhost.conftest import APPS, Lab, eventually, messages, serves

ROOT = Path(__file__).parents[2]


def test_the_ready_line_is_alone_on_stdout_and_sigterm_ends_with_0(lab: Lab) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "devhost", "--port", "0"],
        cwd=APPS / "http",
        env={**os.environ, **lab.env, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with process:
        assert process.stdout is not None
        line = process.stdout.readline()

        process.send_signal(signal.SIGTERM)

        assert re.fullmatch(r"devhost ready: http://127\.0\.0\.1:\d+\n", line)
        assert process.stdout.read() == ""
        assert process.wait(20) == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_polling_and_lets_a_running_message_end(
    lab: Lab, number: signal.Signals
) -> None:
    """Source: QueueListener.StopAsync awaits what is in flight and completes it."""
    queue, gate = lab.queue(), lab.folder / "gate"
    queue.send_message(base64_of(f"wait {gate}"))
    host = lab.host("queues", "--max-poll", "0.1").start()
    eventually(lab.runs)

    host.process.send_signal(number)
    eventually(lambda: not serves(host))
    queue.send_message(base64_of("late"))
    time.sleep(0.5)  # no condition tells that nothing is going to happen
    gate.touch()

    assert host.stop() == 0
    assert lab.runs("late") == []
    assert messages(queue) == [base64_of("late")]
    assert queue.get_queue_properties().approximate_message_count == 1


def test_after_ten_seconds_unfinished_messages_are_left_alone(lab: Lab) -> None:
    """Source: WebJobsScriptHostService.StopAsync waits 10 s; the message comes back later."""
    queue, gate = lab.queue(), lab.folder / "gate"
    queue.send_message(base64_of(f"wait {gate}"))
    host = lab.host("queues").start()
    eventually(lab.runs)
    begun = time.monotonic()

    code = host.stop()

    assert code == 0
    assert 9 < time.monotonic() - begun < 13
    assert queue.get_queue_properties().approximate_message_count == 1
    assert queue.peek_messages() == []


def base64_of(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def test_an_app_that_cannot_load_shows_its_error_and_stack(lab: Lab) -> None:
    host = lab.host("broken")

    with pytest.raises(StartFailed, match="this app cannot load") as caught:
        host.start()

    assert "function_app.py" in str(caught.value)
    assert host.process.returncode == 1


def test_a_port_in_use_stops_the_start(lab: Lab) -> None:
    with lab.host("http") as host:
        taken = host.url.rsplit(":", 1)[1]

        with pytest.raises(StartFailed, match="in use"):
            lab.host("http", "--port", taken).start()


def test_a_missing_setting_is_named(lab: Lab) -> None:
    with pytest.raises(StartFailed, match="connection setting Storage is missing"):
        lab.host("queues", AzureWebJobsStorage="").start()


def test_a_folder_without_host_json_is_no_app(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "devhost", "--app", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )

    assert run.returncode == 1
    assert "has no host.json" in run.stderr


def test_only_this_machine_is_served(lab: Lab) -> None:
    with lab.host("http") as host:
        port = int(host.url.rsplit(":", 1)[1])

        with pytest.raises(OSError, match="refused"), socket.create_connection(("127.0.0.2", port)):
            pass


def test_a_function_that_runs_too_long_stops_the_host(lab: Lab) -> None:
    """Differs: the real host restarts the worker process."""
    lab.queue().send_message(base64_of(f"wait {lab.folder / 'gate'}"))

    host = lab.host("queues", AzureFunctionsJobHost__functionTimeout="00:00:01").start()

    assert eventually(lambda: "exceeded by function work" in host.log.read_text())
    (lab.folder / "gate").touch()
    assert host.process.wait(20) == 1
    host.kill()


def test_a_disabled_function_does_not_listen(lab: Lab) -> None:
    """Source: azure-functions-host, AzureWebJobs.<name>.Disabled."""
    queue = lab.queue()
    queue.send_message(base64_of("left alone"))
    lab.queue("-bin").send_message(base64_of("run"))

    with lab.host("queues", "--max-poll", "0.1", **{"AzureWebJobs.work.Disabled": "true"}):
        eventually(lambda: lab.runs("run"))

    assert lab.runs("left alone") == []


def test_no_child_outlives_a_parent_that_was_killed(lab: Lab, tmp_path: Path) -> None:
    program = f"""
import time
from pathlib import Path
from devhost.azurite import Azurite
from devhost.launch import DevHost
azurite = Azurite(log=Path({str(tmp_path)!r}) / "azurite.log").start()
host = DevHost(Path({str(APPS / "http")!r}), env={lab.env!r}, log=azurite.log.with_name("h"))
host.start()
print(azurite.pid, host.process.pid, flush=True)
time.sleep(600)
"""
    parent = subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    with parent:
        assert parent.stdout is not None
        children = [int(pid) for pid in parent.stdout.readline().split()]

        parent.kill()

        assert len(children) == 2
        eventually(lambda: not any(is_alive(pid) for pid in children))


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")
    # Where nobody reaps orphans, a dead child stays as a zombie.
    return not (state.exists() and state.read_text().rsplit(")", 1)[1].split()[0] == "Z")


def test_azurite_keeps_its_address_and_its_content_over_a_restart(tmp_path: Path) -> None:
    with Azurite(location=tmp_path / "kept", log=tmp_path / "azurite.log") as azurite:
        lab = Lab(azurite, tmp_path)
        address = azurite.connection_string
        lab.queue().send_message("kept")

        azurite.stop()
        azurite.start()

        assert azurite.connection_string == address
        assert lab.queue(create=False).peek_messages()[0].content == "kept"
