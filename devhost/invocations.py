"""One invocation from trigger to outputs: the function runs, then what it set is written."""

from __future__ import annotations

import logging
import secrets
import time
from typing import TYPE_CHECKING

from devhost.in_flight import InFlight
from devhost.protos import Message, TypedData
from devhost.worker import InvocationFailed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from devhost.functions import Function
    from devhost.outputs import OutputBindings
    from devhost.worker import Worker

_log = logging.getLogger("devhost")


class Invoker:
    """Invokes functions and writes their outputs."""

    def __init__(self, worker: Worker, outputs: OutputBindings) -> None:
        self._worker = worker
        self._outputs = outputs
        self.in_flight = InFlight()

    def run(
        self,
        function: Function,
        trigger: TypedData,
        metadata: Mapping[str, TypedData],
        trace: Message | None = None,
    ) -> dict[str, TypedData]:
        """Run a function; a failed output fails the invocation, though the function returned.

        Source: azure-functions-host WorkerFunctionInvoker.InvokeCore.
        """
        begun = time.monotonic()
        try:
            with self.in_flight:
                context = trace or trace_context({})
                outputs = self._worker.invoke(function, trigger, metadata, context)
                self._outputs.write(function, outputs)
        except Exception as error:
            # Not _log.exception: the function's own stack is in the error, ours would say nothing.
            _log.error("%s failed after %d ms: %s", *_told(function, begun), error)
            raise InvocationFailed(str(error)) from error
        _log.info("%s succeeded after %d ms", *_told(function, begun))
        return outputs


def trace_context(headers: Mapping[str, str]) -> Message:
    """Pass on the caller's trace, or start one (W3C Trace Context)."""
    fresh = f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-00"
    return Message(
        trace_parent=headers.get("traceparent", fresh),
        trace_state=headers.get("tracestate", ""),
        attributes={},
    )


def _told(function: Function, begun: float) -> tuple[str, int]:
    return function.name, int(1000 * (time.monotonic() - begun))
