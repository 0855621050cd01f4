"""Does what the messages say, and records each run as a JSON line in the file RECORD."""

import json
import os
import threading
import time
from pathlib import Path
from typing import Any

import azure.functions as func

app = func.FunctionApp()
_lock = threading.Lock()


def record(function: str, msg: func.QueueMessage) -> str:
    body = msg.get_body().decode("utf-8", "replace")
    seen: dict[str, Any] = {
        "function": function,
        "body": body,
        "id": msg.id,
        "pop_receipt": msg.pop_receipt,
        "dequeue_count": msg.dequeue_count,
        "times": [
            time and time.isoformat()
            for time in (msg.insertion_time, msg.expiration_time, msg.time_next_visible)
        ],
    }
    with _lock, Path(os.environ["RECORD"]).open("a") as file:
        file.write(json.dumps(seen) + "\n")
    return body


def obey(body: str) -> None:
    """`fail ...` raises, `wait FILE` blocks until the file exists; anything else returns."""
    match body.split():
        case ["fail", *_]:
            raise RuntimeError("told to fail")
        case ["wait", file]:
            while not Path(file).exists():
                time.sleep(0.02)


@app.queue_trigger(arg_name="msg", queue_name="%WORK%", connection="Storage")
def work(msg: func.QueueMessage) -> None:
    obey(record("work", msg))


@app.queue_trigger(
    arg_name="msg", queue_name="%WORK%-BIN", connection="Storage", data_type=func.DataType.BINARY
)
def binary(msg: func.QueueMessage) -> None:
    record("binary", msg)


@app.queue_trigger(arg_name="msg", queue_name="%WORK%-x-poison", connection="Storage")
def poisoned(msg: func.QueueMessage) -> None:
    obey(record("poisoned", msg))


@app.queue_trigger(arg_name="msg", queue_name="%WORK%-big", connection="Storage")
@app.queue_output(arg_name="out", queue_name="%WORK%-out", connection="Storage")
def too_big(msg: func.QueueMessage, out: func.Out[bytes]) -> None:
    record("too_big", msg)
    out.set(bytes(50_000))
