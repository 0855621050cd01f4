"""The URL of the door: what is posted to, and what of it may be printed."""

from __future__ import annotations

import socket

import click
import pytest

from leads.cli.posting import AddressType, is_local, post, shown, with_key

DOOR = "https://my-app.azurewebsites.net/api/leads"


@pytest.mark.parametrize(
    ("url", "printed"),
    [
        pytest.param(DOOR, DOOR, id="no-query"),
        pytest.param(f"{DOOR}?code=a%2Bb==", f"{DOOR}?code=***", id="a-key"),
        pytest.param(f"{DOOR}?clientId=x&code=y", f"{DOOR}?clientId=***&code=***", id="more"),
        pytest.param("https://me:pw@host/api", "https://host/api", id="a-login"),
        pytest.param(f"{DOOR}#code=x", DOOR, id="a-fragment"),
    ],
)
def test_a_url_is_shown_without_its_secrets(url: str, printed: str) -> None:
    assert shown(url) == printed


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        pytest.param(DOOR, f"{DOOR}?code=k%2F%2B%3D", id="none-yet"),
        pytest.param(f"{DOOR}?x=1", f"{DOOR}?x=1&code=k%2F%2B%3D", id="beside-others"),
        pytest.param(f"{DOOR}?CODE=old&x=1", f"{DOOR}?x=1&code=k%2F%2B%3D", id="in-its-place"),
    ],
)
def test_a_key_goes_into_the_query(url: str, expected: str) -> None:
    assert with_key(url, " k/+=\n") == expected


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("localhost", True),
        ("app.localhost", True),
        ("127.0.0.1", True),
        ("127.1.2.3", True),
        ("[::1]", True),
        ("0.0.0.0", True),  # noqa: S104 - an address that people type, too
        ("10.0.0.1", False),
        ("localhost.example.com", False),
        ("127.0.0.1.example.com", False),
        ("my-app.azurewebsites.net", False),
    ],
)
def test_only_this_machine_is_local(host: str, *, local: bool) -> None:
    assert is_local(f"http://{host}:7071/api/leads") is local


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("ftp://host/secret", id="scheme"),
        pytest.param("host/secret", id="no-scheme"),
        pytest.param("https:///secret", id="no-host"),
        pytest.param("https://host:secret/", id="no-port"),
        pytest.param("https://me:secret@host/", id="a-login"),
        pytest.param("https://host/secret of mine", id="a-blank"),
        pytest.param("https://host/secret\r\nX: y", id="a-line-break"),
        pytest.param("https://[secret/", id="brackets"),
    ],
)
def test_what_is_no_address_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(click.BadParameter) as refused:
        AddressType().convert(url, None, None)

    assert "secret" not in refused.value.format_message()


def test_a_connection_that_is_refused_is_no_answer() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))  # and does not listen
        answer = post(f"http://127.0.0.1:{silent.getsockname()[1]}/?code=secret", b"{}")

    assert (answer.status, answer.delivery_id) == (None, "")
    assert "make run" in answer.advice
    assert "secret" not in answer.advice
