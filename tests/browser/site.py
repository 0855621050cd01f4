"""A small site of the tests' own, to try the browser and its questions on."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import override

STRICT = "default-src 'none'; style-src 'self'; form-action 'self'"


@dataclass
class Site:
    """Pages by path; *asked* are the paths that were asked for."""

    url: str
    pages: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def put(self, body: str, *, head: str = "", path: str = "/") -> str:
        """Serve *body* as a page without faults of its own; return its path."""
        self.pages[path] = (
            '<!doctype html><html lang="en"><head><title>A page</title>'
            '<meta name="viewport" content="width=device-width">'
            f"{head}</head><body><main>{body}</main></body></html>"
        )
        return path


@contextmanager
def serving(headers: Mapping[str, str]) -> Iterator[Site]:
    """Serve a site on a free port of this machine; every answer has these *headers*."""
    site = Site(url="")

    class Answers(BaseHTTPRequestHandler):
        @override
        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

        def do_GET(self) -> None:
            site.asked.append(self.path)
            page = site.pages.get(self.path)
            self.send_response(200 if page else 404)
            kind = "text/css" if self.path.endswith(".css") else "text/html; charset=utf-8"
            for name, value in {"Content-Type": kind, **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(
                (page or "Nothing is here").encode()
            )  # for nothing browsers have a page

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        site.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield site
        finally:
            server.shutdown()
            thread.join()
