"""The HTTP listener: reads requests from sockets, writes answers, keeps connections alive."""

from __future__ import annotations

import logging
import os
import re
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, override

from devhost.in_flight import InFlight
from devhost.site import Request, Response

if TYPE_CHECKING:
    from collections.abc import Callable

_BODY_LIMIT = 104_857_600  # azure-functions-host ScriptConstants.DefaultMaxRequestBodySize
_PIECE = 65_536
_ABSOLUTE = re.compile(r"^https?://[^/?]*", re.IGNORECASE)  # a proxy's form of the target
_NO_BODY = frozenset({204, 304})
_log = logging.getLogger("devhost")


class WebServer(ThreadingHTTPServer):
    """Serves a site on this machine only, one thread per connection."""

    request_queue_size = 256  # a burst of connections must not be refused
    daemon_threads = True

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", port), _Connection)
        self.answer: Callable[[Request], Response] = lambda _: Response(status=503)
        self.body_limit = int(os.environ.get("FUNCTIONS_REQUEST_BODY_SIZE_LIMIT", _BODY_LIMIT))
        self.stopping = False
        self.in_flight = InFlight()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_port}"

    def stop(self) -> None:
        """Accept no more connections; requests that run are answered."""
        self.stopping = True
        self.shutdown()
        self.server_close()

    @override
    def handle_error(self, request: object, client_address: object) -> None:
        if not isinstance(sys.exception(), OSError):  # that is a client which went away
            _log.exception("a request could not be answered")


class _Connection(BaseHTTPRequestHandler):
    server: WebServer
    protocol_version = "HTTP/1.1"
    timeout = 130  # Kestrel's keep-alive timeout
    wbufsize = _PIECE  # headers and body leave together, else delayed acknowledgements cost 40 ms
    disable_nagle_algorithm = True

    def __getattr__(self, name: str) -> Callable[[], None]:
        # http.server calls do_<METHOD>; the site answers 404 to methods that nobody declared.
        if name.startswith("do_"):
            return self._serve
        raise AttributeError(name)

    def _serve(self) -> None:
        with self.server.in_flight:
            try:
                body = self._read_body()
            except ValueError:
                body, refusal = None, Response(status=400)
            else:
                refusal = Response(status=500)  # over the limit: 500, not 413 (issue 10519)
            if body is None:
                self.close_connection = True
                self._write(refusal)
            else:
                self._write(self.server.answer(self._request(body)))

    def _request(self, body: bytes) -> Request:
        target = _ABSOLUTE.sub("", self.path)
        path, _, query = target.partition("?")
        headers = tuple(self.headers.items())
        return Request(method=self.command, path=path, query=query, headers=headers, body=body)

    def _read_body(self) -> bytes | None:
        """Read the body if it has a Content-Length; nothing is returned for one over the limit.

        A chunked body reaches the function empty, but its bytes must leave the connection.
        Source: azure-functions-host HttpRequestExtensions (body only if ContentLength > 0).
        """
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            self._discard_chunks()
            return b""
        text = self.headers.get("Content-Length") or "0"
        if not text.isdecimal():  # int() would take "-1" and "1_0" too
            raise ValueError("no length")
        length = int(text)
        if length > self.server.body_limit:
            self._discard(length)
            return None
        body = self.rfile.read(length)
        if len(body) < length:
            raise ConnectionError("the client went away inside its body")
        return body

    def _discard_chunks(self) -> None:
        while size := int(self.rfile.readline(_PIECE).split(b";")[0], 16):
            self._discard(size + len(b"\r\n"))
        while self.rfile.readline(_PIECE) not in {b"\r\n", b"\n", b""}:
            pass  # trailers

    def _discard(self, length: int) -> None:
        while length > 0 and (piece := self.rfile.read(min(length, _PIECE))):
            length -= len(piece)

    def _write(self, response: Response) -> None:
        self.send_response_only(response.status)
        self.send_header("Date", self.date_time_string())
        self.send_header("Server", "Kestrel")
        for name, value in response.headers:
            self.send_header(name, value)
        if response.status not in _NO_BODY:
            self.send_header("Content-Length", str(len(response.body)))
        if self.server.stopping:
            self.close_connection = True
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD" and response.status not in _NO_BODY:
            self.wfile.write(response.body)
        self.wfile.flush()

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Log nothing: the request line holds the query, and the query the key."""
