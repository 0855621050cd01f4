from __future__ import annotations

import http.client
import json
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from devhost.web import _BODY_LIMIT
from tests.devhost.conftest import Lab, eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    from devhost.azurite import Azurite
    from devhost.launch import DevHost


@pytest.fixture(scope="module")
def host(azurite: Azurite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DevHost]:
    with Lab(azurite, tmp_path_factory.mktemp("http")).host("http") as running:
        yield running


@pytest.fixture
def connection(host: DevHost) -> Iterator[http.client.HTTPConnection]:
    opened = connect(host)
    yield opened
    opened.close()


def connect(host: DevHost) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(urlsplit(host.url).netloc, timeout=20)


def seen(connection: http.client.HTTPConnection) -> dict[str, Any]:
    response = connection.getresponse()
    body = response.read()
    assert response.status == 200, body
    told: dict[str, Any] = json.loads(body)
    return told


def status(connection: http.client.HTTPConnection) -> int:
    response = connection.getresponse()
    response.read()
    return response.status


def raw(host: DevHost, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", urlsplit(host.url).port or 0), 20) as client:
        client.sendall(request)
        received = b""
        while piece := client.recv(65536):
            received += piece
        return received


def test_method_url_route_and_body_reach_the_function(
    connection: http.client.HTTPConnection, host: DevHost
) -> None:
    """Source: azure-functions-host, GrpcMessageConversionExtensions.ToRpcHttp."""
    connection.request("PUT", "/api/seen/7?a=1", body=b"\x00\xff")

    told = seen(connection)

    assert told["method"] == "PUT"
    assert told["url"] == f"{host.url}/api/seen/7?a=1"
    assert told["route"] == {"id": "7"}
    assert told["body"] == "\x00\xff"


def test_a_target_in_absolute_form_is_understood(host: DevHost) -> None:
    """Source: RFC 9112, 3.2.2."""
    answer = raw(
        host, b"GET http://x/api/seen/7?a=1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    )

    assert json.loads(answer.partition(b"\r\n\r\n")[2])["url"] == "http://x/api/seen/7?a=1"


def test_headers_are_lower_case_joined_and_never_empty(
    connection: http.client.HTTPConnection,
) -> None:
    """Source: GrpcMessageConversionExtensions.ToRpcHttp."""
    connection.putrequest("GET", "/api/seen/7")
    for name, value in (("X-Many", "1"), ("x-many", "2"), ("X-Empty", "")):
        connection.putheader(name, value)
    connection.endheaders()

    headers = seen(connection)["headers"]

    assert headers["x-many"] == "1,2"
    assert "x-empty" not in headers


def test_query_values_are_joined_and_never_empty(connection: http.client.HTTPConnection) -> None:
    """Source: GrpcMessageConversionExtensions.ToRpcHttp."""
    connection.request("GET", "/api/seen/7?a=1&a=2&empty=&b=%C3%A9&c=http://x/")

    assert seen(connection)["params"] == {"a": "1,2", "b": "é", "c": "http://x/"}


def test_a_catch_all_route_gets_the_rest(connection: http.client.HTTPConnection) -> None:
    connection.request("GET", "/api/files/a/b%20c.txt")

    assert seen(connection)["route"] == {"rest": "a/b c.txt"}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/unknown"),
        ("GET", "/api/seen/x"),
        ("GET", "/api/echo"),
        ("BREW", "/api/echo"),
        ("GET", "/seen/7"),
        ("POST", "/admin/functions/unknown"),
    ],
)
def test_an_unknown_route_or_method_is_404(
    connection: http.client.HTTPConnection, method: str, path: str
) -> None:
    """Source: azure-functions-host issue 10098: 404, not 405."""
    connection.request(method, path, body=b"{}")

    assert status(connection) == 404


def test_an_exception_is_500_with_an_empty_body(
    connection: http.client.HTTPConnection, host: DevHost
) -> None:
    """Source: azure-functions-host ExceptionMiddleware."""
    connection.request("GET", "/api/raise")

    response = connection.getresponse()

    assert (response.status, response.read()) == (500, b"")
    assert "RuntimeError: failing GET" in host.log.read_text()


def test_status_headers_and_cookies_reach_the_client(
    connection: http.client.HTTPConnection,
) -> None:
    """Source: azure-functions-host, FunctionResult to IActionResult."""
    connection.request("GET", "/api/cookie")

    response = connection.getresponse()
    response.read()

    assert response.status == 201
    assert response.headers["X-One"] == "1"
    assert response.headers.get_all("Set-Cookie") == [
        "a=1; path=/; httponly; samesite=lax",
        "b=2",
    ]


def test_head_has_the_headers_and_no_body(connection: http.client.HTTPConnection) -> None:
    connection.request("HEAD", "/api/files/x")

    response = connection.getresponse()

    assert response.read() == b""
    assert int(response.headers["Content-Length"]) > 0
    connection.request("GET", "/api/files/x")  # the connection is still in step
    assert seen(connection)["method"] == "GET"


def test_a_chunked_body_arrives_empty_and_the_connection_lives_on(
    connection: http.client.HTTPConnection,
) -> None:
    """Source: azure-functions-host HttpRequestExtensions: read only if Content-Length > 0."""
    connection.request("POST", "/api/seen/7", body=iter([b"GET / HTTP/1.1\r\n\r\n", b"x" * 70_000]))
    told = seen(connection)
    connection.request("POST", "/api/echo", body=b"next")
    following = connection.getresponse()

    assert told["body"] == ""
    assert told["headers"]["transfer-encoding"] == "chunked"
    assert following.read() == b"next"


