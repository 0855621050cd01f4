"""Azurite, Microsoft's storage emulator, as a child process for tests and local runs."""

from __future__ import annotations

import os
import re
import shutil
import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from devhost.children import Child, temporary_folder

_HERE = Path(__file__).resolve().parent
_SCRIPT = _HERE / "node_modules" / "azurite" / "dist" / "src" / "azurite.js"
_ACCOUNT = "devstoreaccount1"
# The emulator's public, documented key.
_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
# Loads the script given first; its argv must look as if it had been started directly.
_LAUNCHER = """
process.stdin.on('end', () => process.kill(process.pid, 'SIGTERM')).resume().unref();
process.argv.splice(1, 0, 'azurite');
require(process.argv.splice(2, 1)[0]);
"""
_LISTENING = re.compile(
    r"Azurite (\w+) service is successfully listening at https?://127\.0\.0\.1:(\d+)"
)
_START_SECONDS = 60.0


class AzuriteMissing(Exception):
    """Node or Azurite is not installed."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """The files of a certificate of 127.0.0.1 and of its key, in PEM."""

    chain: Path
    key: Path


class Azurite:
    """Azurite on 127.0.0.1, in memory unless a folder is given, on free ports unless they are.

    With a certificate it speaks HTTPS, as Azure does.
    """

    def __init__(  # noqa: PLR0913 - each is a flag of the emulator
        self,
        *,
        location: Path | None = None,
        blob_port: int = 0,
        queue_port: int = 0,
        table_port: int = 0,
        log: Path | None = None,
        certificate: Certificate | None = None,
    ) -> None:
        self._location = location
        self._certificate = certificate
        # After the first start these are the ports taken, so that a restart keeps the address.
        self.ports = {"Blob": blob_port, "Queue": queue_port, "Table": table_port}
        self.log = log or temporary_folder(self, "azurite-") / "azurite.log"
        self._child: Child | None = None

    @property
    def connection_string(self) -> str:
        """The connection string with all three endpoints."""
        scheme = "https" if self._certificate else "http"
        endpoints = "".join(
            f"{service}Endpoint={scheme}://127.0.0.1:{port}/{_ACCOUNT};"
            for service, port in self.ports.items()
        )
        account = f"AccountName={_ACCOUNT};AccountKey={_KEY};"
        return f"DefaultEndpointsProtocol={scheme};{account}{endpoints}"

    @property
    def pid(self) -> int:
        """The process id of the running emulator."""
        return self._running.process.pid

    def start(self) -> Self:
        """Start it and wait until its services answer."""
        self._child = Child(self._command(), log=self.log, cwd=_HERE, env=os.environ)
        self.ports = self._child.wait_until(_ports, timeout=_START_SECONDS)
        return self

    def stop(self) -> None:
        """Stop it, writing what a location keeps."""
        self._running.stop()
        self._child = None

    def kill(self) -> None:
        """Kill it (SIGKILL), as a crash does."""
        self._running.kill()
        self._child = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        if self._child is not None:
            self.stop()

    @property
    def _running(self) -> Child:
        if self._child is None:
            raise RuntimeError("Azurite is not running")
        return self._child

    def _command(self) -> list[str]:
        if not _SCRIPT.exists():
            raise AzuriteMissing("Azurite is not installed: run `npm ci` in devhost/")
        where = (
            ["--inMemoryPersistence"]
            if self._location is None
            else ["--location", str(self._location.resolve())]
        )
        # --skipApiVersionCheck: the Python SDKs send a newer version than this Azurite knows.
        flags = ["--silent", "--skipApiVersionCheck", "--disableTelemetry", *where]
        for service, port in self.ports.items():
            name = service.lower()
            flags += [f"--{name}Host", "127.0.0.1", f"--{name}Port", str(port)]
        if self._certificate:
            flags += ["--cert", str(self._certificate.chain), "--key", str(self._certificate.key)]
        return [_node(), "-e", _LAUNCHER, str(_SCRIPT), *flags]


def _ports(log: str) -> dict[str, int] | None:
    """Read the ports from the log once all three services answer."""
    found = {service: int(port) for service, port in _LISTENING.findall(log)}
    if len(found) < 3 or not all(_answers(port) for port in found.values()):  # noqa: PLR2004 - blob, queue, table
        return None
    return {service: found[service] for service in ("Blob", "Queue", "Table")}


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def _node() -> str:
    beside_python = Path(sys.executable).parent / "node"
    found = shutil.which("node") or (str(beside_python) if beside_python.exists() else None)
    if found is None:
        raise AzuriteMissing("Node is not installed: put `node` on the PATH or into the venv")
    return found
