"""The host: one worker, one listener per function, one web server."""

from __future__ import annotations

import logging
import os
import threading
import time
from dataclasses import dataclass, replace
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from devhost.invocations import Invoker
from devhost.logs import log_to_stderr
from devhost.outputs import OutputBindings
from devhost.queues import QueueListener
from devhost.settings import HostSettings, load_local_settings, read_host_settings, resolve
from devhost.site import Site
from devhost.storage import Queues
from devhost.timers import TimerListener
from devhost.web import WebServer
from devhost.worker import Worker

if TYPE_CHECKING:
    from pathlib import Path

    from devhost.functions import Function

_STOP_SECONDS = 10.0  # WebJobsScriptHostService.StopAsync
_WATCH_SECONDS = 1.0
_log = logging.getLogger("devhost")


@dataclass(frozen=True, kw_only=True)
class Options:
    """What the command line may change."""

    port: int = 7071
    invisible: int | None = None
    retry_delay: int | None = None
    max_poll: float | None = None
    key: str | None = None


class Host:
    """Runs one app until it is stopped or something fails."""

    def __init__(self, app: Path, options: Options) -> None:
        load_local_settings(app, os.environ)
        os.chdir(app)
        self._settings = _with_options(read_host_settings(app, os.environ), options)
        self._options = options
        self._worker = Worker(app)
        # Not an Event: its set() could block for ever in a signal handler, which put() cannot.
        self._stop: SimpleQueue[int] = SimpleQueue()
        self._web = WebServer(options.port)
        queues = Queues(os.environ, message_encoding=self._settings.message_encoding)
        self._queues = queues
        self._outputs = OutputBindings(queues)
        self._invoker = Invoker(self._worker, self._outputs)
        self._listeners: list[QueueListener | TimerListener] = []

    def start(self) -> str:
        """Load the app and start everything; return the URL."""
        log_to_stderr(self._worker.function_name)
        functions = [one for one in self._worker.load() if not _is_disabled(one)]
        for function in functions:
            self._outputs.connect(function)
        listeners = [self._listener(function) for function in functions]
        self._listeners = [listener for listener in listeners if listener is not None]
        prefix, key = self._settings.route_prefix, self._options.key
        self._web.answer = Site(functions, self._invoker, prefix=prefix, key=key).answer
        for listener in self._listeners:
            listener.start()
        threading.Thread(target=self._web.serve_forever, args=(0.1,), daemon=True).start()
        return self._web.url

    def stop(self) -> None:
        """Ask the host to stop; may be called from a signal handler."""
        self._stop.put(0)

    def wait(self) -> int:
        """Serve until asked to stop, then let running invocations end; return the exit code."""
        exit_code = self._until_stopped()
        deadline = time.monotonic() + _STOP_SECONDS
        for listener in self._listeners:
            listener.stop()
        self._web.stop()
        for running in (self._invoker, *self._listeners, self._web):
            running.in_flight.wait_until_at_most(0, max(0.0, deadline - time.monotonic()))
        return exit_code

    def _until_stopped(self) -> int:
        while True:
            try:
                return self._stop.get(timeout=_WATCH_SECONDS)
            except Empty:
                self._watch_function_timeout()

    def _listener(self, function: Function) -> QueueListener | TimerListener | None:
        trigger = function.trigger
        if trigger.type == "queueTrigger":
            self._queues.connect(trigger)
            return QueueListener(
                function,
                queues=self._queues,
                settings=self._settings,
                invoker=self._invoker,
                fail=self._fail,
            )
        if trigger.type == "timerTrigger":
            schedule = resolve(trigger.text("schedule"), os.environ)
            return TimerListener(function, schedule, invoker=self._invoker, fail=self._fail)
        return None

    def _fail(self, error: Exception) -> None:
        """Shut down, as the real host does. Source: WebScriptHostExceptionHandler.cs."""
        _log.critical("An unhandled exception has occurred. Host is shutting down.", exc_info=error)
        self._stop.put(1)

    def _watch_function_timeout(self) -> None:
        """End the process when a function runs too long.

        The real host restarts the worker with all its invocations; worker and host are one here.
        """
        limit = self._settings.function_timeout
        for name in self._worker.overdue(limit) if limit else []:
            _log.critical(
                "Timeout value of %s s exceeded by function %s. Host is shutting down.", limit, name
            )
            self._stop.put(1)


def _with_options(settings: HostSettings, options: Options) -> HostSettings:
    given = {
        "invisibility": options.invisible,
        "visibility_timeout": options.retry_delay,
        "max_polling_interval": options.max_poll,
    }
    return replace(settings, **{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]  # each its field's type


def _is_disabled(function: Function) -> bool:
    return os.environ.get(f"AzureWebJobs.{function.name}.Disabled", "").lower() in {"1", "true"}
