"""What the dashboard works with, put together on first use; nothing of it can write."""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING

from leads import settings, wiring
from leads.dashboard import serving
from leads.dashboard.access import Gate, is_development_storage
from leads.wiring import reading

if TYPE_CHECKING:
    from collections.abc import Mapping

    from leads.dashboard.sources import Sources
    from leads.dashboard.wire import Request, Visit

_AZURE = ("WEBSITE_INSTANCE_ID", "WEBSITE_SITE_NAME", "WEBSITE_POD_NAME", "CONTAINER_APP_NAME")
"""Each is set on some plan. Not WEBSITE_HOSTNAME: Core Tools sets it, too."""


def visit(request: Request) -> Visit:
    """Answer *request*, whatever is set wrongly."""
    return serving.visit(request, gate=gate(), open_sources=sources, now=wiring.now())


@cache
def gate() -> Gate:
    """Return what decides who may look."""
    return gate_of(os.environ)


def gate_of(env: Mapping[str, str]) -> Gate:
    """Return what decides who may look where the environment is *env*.

    Source: "Environment variables and app settings in App Service": WEBSITE_AUTH_ENABLED is put
    there by the platform, where its authentication is on.
    """
    known = settings.from_env(env)
    here = not any(env.get(name) for name in _AZURE)
    emulated = is_development_storage(known.connection.connection_string)
    return Gate(
        platform_auth=env.get("WEBSITE_AUTH_ENABLED", "").lower() == "true",
        role=known.dashboard.role,
        open_locally=known.dashboard.open_locally and here and emulated,
    )


@cache
def sources() -> Sources:
    """Return what the pages read from.

    Raises:
        InvalidSettings: there is no connection.
    """
    from leads.dashboard.sources import Sources
    from leads.tables import keys
    from leads.tables.reading import TableReading

    known, status = wiring.current_settings(), reading.status()
    return Sources(
        leads=TableReading(wiring.read_table(keys.LEADS), known=status.offers),
        status=status,
        silence=known.dashboard.silence,
        weights=known.weights,
    )
