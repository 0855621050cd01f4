"""A reverse proxy between the app and Azurite that does to storage calls what a plan says.

One listener for queues and one for tables, on free ports of this machine. Signatures survive: they
cover the path and the account, not the host.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from contextlib import closing, suppress
from typing import Self

from devhost.azurite import Azurite
from tests.chaos.calls import Call, Service
from tests.chaos.damage import NOTHING, Seen, damaged
from tests.chaos.faults import Answered, Delayed, Dropped
from tests.chaos.plans import Calm, Plan
from tests.chaos.wire import HttpMessage, read_message

_IDLE_SECONDS = 2.0  # Azurite closes a connection that idles for 5 s, maybe as we write to it
_START_SECONDS = 10.0

type Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Proxy:
    """Runs in a thread of its own; `plan` may be exchanged at any moment."""

    def __init__(self, azurite: Azurite, plan: Plan | None = None) -> None:
        self.plan: Plan = plan or Calm()
        self.injected: Counter[str] = Counter()
        self._azurite = azurite
        self._ports: dict[Service, int] = {}
        self._ready = threading.Event()
        self._thread = threading.Thread(target=asyncio.run, args=(self._serve(),), name="proxy")

    @property
    def connection_string(self) -> str:
        """The emulator's, with the ports of the proxy."""
        text = self._azurite.connection_string
        for service, port in self._ports.items():
            text = text.replace(f":{self._azurite.ports[service]}/", f":{port}/")
        return text

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._ready.wait(_START_SECONDS):
            raise TimeoutError("the proxy does not listen")
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        servers = [await self._listen(service) for service in Service]
        self._ready.set()
        await self._stop.wait()
        for server in servers:
            server.close()
            server.close_clients()

    async def _listen(self, service: Service) -> asyncio.Server:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await self._converse(service, reader, writer)

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        self._ports[service] = server.sockets[0].getsockname()[1]
        return server

    async def _converse(
        self, service: Service, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        with (
            closing(writer),
            closing(_Upstream(self._azurite.ports[service])) as upstream,
            # Whichever side goes away, the other learns it from the end of its connection.
            suppress(OSError, asyncio.IncompleteReadError),
        ):
            while request := await read_message(reader):
                seen = await self._pass_on(service, request, upstream)
                writer.write(seen.message.head + seen.message.framed)
                await writer.drain()
                if not seen.goes_on:
                    break

    async def _pass_on(self, service: Service, request: HttpMessage, upstream: _Upstream) -> Seen:
        method, target, _version = request.first_line
        call = Call.of(service, method, target)
        fault = self.plan.fault_for(call)
        if fault:
            self.injected[str(fault)] += 1
        if isinstance(fault, Delayed):
            await asyncio.sleep(fault.seconds)
        if isinstance(fault, Dropped | Answered) and not fault.applied:
            return damaged(None, fault)
        response = await upstream.send(request)
        if response is None:
            return NOTHING
        self.plan.carried_out(call, response)
        return damaged(response, fault)


class _Upstream:
    """The way to Azurite of one client's connection, opened anew after a while without calls."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: Streams | None = None
        self._used = 0.0

    async def send(self, request: HttpMessage) -> HttpMessage | None:
        reader, writer = await self._open()
        writer.write(request.head + request.framed)
        await writer.drain()
        response = await read_message(reader)
        self._used = time.monotonic()
        return response

    async def _open(self) -> Streams:
        if self._streams and time.monotonic() - self._used > _IDLE_SECONDS:
            self.close()
        if not self._streams:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        return self._streams

    def close(self) -> None:
        if self._streams:
            self._streams[1].close()
            self._streams = None