def test_the_body_of_a_refused_request_does_not_spoil_the_next(
    connection: http.client.HTTPConnection,
) -> None:
    connection.request("POST", "/api/unknown", body=b"GET / HTTP/1.1\r\n\r\n")
    refused = status(connection)
    connection.request("POST", "/api/echo", body=b"next")

    assert refused == 404
    assert connection.getresponse().read() == b"next"


@pytest.mark.parametrize("header", [b"Content-Length: -1", b"Content-Length: 1_0"])
def test_a_body_of_impossible_length_is_400(host: DevHost, header: bytes) -> None:
    answer = raw(host, b"POST /api/echo HTTP/1.1\r\nHost: x\r\n" + header + b"\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 400")


def test_a_body_over_the_limit_is_500(lab: Lab) -> None:
    """Source: azure-functions-host issue 10519: 500, not 413."""
    assert _BODY_LIMIT == 104_857_600
    with lab.host("http", FUNCTIONS_REQUEST_BODY_SIZE_LIMIT="1000") as host:
        opened = connect(host)

        opened.request("POST", "/api/echo", body=bytes(1000))
        assert status(opened) == 200
        opened.request("POST", "/api/echo", body=bytes(4_000_000))
        assert status(opened) == 500

        opened.close()


def test_no_key_is_asked_for_by_default(connection: http.client.HTTPConnection) -> None:
    """Source: Core Tools enforces keys only with --enableAuth."""
    connection.request("GET", "/api/locked")

    assert status(connection) == 200


def test_a_key_is_enforced_where_the_function_asks_for_one(lab: Lab) -> None:
    """Source: azure-functions-host AuthenticationLevelHandler; the header wins."""
    key = {"x-functions-key": "secret"}
    wrong = {"x-functions-key": "wrong"}
    cases: list[tuple[str, str, dict[str, str], int]] = [
        ("GET", "/api/locked", {}, 401),
        ("GET", "/api/locked?code=wrong", {}, 401),
        ("GET", "/api/locked?code=secret", {}, 200),
        ("GET", "/api/locked", key, 200),
        ("GET", "/api/locked?code=secret", wrong, 401),
        ("GET", "/api/seen/7", {}, 200),
        ("GET", "/admin/host/ping", {}, 200),
        ("POST", "/admin/functions/locked", {}, 401),
    ]
    with lab.host("http", "--key", "secret") as host:
        opened = connect(host)

        for method, path, headers, expected in cases:
            opened.request(method, path, headers=headers)
            response = opened.getresponse()
            body = response.read()
            assert (path, response.status) == (path, expected)
            assert expected != 401 or body == b""

        opened.close()


def test_the_key_never_reaches_the_log(host: DevHost) -> None:
    """The key travels in the query, as Partner Center can store only a URL."""
    raw(host, b"GET /api/locked?code=hush HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    raw(host, b"GET /api/locked?code=hush nonsense HTTP/1.1\r\n\r\n")
    raw(host, b"GET /api/raise?code=hush HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")

    assert "hush" not in host.log.read_text()


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_ping_answers(connection: http.client.HTTPConnection, method: str) -> None:
    """Source: azure-functions-host HostController.Ping."""
    connection.request(method, "/admin/host/ping")

    assert status(connection) == 200


def test_a_trace_is_passed_on_or_begun(connection: http.client.HTTPConnection) -> None:
    """Source: W3C Trace Context; the worker's TraceContext."""
    given = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    connection.request("GET", "/api/seen/7", headers={"traceparent": given})
    passed_on = seen(connection)["trace_parent"]
    connection.request("GET", "/api/seen/7")
    begun = seen(connection)["trace_parent"]

    assert passed_on == given
    assert [len(part) for part in begun.split("-")] == [2, 32, 16, 2]


def test_a_functions_log_lines_carry_its_name(
    connection: http.client.HTTPConnection, host: DevHost
) -> None:
    for path in ("/api/seen/7", "/api/files/x"):
        connection.request("GET", path)
        seen(connection)

    log = host.log.read_text()
    assert "INFO seen: a line from the function" in log
    assert "INFO files: a line from the coroutine" in log


def test_a_hundred_concurrent_posts_are_answered(host: DevHost) -> None:
    def post(number: int) -> bytes:
        opened = connect(host)
        answers = []
        for _ in range(3):
            opened.request("POST", "/api/echo", body=str(number).encode())
            answers.append(opened.getresponse().read())
        opened.close()
        return b" ".join(answers)

    with ThreadPoolExecutor(100) as pool:
        answers = list(pool.map(post, range(100)))

    assert answers == [f"{number} {number} {number}".encode() for number in range(100)]


def test_a_function_that_blocks_the_worker_does_not_stop_the_listeners(lab: Lab) -> None:
    """Source: the proxy worker is another process than the host."""
    host = lab.host("http").start()
    blocked, other = connect(host), connect(host)

    blocked.request("GET", "/api/block")
    eventually(lambda: "blocking" in host.log.read_text())
    other.request("GET", "/admin/host/ping")

    assert status(other) == 200
    other.sock.settimeout(0.5)
    other.request("POST", "/api/echo", body=b"waits for the worker")
    with pytest.raises(TimeoutError):
        other.getresponse()
    other.close()
    blocked.close()
    host.kill()
