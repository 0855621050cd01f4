"""The three stages without a host: called through Microsoft's worker library, or bare.

Both run in one process, one invocation after the other, on real storage, so that CPU time can be
measured and told apart. Run it in a process of its own: the worker library has global state.
"""

from __future__ import annotations

import logging
import os
from contextlib import suppress
from importlib import import_module
from types import SimpleNamespace
from typing import TYPE_CHECKING, override

import azure.functions as func

from benchmarks.rig import ROOT, SETTINGS
from devhost.binding_data import QueueMessageFacts, binding_data, trigger_value
from devhost.invocations import trace_context
from devhost.protos import Message, TypedData
from devhost.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable

RECEIVE, ENRICH, WRITE = "receive_lead", "enrich_lead", "write_lead"
OUTPUTS = {RECEIVE: "received", ENRICH: "enriched", WRITE: None}
_HEADERS = {"content-type": "application/json", "host": "127.0.0.1", "user-agent": "Marketplace"}
_URL = "http://127.0.0.1/api/leads"


class StageFailed(Exception):
    """A stage sent nothing on."""


def prepare_process(connection: str) -> None:
    """Give this process the settings of the app, and its log a handler as a host has one."""
    os.environ |= SETTINGS | {"LeadsStorage": connection}
    logging.basicConfig(level=logging.INFO, handlers=[_Nowhere()], force=True)


class ThroughWorker:
    """Invokes the functions as the host does: everything between gRPC and the function runs."""

    def __init__(self) -> None:
        self._worker = Worker(ROOT)
        self._functions = {function.name: function for function in self._worker.load()}

    def call(self, stage: str, body: bytes) -> bytes:
        """Run *stage* once; return what it sends on, empty after the last one."""
        function = self._functions[stage]
        if stage == RECEIVE:
            trigger, metadata = _request(body), {}
        else:
            facts = QueueMessageFacts(message_id="1", pop_receipt="1", dequeue_count=1)
            trigger = trigger_value(body, binary=True)
            metadata = binding_data(facts, body, binary=True)
        outputs = self._worker.invoke(function, trigger, metadata, trace_context({}))
        return _sent(stage, lambda name: outputs[name].bytes)


class Bare:
    """Calls the functions alone, in this thread."""

    def __init__(self) -> None:
        self._app = import_module("function_app")  # not before the environment is set

    def call(self, stage: str, body: bytes) -> bytes:
        """Run *stage* once; return what it sends on, empty after the last one."""
        outputs = {name: _Kept() for name in ("received", "enriched", "rejected")}
        function = getattr(self._app, stage)
        if stage == RECEIVE:
            request = func.HttpRequest(method="POST", url=_URL, headers=_HEADERS, body=body)
            context = SimpleNamespace(trace_context=SimpleNamespace(trace_parent=""))
            taken = {name: outputs[name] for name in ("received", "rejected")}
            function(request, context, **taken)
        else:
            names = ("enriched", "rejected") if stage == ENRICH else ("rejected",)
            message = func.QueueMessage(id="1", body=body, pop_receipt="1")
            function(message, **{name: outputs[name] for name in names})
        return _sent(stage, lambda name: outputs[name].body)


class _Kept(func.Out[bytes]):
    body = b""

    @override
    def set(self, val: bytes) -> None:
        self.body = val

    @override
    def get(self) -> bytes:
        return self.body


class _Nowhere(logging.StreamHandler):  # type: ignore[type-arg]  # generic in the stubs only
    """Formats every record as a host's handler does, and drops it."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))

    @override
    def emit(self, record: logging.LogRecord) -> None:
        self.format(record)


def _request(body: bytes) -> TypedData:
    sent = TypedData(bytes=body)
    http = Message(method="POST", url=_URL, headers=_HEADERS, query={}, params={}, body=sent)
    return TypedData(http=http)


def _sent(stage: str, read: Callable[[str], bytes]) -> bytes:
    name = OUTPUTS[stage]
    if name is None:
        return b""
    with suppress(KeyError):
        if body := read(name):
            return body
    raise StageFailed(f"{stage} sent nothing on")
