"""What the host answers to an HTTP request, apart from sockets: keys, routes, functions, admin."""

from __future__ import annotations

import hmac
import json
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from devhost import routes
from devhost.binding_data import QueueMessageFacts, binding_data, trigger_value
from devhost.invocations import trace_context
from devhost.protos import Message, RpcHttpCookie, TypedData
from devhost.timers import timer_value
from devhost.worker import InvocationFailed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from devhost.functions import Function
    from devhost.invocations import Invoker

_ADMIN_FUNCTIONS = "/admin/functions/"
_OURS = frozenset({"content-length", "transfer-encoding", "connection"})  # the server's to set


@dataclass(frozen=True, kw_only=True)
class Request:
    """A request as read from the socket; the body is empty unless it had a Content-Length."""

    method: str
    path: str
    query: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    def folded_headers(self) -> dict[str, str]:
        """Return lower-cased names with repeated values joined, empty ones dropped."""
        return {name.lower(): value for name, value in _folded(self.headers).items()}

    def folded_query(self) -> dict[str, str]:
        """Return the query with repeated values joined and empty ones dropped."""
        return _folded(parse_qsl(self.query))

    @property
    def url(self) -> str:
        """The absolute URL, as the client sees it."""
        host = self.folded_headers().get("host", "localhost")
        return f"http://{host}{self.path}" + (f"?{self.query}" if self.query else "")


@dataclass(frozen=True, kw_only=True)
class Response:
    """An answer, before the server adds its own headers."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


class Site:
    """Answers requests for one app."""

    def __init__(
        self, functions: Iterable[Function], invoker: Invoker, *, prefix: str, key: str | None
    ) -> None:
        self._functions = {function.name.lower(): function for function in functions}
        self._routes = [
            _route(one, prefix)
            for one in self._functions.values()
            if one.trigger.type == "httpTrigger"
        ]
        self._invoker = invoker
        self._key = key

    def answer(self, request: Request) -> Response:
        """Answer one request."""
        path = request.path.lower().rstrip("/")
        if path == "/admin/host/ping" and request.method in {"GET", "POST"}:
            return Response(status=200)
        if path.startswith(_ADMIN_FUNCTIONS) and request.method == "POST":
            return self._run_by_hand(path.removeprefix(_ADMIN_FUNCTIONS), request)
        found = routes.find(self._routes, request.method, request.path)
        if found is None:
            return Response(status=404 if path else 200)  # the root is the home page
        function, values = found
        level = function.trigger.text("authLevel").lower()
        if level != "anonymous" and not self._has_key(request):
            return Response(status=401)
        return self._invoke(function, request, values)

    def _has_key(self, request: Request) -> bool:
        """Say whether the key is right; the header wins. Source: AuthenticationLevelHandler.cs."""
        if self._key is None:
            return True
        by_header = request.folded_headers().get("x-functions-key")
        given = by_header or request.folded_query().get("code", "")
        return hmac.compare_digest(given.encode(), self._key.encode())

    def _invoke(self, function: Function, request: Request, values: dict[str, str]) -> Response:
        headers = request.folded_headers()
        http = Message(
            method=request.method,
            url=request.url,
            headers=headers,
            query=request.folded_query(),
            params=values,
            body=TypedData(bytes=request.body),
        )
        try:
            outputs = self._invoker.run(function, TypedData(http=http), {}, trace_context(headers))
        except InvocationFailed:
            return Response(status=500)
        names = [binding.name for binding in function.outputs if binding.type == "http"]
        return _response(next((outputs[name] for name in names if name in outputs), None))

    def _run_by_hand(self, name: str, request: Request) -> Response:
        """Run a non-HTTP function in the background. Source: FunctionsController.Invoke."""
        if not self._has_key(request):
            return Response(status=401)
        function = self._functions.get(name)
        if function is None:
            return Response(status=404)
        try:
            given = str(json.loads(request.body or b"{}").get("input") or "").encode()
        except (ValueError, AttributeError):
            return Response(status=400)
        if function.trigger.type == "httpTrigger":
            return Response(status=400)
        threading.Thread(target=self._run_quietly, args=(function, given), daemon=True).start()
        return Response(status=202)

    def _run_quietly(self, function: Function, given: bytes) -> None:
        binary = function.trigger.is_binary
        try:
            if function.trigger.type == "timerTrigger":
                self._invoker.run(function, timer_value(), {})
            else:
                facts = QueueMessageFacts()
                metadata = binding_data(facts, given, binary=binary)
                self._invoker.run(function, trigger_value(given, binary=binary), metadata)
        except InvocationFailed:
            pass  # logged by the invoker; the caller has had its 202


def _route(function: Function, prefix: str) -> routes.Route[Function]:
    route = function.trigger.text("route") or function.name
    template = f"{prefix}/{route.strip('/')}"
    routes.check(template)
    methods = frozenset(method.upper() for method in function.trigger.texts("methods"))
    return routes.Route(template, methods, function)


def _folded(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Join values of names that differ only in case, as .NET compares them; drop empty ones."""
    first: dict[str, str] = {}
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        if value:
            values.setdefault(first.setdefault(name.lower(), name), []).append(value)
    return {name: ",".join(several) for name, several in values.items()}


def _response(value: TypedData | None) -> Response:
    if value is None:
        return Response(status=204)
    if (kind := value.WhichOneof("data")) != "http":
        text = str(getattr(value, kind or "", "")).encode()
        return Response(
            status=200, headers=(("Content-Type", "text/plain; charset=utf-8"),), body=text
        )
    http = value.http
    kept = [(n, v) for n, v in http.headers.items() if n.lower() not in _OURS]
    cookies = [("Set-Cookie", _cookie(cookie)) for cookie in http.cookies or []]
    return Response(status=int(http.status_code), headers=(*kept, *cookies), body=http.body.bytes)


def _cookie(cookie: RpcHttpCookie) -> str:
    parts = [f"{cookie.name}={cookie.value}"]
    if cookie.max_age:
        parts.append(f"max-age={int(cookie.max_age.value)}")
    for label, value in (("domain", cookie.domain), ("path", cookie.path)):
        if value and value.value:
            parts.append(f"{label}={value.value}")
    parts += [
        label
        for label, flag in (("secure", cookie.secure), ("httponly", cookie.http_only))
        if flag and flag.value
    ]
    if cookie.same_site:
        parts.append(f"samesite={cookie.same_site.lower()}")
    return "; ".join(parts)
