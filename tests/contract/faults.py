"""What can happen to one HTTP request to storage, done to the n-th that a client sends."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from itertools import count

import requests
from azure.core.exceptions import ServiceRequestError, ServiceResponseError
from azure.core.pipeline.transport import RequestsTransport
from azure.core.rest import HttpRequest, HttpResponse
from azure.core.rest._requests_basic import (  # the only class whose body the SDK can read
    RestRequestsTransportResponse,
)
from urllib3 import HTTPResponse as RawResponse

type Send = Callable[[], HttpResponse]
type Fault = Callable[[HttpRequest, Send], HttpResponse]


class Killed(BaseException):
    """Stands for the end of the process: no `except Exception` may see it."""


class FaultyTransport(RequestsTransport):  # type: ignore[misc] # mypy cannot see it: loaded lazily
    """Sends every request as usual but the n-th, to which a fault happens once."""

    def __init__(self) -> None:
        super().__init__()
        self._countdown = 0
        self._fault: Fault | None = None

    @property
    def fired(self) -> bool:
        """Tell whether the fault has happened."""
        return self._countdown <= 0

    def arm(self, n: int, fault: Fault) -> None:
        """Let *fault* happen to the *n*-th request from now on."""
        self._countdown, self._fault = n, fault

    def send(self, request: HttpRequest, **options: object) -> HttpResponse:
        self._countdown -= 1

        def send() -> HttpResponse:
            response: HttpResponse = super(FaultyTransport, self).send(request, **options)
            return response

        if self._countdown == 0 and self._fault:
            return self._fault(request, send)
        return send()


def not_sent(_request: HttpRequest, _send: Send) -> HttpResponse:
    raise ServiceRequestError("no connection")


def answer_lost(_request: HttpRequest, send: Send) -> HttpResponse:
    send().read()
    raise ServiceResponseError("connection reset")


def answer_cut_off(request: HttpRequest, send: Send) -> HttpResponse:
    """Give half of the answer, as a proxy does that fails on its way."""
    real = send()
    body: bytes = real.read()
    return _response(request, real.status_code, headers=real.headers, body=body[: len(body) // 2])


def killed_before(_request: HttpRequest, _send: Send) -> HttpResponse:
    raise Killed


def killed_after(_request: HttpRequest, send: Send) -> HttpResponse:
    send().read()
    raise Killed


def answered(status: int, *, applied: bool, body: bytes = b"") -> Fault:
    """Answer *status*, whether or not the request was carried out."""

    def fault(request: HttpRequest, send: Send) -> HttpResponse:
        if applied:
            send().read()
        return _response(request, status, body=body)

    return fault


def answered_inside(status: int, *, applied: bool) -> Fault:
    """Answer *status* inside the 202 of a transaction, as Azure also does."""

    def fault(request: HttpRequest, send: Send) -> HttpResponse:
        if not request.url.endswith("$batch"):
            return answered(status, applied=applied)(request, send)
        if applied:
            send().read()
        types = {"Content-Type": "multipart/mixed; boundary=batch"}
        return _response(request, 202, headers=types, body=_INSIDE % status)

    return fault


FAULTS: Mapping[str, Fault] = {
    "not sent": not_sent,
    "answer lost": answer_lost,
    "answer cut off": answer_cut_off,
    "killed before": killed_before,
    "killed after": killed_after,
    "503 inside, not applied": answered_inside(503, applied=False),
    "500 inside, applied": answered_inside(500, applied=True),
    **{
        f"{status}, {'applied' if applied else 'not applied'}": answered(status, applied=applied)
        for status in (408, 429, 500, 503)
        for applied in (False, True)
    },
}

REPEATED = ("answer lost", "429, applied", "500, applied", "503, applied", "500 inside, applied")
"""What the SDK repeats by itself although it was carried out."""


def rounds(transport: FaultyTransport, fault: Fault) -> Iterator[int]:
    """Give n = 1, 2, … and let *fault* happen to the n-th request of that round, to the last.

    The round after the last request has no fault; it ends the loop.
    """
    for n in count(1):
        transport.arm(n, fault)
        yield n
        if not transport.fired:
            return


_INSIDE = b"""\
--batch\r
Content-Type: multipart/mixed; boundary=changeset\r
\r
--changeset\r
Content-Type: application/http\r
Content-Transfer-Encoding: binary\r
\r
HTTP/1.1 %d Server Busy\r
Content-Type: application/json\r
\r
{"odata.error":{"code":"ServerBusy","message":{"lang":"en-US","value":"0:busy"}}}\r
--changeset--\r
--batch--\r
"""


def _response(
    request: HttpRequest,
    status: int,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
) -> HttpResponse:
    answer = requests.Response()
    answer.status_code, answer.reason, answer.url = status, "made up", request.url
    answer.headers.update(headers or {})
    answer.raw = RawResponse(io.BytesIO(body), status=status, preload_content=False)
    response: HttpResponse = RestRequestsTransportResponse(  # type: ignore[no-untyped-call] # SDK
        request=request, internal_response=answer
    )
    response.read()
    return response
