"""`make run`: the app on this machine, with Azurite as its storage, until Ctrl-C."""

from __future__ import annotations

import signal
import socket
import sys
import threading
from pathlib import Path

from devhost.azurite import Azurite
from devhost.children import StartFailed
from devhost.launch import DevHost

ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / ".local"
PORT = 7071  # as Core Tools
BLOBS, QUEUES, TABLES = STORAGE = 10000, 10001, 10002  # as Azurite's defaults

WELCOME = """
The lead pipeline is running. Its data are kept in .local/azurite; Ctrl-C stops it.

  dashboard       {url}/api/dashboard
  post leads to   {url}/api/leads
  health          {url}/api/health
  log             .local/devhost.log

Try it, in another terminal (the first line tells the commands which storage is meant):

  export LeadsStorage=UseDevelopmentStorage=true
  .venv/bin/python -m leads send --all
  .venv/bin/python -m leads list

or post a lead by hand, as Microsoft does:

  curl -i {url}/api/leads -H 'Content-Type: application/json' \\
    -d @tests/samples/01-ins-azure-marketplace.json
"""


def main() -> int:
    """Run until a signal; return the exit code."""
    if taken := [port for port in (PORT, *STORAGE) if _is_taken(port)]:
        ports = ", ".join(map(str, taken))
        print(f"make run: in use already: port {ports}; stop what listens there", file=sys.stderr)
        return 1
    KEPT.mkdir(exist_ok=True)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    print("starting Azurite and the app ...", flush=True)
    try:
        return _serve(stop)
    except StartFailed as failure:
        print(f"make run: {failure}", file=sys.stderr)
        return 1


def _serve(stop: threading.Event) -> int:
    environment = {
        "LeadsStorage": "UseDevelopmentStorage=true",
        "LEADS_DASHBOARD_OPEN": "local",  # holds for this machine and its development storage
    }
    with (
        Azurite(
            location=KEPT / "azurite",
            log=KEPT / "azurite.log",
            blob_port=BLOBS,
            queue_port=QUEUES,
            table_port=TABLES,
        ),
        DevHost(ROOT, port=PORT, env=environment, log=KEPT / "devhost.log") as host,
    ):
        print(WELCOME.format(url=host.url), flush=True)
        while not stop.wait(1):
            if host.process.poll() is not None:
                print("make run: the app stopped; see .local/devhost.log", file=sys.stderr)
                return 1
        print("stopping ...", flush=True)
    return 0


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


if __name__ == "__main__":
    sys.exit(main())
