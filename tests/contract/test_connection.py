from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from azure.identity import DefaultAzureCredential, ManagedIdentityCredential

from devhost.azurite import Azurite
from leads.errors import StorageUnavailable
from leads.settings import StorageConnection
from leads.tables.connection import connect, new_transport, open_table

ADDRESS = "https://contoso.table.core.windows.net"


def test_a_connection_string_leads_to_its_tables(azurite: Azurite) -> None:
    with connect(StorageConnection(connection_string=azurite.connection_string)) as client:
        assert open_table(client, "Leads").get("nobody", "nothing") is None


def test_the_development_storage_has_its_usual_address() -> None:
    with connect(StorageConnection(connection_string="UseDevelopmentStorage=true")) as client:
        assert client.url == "http://127.0.0.1:10002/devstoreaccount1"


@pytest.mark.parametrize(
    ("credential", "kind"),
    [("managedidentity", ManagedIdentityCredential), ("", DefaultAzureCredential)],
    ids=["managed identity", "the login of a developer"],
)
def test_an_address_is_opened_with_an_identity(credential: str, kind: type) -> None:
    place = StorageConnection(table_service_uri=ADDRESS, credential=credential, client_id="id")

    with connect(place) as client:
        assert client.url == ADDRESS
        assert isinstance(client.credential, kind)


def test_a_request_gives_up_long_before_the_function_does() -> None:
    configured = new_transport(ADDRESS).connection_config

    assert (configured.timeout, configured.read_timeout) == (5, 10)


@pytest.mark.parametrize(
    ("no_proxy", "proxies"),
    [("", {"https": "http://proxy.contoso.com:3128"}), ("core.windows.net", {})],
    ids=["a proxy for all", "storage reached without it"],
)
def test_proxies_and_certificates_of_the_environment_hold(
    monkeypatch: pytest.MonkeyPatch, no_proxy: str, proxies: dict[str, str]
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.contoso.com:3128")
    monkeypatch.setenv("NO_PROXY", no_proxy)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/certificates/contoso.pem")

    transport = new_transport(ADDRESS)

    found = transport.session.merge_environment_settings(ADDRESS, {}, None, None, None)
    assert {scheme: found["proxies"].get(scheme) for scheme in proxies} == proxies
    assert bool(found["proxies"].get("https")) == bool(proxies)
    assert transport.connection_config.verify == "/certificates/contoso.pem"


class Busy(BaseHTTPRequestHandler):
    """A service that is busy once, and asks to be left alone for long."""

    pause = ""
    asked = 0

    def do_GET(self) -> None:
        Busy.asked += 1
        self.send_response(503 if Busy.asked == 1 else 404)
        self.send_header("Retry-After", Busy.pause)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def busy() -> Iterator[str]:
    Busy.asked = 0
    with ThreadingHTTPServer(("127.0.0.1", 0), Busy) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/devstoreaccount1"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("asked", ["3600", "soon", "Thu, 01 Jan 2099 00:00:00 GMT"])
def test_a_service_that_asks_for_a_long_pause_is_tried_again_soon(busy: str, asked: str) -> None:
    Busy.pause = asked
    account = "DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey=a2V5"
    place = StorageConnection(connection_string=f"{account};TableEndpoint={busy};")
    begun = time.monotonic()

    with connect(place) as client, pytest.raises(StorageUnavailable, match="404"):
        open_table(client, "Leads").get("nobody", "nothing")

    assert Busy.asked == 2
    assert time.monotonic() - begun < 10
