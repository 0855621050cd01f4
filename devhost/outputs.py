"""Output bindings: what a function set becomes queue messages."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from devhost.newtonsoft import Json, looks_like_json, plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from devhost.functions import Binding, Function
    from devhost.protos import TypedData
    from devhost.storage import Queues


class OutputBindings:
    """Writes the outputs of invocations."""

    def __init__(self, queues: Queues) -> None:
        self._queues = queues
        self._pool = ThreadPoolExecutor(max_workers=32, thread_name_prefix="output")

    def connect(self, function: Function) -> None:
        """Check at the start what the function's outputs need."""
        for binding in function.outputs:
            if binding.type == "queue":
                self._queues.connect(binding)

    def write(self, function: Function, outputs: Mapping[str, TypedData]) -> None:
        """Write all queue outputs of an invocation concurrently, then raise the first failure.

        Source: azure-functions-host WorkerFunctionInvoker.BindOutputsAsync (Task.WhenAll).
        """
        bindings = [one for one in function.outputs if one.type == "queue" and one.name in outputs]
        if len(bindings) == 1:
            self._write_one(bindings[0], outputs[bindings[0].name])
            return
        writes = [self._pool.submit(self._write_one, one, outputs[one.name]) for one in bindings]
        failures = [failure for write in writes if (failure := write.exception())]
        if failures:
            raise failures[0]

    def _write_one(self, binding: Binding, value: TypedData) -> None:
        name = self._queues.name(binding)
        for body in bodies(value):
            self._queues.put(binding.text("connection"), name, self._queues.encode(body))


def bodies(value: TypedData) -> list[bytes]:
    """Return the message bodies that one output value becomes.

    Bytes pass untouched. A string that looks like JSON is parsed: an array becomes one message per
    element, an object is written anew, and what cannot be parsed fails the invocation.
    Source: azure-functions-host FunctionBinding.ReadAsEnumerable, BindAsyncCollectorAsync.
    """
    kind = value.WhichOneof("data")
    content: Any = getattr(value, kind) if kind else None
    if kind == "json":
        # Read without dates (GrpcMessageConversionExtensions), so its strings stay as they are.
        content = json.loads(content)
        if isinstance(content, str) and looks_like_json(content):
            return _split(json.loads(content), parse_dates=True)
        return [] if content is None else _split(content, parse_dates=False)
    if kind == "string" and looks_like_json(content):
        return _split(json.loads(content), parse_dates=True)
    if content is None:
        return []
    return [content if isinstance(content, bytes) else str(content).encode()]


def _split(value: Json, *, parse_dates: bool) -> list[bytes]:
    items = value if isinstance(value, list) else [value]
    return [plain(item, parse_dates=parse_dates).encode() for item in items]
