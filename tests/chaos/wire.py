"""HTTP messages as bytes: the proxy passes them on as they came, or damaged on purpose."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass

_END_OF_LINE = b"\r\n"


@dataclass(frozen=True, slots=True)
class HttpMessage:
    """A request or a response."""

    head: bytes  # the first line and the headers, with the blank line
    framed: bytes = b""  # the body as it stands on the wire, with the sizes of its chunks

    @property
    def first_line(self) -> list[str]:
        """The three parts of the first line."""
        return self.head.split(_END_OF_LINE, 1)[0].decode("latin-1").split(" ", 2)

    @property
    def body(self) -> bytes:
        return _joined(self.framed) if _is_chunked(self.head) else self.framed

    def header(self, name: str) -> str | None:
        """Return the value of a header, whatever the case of its name."""
        return _header(self.head, name)


async def read_message(reader: asyncio.StreamReader) -> HttpMessage | None:
    """Return the next message, or None where the connection ended before it.

    Raises:
        asyncio.IncompleteReadError: the connection ended inside it.
    """
    try:
        head = await reader.readuntil(_END_OF_LINE * 2)
    except asyncio.IncompleteReadError as end:
        if end.partial:
            raise
        return None
    if _is_chunked(head):
        return HttpMessage(head, await _read_chunks(reader))
    return HttpMessage(head, await reader.readexactly(int(_header(head, "Content-Length") or 0)))


def answer(status: int, *headers: tuple[str, str], body: bytes = b"") -> HttpMessage:
    """Return a response of our own."""
    lines = [f"HTTP/1.1 {status} Made up", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers]
    return HttpMessage("\r\n".join([*lines, "", ""]).encode(), body)


def _header(head: bytes, name: str) -> str | None:
    found = re.search(rb"(?i)\r\n%b:[ \t]*([^\r]*)" % re.escape(name.encode()), head)
    return found[1].decode("latin-1").strip() if found else None


def _is_chunked(head: bytes) -> bool:
    return (_header(head, "Transfer-Encoding") or "").lower() == "chunked"


async def _read_chunks(reader: asyncio.StreamReader) -> bytes:
    framed, size = b"", 1
    while size:
        line = await reader.readuntil(_END_OF_LINE)
        size = int(line, 16)
        framed += line + await reader.readexactly(size + len(_END_OF_LINE))
    return framed


def _joined(framed: bytes) -> bytes:
    body, rest = b"", framed
    while rest:
        line, _, rest = rest.partition(_END_OF_LINE)
        size = int(line, 16)
        body, rest = body + rest[:size], rest[size + len(_END_OF_LINE) :]
    return body
