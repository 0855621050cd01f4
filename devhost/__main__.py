"""Command line: `python -m devhost [--app DIR] [--port N] ...`."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import threading
from pathlib import Path

from devhost.functions import UnsupportedBinding
from devhost.host import Host, Options
from devhost.ncrontab import InvalidSchedule
from devhost.routes import InvalidRoute
from devhost.settings import InvalidSettings
from devhost.worker import AppLoadFailed

_CANNOT_START = (
    AppLoadFailed,
    InvalidSettings,
    InvalidRoute,
    InvalidSchedule,
    UnsupportedBinding,
    OSError,
)


def main() -> int:
    """Serve an app until SIGTERM or SIGINT."""
    arguments = _arguments()
    options = Options(
        port=arguments.port,
        invisible=arguments.invisible,
        retry_delay=arguments.retry_delay,
        max_poll=arguments.max_poll,
        key=arguments.key,
    )
    try:
        host = Host(arguments.app.resolve(), options)
        for signum in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signum, lambda *_: host.stop())
        if arguments.stop_with_stdin:
            threading.Thread(target=_stop_with_stdin, args=(host,), daemon=True).start()
        url = host.start()
    except _CANNOT_START as error:
        sys.stderr.write(f"devhost cannot start: {error}\n")
        return 1
    sys.stdout.write(f"devhost ready: {url}\n")
    sys.stdout.flush()
    return host.wait()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m devhost", description=main.__doc__)
    add = parser.add_argument
    add("--app", type=Path, default=Path(), help="the app's folder (default: this one)")
    add("--port", type=int, default=7071, help="0 takes any free port (default: 7071)")
    add("--invisible", type=int, metavar="S", help="instead of 10 minutes of invisibility")
    add("--retry-delay", type=int, metavar="S", help="instead of host.json visibilityTimeout")
    add("--max-poll", type=float, metavar="S", help="instead of host.json maxPollingInterval")
    add("--key", metavar="K", help="ask for this function key (default: no keys, as Core Tools)")
    add("--stop-with-stdin", action="store_true", help="stop when stdin ends")
    return parser.parse_args()


def _stop_with_stdin(host: Host) -> None:
    sys.stdin.buffer.read()
    host.stop()


if __name__ == "__main__":
    code = main()
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    # Not sys.exit: that waits for every thread, and an unfinished function may never end.
    os._exit(code)
