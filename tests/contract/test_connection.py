from __future__ import annotations

import pytest
from azure.identity import DefaultAzureCredential, ManagedIdentityCredential

from devhost.azurite import Azurite
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
    configured = new_transport().connection_config

    assert (configured.timeout, configured.read_timeout) == (5, 10)
