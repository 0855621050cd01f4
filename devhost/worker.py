"""Microsoft's Python worker library on a thread and an event loop of its own.

The loop is its own so that a handler which blocks stalls the worker, as on Azure, but never the
listeners. Source: azure-functions-python-worker proxy_worker/dispatcher.py.
"""

from __future__ import annotations

import asyncio
import sys
import threading
import time
import uuid
from typing import TYPE_CHECKING, Any

import azure_functions_runtime as runtime  # type: ignore[import-untyped]  # ships no types

from devhost.functions import Function, function_from
from devhost.protos import PROTOS, Message, ParameterBinding, StatusResult, TypedData

if TYPE_CHECKING:
    from collections.abc import Coroutine, Mapping
    from pathlib import Path

_LOAD_SECONDS = 120  # workerconfig: initializationTimeout


class AppLoadFailed(Exception):
    """The worker could not load the app; the text is its error and stack."""


class InvocationFailed(Exception):
    """The function raised, or one of its outputs failed; the text is the error and the stack."""


class Worker:
    """Loads one app and invokes its functions. The library's globals allow one per process."""

    def __init__(self, app: Path) -> None:
        self._app = app
        self._loop = asyncio.new_event_loop()
        self._running: dict[str, tuple[str, float]] = {}
        threading.Thread(target=self._loop.run_forever, name="worker", daemon=True).start()

    def load(self) -> list[Function]:
        """Import and index the app. The caller has put its settings into the environment."""
        # On Azure the app's folder is last on the path. First, here: the folder that devhost itself
        # was started from may hold a function_app.py too.
        sys.path.insert(0, str(self._app))
        runtime.start_threadpool_executor()
        init = Message(
            request=Message(
                worker_init_request=Message(capabilities={}, function_app_directory=str(self._app))
            ),
            properties={"protos": PROTOS, "host": "127.0.0.1"},
        )
        started = self._call(runtime.worker_init_request(init))
        _raise_unless_success(started.result, AppLoadFailed)
        listed = self._call(runtime.functions_metadata_request(Message()))
        _raise_unless_success(listed.result, AppLoadFailed)
        found = listed.function_metadata_results
        if found is None:
            raise AppLoadFailed(f"{self._app} holds no function_app.py")
        return [function_from(one.name, one.function_id, one.raw_bindings) for one in found]

    def invoke(
        self,
        function: Function,
        trigger: TypedData,
        metadata: Mapping[str, TypedData],
        trace: Message,
    ) -> dict[str, TypedData]:
        """Run a function to its end; return its outputs by binding name, `$return` among them."""
        invocation = Message(
            invocation_id=str(uuid.uuid4()),
            function_id=function.function_id,
            input_data=[ParameterBinding(name=function.trigger.name, data=trigger)],
            trigger_metadata=metadata,
            trace_context=trace,
            retry_context=Message(retry_count=0, max_retry_count=0, exception=None),
        )
        response = asyncio.run_coroutine_threadsafe(
            self._run(function.name, invocation), self._loop
        ).result()
        _raise_unless_success(response.result, InvocationFailed)
        outputs = {one.name: one.data for one in response.output_data if one.data is not None}
        if response.return_value is not None:
            outputs["$return"] = response.return_value
        return outputs

    def function_name(self, invocation_id: str | None) -> str | None:
        """Name the function that an invocation runs, for the log."""
        return self._running.get(invocation_id or "", (None, 0.0))[0]

    def overdue(self, limit: float) -> list[str]:
        """Name the functions that have run for longer than the limit."""
        oldest = time.monotonic() - limit
        return [name for name, since in list(self._running.values()) if since < oldest]

    async def _run(self, name: str, invocation: Message) -> Any:  # noqa: ANN401 - the library's answer
        # The proxy worker correlates an async function's logs by its task; here each invocation is
        # a task with a context of its own, and the library sets the same variable for threads.
        runtime.invocation_id_cv.set(invocation.invocation_id)
        self._running[invocation.invocation_id] = (name, time.monotonic())
        try:
            request = Message(invocation_request=invocation)
            return await runtime.invocation_request(Message(request=request, properties={}))
        finally:
            del self._running[invocation.invocation_id]

    def _call(self, call: Coroutine[Any, Any, Any]) -> Any:  # noqa: ANN401 - the library's answer
        return asyncio.run_coroutine_threadsafe(call, self._loop).result(_LOAD_SECONDS)


def _raise_unless_success(result: StatusResult, error: type[Exception]) -> None:
    if result.status != StatusResult.Success:
        raise error(f"{result.exception.message}\n{result.exception.stack_trace}".rstrip())
