"""What the HTTP door takes and what it answers: DESIGN 4.1 as code. Pure.

Nobody sends a refused lead again, so the door refuses only what cannot be read as a lead at all,
says why, never echoes what was sent, and keeps what it refused.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from leads.errors import InvalidPayload
from leads.strict_json import decode_text

if TYPE_CHECKING:
    from collections.abc import Mapping

BODY_BYTES = 32_768
"""What a POST may carry; Microsoft's own leads take under 1 KiB."""

_NOT_JSON = ("multipart/", "application/x-www-form-urlencoded", "application/xml", "text/xml")

PROBLEMS: Mapping[str, tuple[int, str]] = {
    "empty-body": (400, "The request has no body"),
    "undecodable-text": (400, "The body is not text"),
    "invalid-json": (400, "The body is not JSON"),
    "not-an-object": (400, "The body is not one JSON object"),
    "duplicate-key": (400, "A key occurs twice"),
    "invalid-number": (400, "A number is none"),
    "too-deep": (400, "The JSON is nested too deeply"),
    "too-many-values": (400, "The JSON holds too many values"),
    "method-not-allowed": (405, "Leads are posted"),
    "length-required": (411, "The body arrived empty because it was sent in chunks"),
    "too-large": (413, "The payload is too large"),
    "unsupported-encoding": (415, "The body is compressed"),
    "unsupported-media-type": (415, "The body is not JSON"),
    "no-lead-fields": (422, "The object is not a lead"),
    "internal-error": (500, "The lead could not be read"),
}
"""Slug of the problem type: status and title. The slugs are a contract: never rename one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """An HTTP request as the host hands it over; header names are in lower case."""

    method: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An HTTP response in the making."""

    status: int
    body: bytes
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


def read_text(request: Request) -> str:
    """Return the text that *request* carries, whatever content type it claims.

    Raises:
        InvalidPayload: method, encoding, length or bytes rule out that it is a lead.

    Source: DESIGN 4.1.
    """
    headers, body = request.headers, request.body
    if request.method != "POST":
        raise InvalidPayload("method-not-allowed", "This address takes POST only.")
    if not body and "transfer-encoding" in headers:
        # The Functions host hands chunked bodies to Python as empty (azure-functions.md 3).
        raise InvalidPayload("length-required", "Send the body with a Content-Length header.")
    if not body:
        raise InvalidPayload("empty-body", "A lead is one JSON object in the body.")
    if headers.get("content-encoding", "identity").strip().lower() not in {"", "identity"}:
        raise InvalidPayload("unsupported-encoding", "Send the body without Content-Encoding.")
    if len(body) > BODY_BYTES:
        raise InvalidPayload("too-large", f"A payload may have {BODY_BYTES} bytes.")
    return decode_text(body, headers.get("content-type", ""))


def blame(error: InvalidPayload, request: Request) -> InvalidPayload:
    """Return *error*, or a better one where the content type explains why the body is no JSON.

    Source: DESIGN 4.1: a body that parses is accepted whatever its content type.
    """
    content_type = request.headers.get("content-type", "").strip().lower()
    unreadable = error.problem in {"invalid-json", "undecodable-text"}
    if unreadable and (content_type.startswith(_NOT_JSON) or "+xml" in content_type):
        return InvalidPayload("unsupported-media-type", "Send the lead as application/json.")
    return error


def accepted(delivery_id: str) -> Answer:
    """Return the answer to a lead that is about to be queued."""
    body = json.dumps({"id": delivery_id, "status": "accepted"}).encode()
    return Answer(status=202, body=body)


def refused(error: InvalidPayload) -> Answer:
    """Return the problem document for *error* (RFC 9457)."""
    status, title = PROBLEMS[error.problem]
    problem = {
        "type": f"/problems/{error.problem}",
        "title": title,
        "status": status,
        "detail": error.detail,
    }
    return Answer(
        status=status,
        body=json.dumps(problem).encode(),
        content_type="application/problem+json",
        headers={"Allow": "POST"} if status == 405 else {},  # noqa: PLR2004 - RFC 9110 15.5.6
    )


def broken() -> Answer:
    """Return the answer where an error of ours stands in the way; the payload is kept."""
    detail = "This is a fault of the receiver, which keeps the payload for its operators."
    return refused(InvalidPayload("internal-error", detail))


def is_worth_keeping(error: InvalidPayload, request: Request) -> bool:
    """Tell whether what was refused may be a real lead and must be kept (DESIGN 4.1)."""
    return bool(request.body) and PROBLEMS[error.problem][0] in {400, 413, 415, 422}
