"""What the dashboard takes and answers over HTTP, and the headers of every answer. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from leads.door import Answer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from leads.errors import LeadsError

METHODS = ("GET", "HEAD")
OK = 200

HEADERS: Mapping[str, str] = MappingProxyType(
    {
        "Content-Security-Policy": (
            "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none';"
            " form-action 'self'; frame-ancestors 'none'"
        ),
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        "X-Robots-Tag": "noindex",
    }
)
"""On every answer, whatever it is: nothing is kept, framed, sent along or run."""

_GUESSES = ("sec-purpose", "purpose", "x-moz")  # "prefetch", "prerender", "preview"

FOR_EVER = "private, max-age=31536000, immutable"
FOR_A_DAY = "private, max-age=86400"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request as the host hands it over; header names are in lower case."""

    method: str
    page: str  # what follows `dashboard/`; empty: the overview
    query: Mapping[str, str]
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """What is answered, and what must be logged of it before it leaves."""

    answer: Answer
    viewer: str = ""
    shown: str = ""  # the key of the lead whose contact data the answer holds
    error: LeadsError | None = None


def answer(
    status: int,
    body: bytes = b"",
    *,
    content_type: str = "text/html",
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Return an answer with the headers of every answer, some of them changed by *headers*."""
    sent = {**HEADERS, **(headers or {})}
    return Answer(status=status, body=body, content_type=content_type, headers=sent)


def is_deliberate(request: Request) -> bool:
    """Tell whether a person asked for this by a click or a typed address, and will see it.

    No browser's guess at the next page, no picture on a page of somebody else, no HEAD.
    """
    headers = request.headers
    guessed = any("pre" in headers.get(name, "").lower() for name in _GUESSES)
    return (
        request.method == "GET"
        and not guessed
        and headers.get("sec-fetch-site", "none") in {"none", "same-origin"}
        and headers.get("sec-fetch-dest", "document") == "document"
    )
