"""Who only reads needs no right to write: the commands, with a key that opens nothing else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from azure.core.credentials import AzureNamedKeyCredential
from azure.data.tables import AccountSasPermissions, ResourceTypes, generate_account_sas

from devhost.azurite import Azurite
from tests.end_to_end.app import App, lead, new_offer
from tests.end_to_end.operating import leads


@pytest.fixture
def read_only(azurite: Azurite) -> str:
    """A connection string whose signature allows to read."""
    parts = dict(part.split("=", 1) for part in azurite.connection_string.split(";") if part)
    signature = generate_account_sas(
        AzureNamedKeyCredential(parts["AccountName"], parts["AccountKey"]),
        resource_types=ResourceTypes(object=True, container=True),  # Azurite asks for both
        permission=AccountSasPermissions(read=True),
        expiry=datetime.now(UTC) + timedelta(hours=1),
    )
    return f"TableEndpoint={parts['TableEndpoint']};SharedAccessSignature={signature}"


@pytest.mark.parametrize(
    "command",
    [
        ("list", "--offer", "{offer}"),
        ("show", "ada@example.com", "--offer", "{offer}"),
        ("stats", "--offer", "{offer}"),
        ("offers",),
        ("offers", "--now"),
        ("export", "--offer", "{offer}"),
    ],
    ids=" ".join,
)
def test_a_command_that_reads_needs_the_right_to_read_alone(
    app: App, read_only: str, command: tuple[str, ...]
) -> None:
    offer = new_offer()
    app.post(lead(offer))
    app.drain()

    ran = leads(*(part.format(offer=offer) for part in command), storage=read_only)

    assert (ran.code, offer in ran.out) == (0, True), ran.err
