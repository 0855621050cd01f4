from __future__ import annotations

import base64
import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from azure.core.exceptions import ResourceNotFoundError

from tests.devhost.conftest import Lab, eventually, messages

if TYPE_CHECKING:
    from collections.abc import Iterator

    from azure.storage.queue import QueueClient

    from devhost.azurite import Azurite

_QUEUES = "AzureFunctionsJobHost__extensions__queues__"


@pytest.fixture(scope="module")
def shared(azurite: Azurite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """An app whose messages may be tried twice, half of a minute after a failure."""
    lab = Lab(azurite, tmp_path_factory.mktemp("queues"))
    for suffix in ("", "-bin", "-big"):
        lab.queue(suffix)
    with lab.host("queues", "--retry-delay", "30", "--max-poll", "0.2"):
        yield lab


def put(queue: QueueClient, body: str) -> None:
    queue.send_message(encoded(body))


def encoded(body: str) -> str:
    return base64.b64encode(body.encode()).decode()


def is_empty(queue: QueueClient) -> bool:
    """Say whether no message is left, visible or not."""
    return queue.get_queue_properties().approximate_message_count == 0


def test_a_message_is_run_and_deleted(shared: Lab) -> None:
    """Source: QueueProcessor.CompleteProcessingMessageAsync."""
    queue = shared.queue(create=False)

    put(queue, "plain text")

    [run] = eventually(lambda: shared.runs("plain text"))
    assert run["dequeue_count"] == 1
    assert run["id"]
    assert run["pop_receipt"]
    eventually(lambda: is_empty(queue))


def test_the_message_times_reach_the_function(shared: Lab) -> None:
    """Source: QueueProcessor (10 minutes invisible); the worker's QueueMessage converter."""
    put(shared.queue(create=False), "times")

    [run] = eventually(lambda: shared.runs("times"))

    inserted, expires, next_visible = (datetime.fromisoformat(one) for one in run["times"])
    assert abs(datetime.now(UTC) - inserted) < timedelta(seconds=30)
    assert expires - inserted == timedelta(days=7)
    assert timedelta(seconds=590) < next_visible - inserted < timedelta(seconds=630)


def test_keys_of_a_json_message_overwrite_its_metadata(shared: Lab) -> None:
    """Source: azure-functions-host WorkerFunctionInvoker.ApplyBindingData."""
    body = json.dumps({"id": "from the body", "DEQUEUECOUNT": 77})

    put(shared.queue(create=False), body)

    [run] = eventually(lambda: shared.runs(body))
    assert (run["id"], run["dequeue_count"]) == ("from the body", 77)


def test_a_binary_trigger_keeps_its_metadata(shared: Lab) -> None:
    """Source: WorkerFunctionInvoker.TransformInput; queue names are lower-cased."""
    body = json.dumps({"id": "from the body", "DequeueCount": 77})

    put(shared.queue("-bin", create=False), body)

    [run] = eventually(lambda: shared.runs(body))
    assert run["id"] != "from the body"
    assert run["dequeue_count"] == 1


def test_a_failed_message_waits_visibility_timeout_and_keeps_its_content(lab: Lab) -> None:
    """Source: QueueProcessor.ReleaseMessageAsync."""
    queue = lab.queue()
    put(queue, "fail once more")
    with lab.host("queues", "--retry-delay", "1", "--max-poll", "0.1") as host:
        eventually(lambda: "work failed" in host.log.read_text())
        failed = time.monotonic()

        again = eventually(lambda: lab.runs("fail once more")[1:])

        assert time.monotonic() - failed > 0.5
        assert again[0]["dequeue_count"] == 2


def test_without_visibility_timeout_a_failed_message_is_visible_at_once(lab: Lab) -> None:
    """Source: QueuesOptions.VisibilityTimeout is 0; MaxDequeueCount 5 runs, then poison."""
    queue, poison = lab.queue(), lab.queue("-poison", create=False)
    put(queue, "fail")

    with lab.host("queues", "--max-poll", "0.1"):
        eventually(lambda: exists(poison) and is_empty(queue))

    assert [run["dequeue_count"] for run in lab.runs("fail")] == [1, 2, 3, 4, 5]
    assert messages(poison) == [encoded("fail")]


def exists(queue: QueueClient) -> bool:
    try:
        queue.get_queue_properties()
    except ResourceNotFoundError:
        return False
    return True


def test_the_last_failure_moves_the_message_to_poison_at_once(lab: Lab) -> None:
    """Source: QueueProcessor.CompleteProcessingMessageAsync: dequeue count >= maximum."""
    queue, poison = lab.queue(), lab.queue("-poison")
    put(queue, "fail")

    with lab.host("queues", "--retry-delay", "600", **{f"{_QUEUES}maxDequeueCount": "1"}):
        eventually(lambda: messages(poison) and is_empty(queue))

    assert messages(poison) == [encoded("fail")]


def test_a_message_over_the_maximum_moves_to_poison_without_running(lab: Lab) -> None:
    """Source: QueueProcessor.BeginProcessingMessageAsync."""
    queue, poison = lab.queue(), lab.queue("-poison")
    put(queue, "never run")
    receive(queue, times=2)

    with lab.host("queues", **{f"{_QUEUES}maxDequeueCount": "2"}):
        eventually(lambda: messages(poison) and is_empty(queue))

    assert messages(poison) == [encoded("never run")]
    assert lab.runs() == []


def receive(queue: QueueClient, *, times: int) -> None:
    """Raise the message's dequeue count, as crashed runs do."""
    for _ in range(times):
        message = queue.receive_message(visibility_timeout=1)
        assert message is not None
        queue.update_message(message.id, message.pop_receipt, visibility_timeout=0)


def test_a_message_that_is_no_base64_moves_to_poison_as_it_is(lab: Lab) -> None:
    """Source: QueueProcessor, "Message decoding has failed! Check MessageEncoding settings"."""
    queue, poison = lab.queue(), lab.queue("-poison")
    queue.send_message("not base64!")
    put(queue, "a good one")

    with lab.host("queues"):
        eventually(lambda: messages(poison) and is_empty(queue))

    assert messages(poison) == ["not base64!"]
    assert [run["body"] for run in lab.runs()] == ["a good one"]


def test_a_poison_queue_has_no_poison_and_its_failures_are_not_released(lab: Lab) -> None:
    """Source: QueueListenerFactory.CreatePoisonQueueReference; QueueProcessor."""
    queue = lab.queue("-x-poison")
    put(queue, "fail")

    with lab.host("queues", "--invisible", "2", "--max-poll", "0.1") as host:
        eventually(lambda: "poisoned failed" in host.log.read_text())
        assert messages(queue) == []  # still invisible, though visibilityTimeout is 0
        eventually(lambda: lab.runs("fail")[1:])

    assert not exists(lab.queue("-x-poison-poison", create=False))


def test_a_poison_queues_message_over_the_maximum_is_silently_skipped(lab: Lab) -> None:
    """Source: QueueProcessor 5.3.7; corrected in 5.3.8, which the bundle does not have yet."""
    queue = lab.queue("-x-poison")
    put(queue, "skipped")
    receive(queue, times=2)

    with lab.host("queues", "--max-poll", "0.1", **{f"{_QUEUES}maxDequeueCount": "2"}):
        put(queue, "run")
        eventually(lambda: lab.runs("run"))

    assert lab.runs("skipped") == []
    assert not is_empty(queue)


def test_the_trigger_does_not_create_its_queue_and_waits_for_it(lab: Lab) -> None:
    """Source: QueueListener.ExecuteAsync."""
    queue = lab.queue(create=False)
    with lab.host("queues", "--max-poll", "0.1"):
        assert not exists(queue)

        queue.create_queue()
        put(queue, "late")

        eventually(lambda: lab.runs("late"))


def test_a_long_run_keeps_its_message_by_renewal(lab: Lab) -> None:
    """Source: QueueListener.UpdateVisibility: at half the invisibility."""
    queue, gate = lab.queue(), lab.folder / "gate"
    put(queue, f"wait {gate}")
    with lab.host("queues", "--invisible", "2", "--max-poll", "0.1"):
        eventually(lab.runs)
        started = time.monotonic()

        eventually(lambda: time.monotonic() - started > 3.5)
        gate.touch()

        eventually(lambda: is_empty(queue))
        assert len(lab.runs()) == 1


def test_a_message_that_is_gone_is_no_error(lab: Lab) -> None:
    """Source: QueueProcessor.cs swallows it in renewal and deletion; the function runs on."""
    queue, gate = lab.queue(), lab.folder / "gate"
    put(queue, f"wait {gate}")
    with lab.host("queues", "--invisible", "1", "--max-poll", "0.1") as host:
        eventually(lab.runs)
        queue.clear_messages()
        begun = time.monotonic()
        eventually(lambda: time.monotonic() - begun > 0.8)  # past a renewal
        gate.touch()
        eventually(lambda: "work succeeded" in host.log.read_text())

        put(queue, "the next one")

        eventually(lambda: lab.runs("the next one"))


def test_after_a_crash_the_message_returns_when_its_invisibility_ends(lab: Lab) -> None:
    """Source: the queue service; the host wrote nothing."""
    queue, gate = lab.queue(), lab.folder / "gate"
    put(queue, f"wait {gate}")
    crashing = lab.host("queues", "--invisible", "2").start()
    eventually(lab.runs)
    crashing.kill()
    gate.touch()

    with lab.host("queues", "--max-poll", "0.1"):
        eventually(lambda: is_empty(queue))

    assert [run["dequeue_count"] for run in lab.runs()] == [1, 2]


def test_new_messages_are_taken_only_below_the_threshold(lab: Lab) -> None:
    """Source: QueueListener.WaitForNewBatchThreshold: batchSize 4, then at newBatchThreshold 2."""
    queue = lab.queue()
    gates = [lab.folder / f"gate{number}" for number in range(10)]
    for gate in gates:
        put(queue, f"wait {gate}")
    limits = {f"{_QUEUES}batchSize": "4", f"{_QUEUES}newBatchThreshold": "2"}
    with lab.host("queues", **limits, PYTHON_THREADPOOL_THREAD_COUNT="10"):
        first = eventually(lambda: lab.runs()[3:] and lab.runs())
        for run in first[:2]:
            open_gate(run["body"])
        second = eventually(lambda: lab.runs()[7:] and lab.runs())
        for gate in gates:
            gate.touch()
        eventually(lambda: is_empty(queue))

    assert [len(first), len(second), len(lab.runs())] == [4, 8, 10]


def open_gate(body: str) -> None:
    Path(body.removeprefix("wait ")).touch()


def test_a_failed_output_fails_the_message(lab: Lab) -> None:
    """Source: azure-functions-host WorkerFunctionInvoker: output failure is function failure."""
    queue, poison = lab.queue("-big"), lab.queue("-big-poison")
    put(queue, "x")

    with lab.host("queues", "--max-poll", "0.1", **{f"{_QUEUES}maxDequeueCount": "2"}):
        eventually(lambda: messages(poison) and is_empty(queue))

    assert len(lab.runs("x")) == 2


def test_without_encoding_the_text_is_the_body(lab: Lab) -> None:
    """Source: QueuesOptions.MessageEncoding."""
    lab.queue().send_message("<é>")

    with lab.host("queues", **{f"{_QUEUES}messageEncoding": "none"}):
        eventually(lambda: lab.runs("<é>"))


def test_a_storage_that_refuses_stops_the_host(lab: Lab) -> None:
    """Source: WebScriptHostExceptionHandler.OnUnhandledExceptionAsync."""
    refused = lab.env["AzureWebJobsStorage"].replace("AccountKey=Eby8", "AccountKey=Abcd")

    host = lab.host("queues", AzureWebJobsStorage=refused).start()

    assert host.process.wait(20) == 1
    assert "Host is shutting down" in host.log.read_text()
    host.kill()
