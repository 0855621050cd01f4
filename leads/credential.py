"""Who the app is to Azure, where the connection names addresses and no key."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

    from leads.settings import StorageConnection


def credential_of(connection: StorageConnection) -> TokenCredential:
    """Return the managed identity that *connection* asks for, or the developer's own login."""
    # Half a second of imports that a connection string never needs.
    from azure.identity import DefaultAzureCredential, ManagedIdentityCredential

    if connection.credential == "managedidentity":
        return ManagedIdentityCredential(client_id=connection.client_id or None)
    return DefaultAzureCredential()
