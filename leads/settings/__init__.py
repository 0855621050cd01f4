"""Every setting: its name, default and check. Pure: the environment comes in as a mapping.

All faults are reported at once. A faulty setting stops enriching and writing, where messages wait
and then become dead letters. It never stops the door, where a lead would be lost (there its default
holds until somebody mends it), nor the burying of dead letters, which needs the connection alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from leads.errors import InvalidSettings
from leads.model import DncPolicy
from leads.names import CONNECTION
from leads.score import Weights
from leads.settings import dashboard, values
from leads.settings.dashboard import DashboardSettings, read_dashboard
from leads.stages import EDITIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import timedelta

DEFAULTS: Mapping[str, str] = MappingProxyType(
    {
        "LEADS_OFFER_ALIASES": "{}",
        "LEADS_DUPLICATE_WINDOW_HOURS": "24",
        "LEADS_DNC_MARGIN_SECONDS": "60",
        "LEADS_DNC_POLICY": "latest",
        "LEADS_STAGE_EDITION": "2018",
        "LEADS_SCORE_WEIGHTS": "{}",
        "LEADS_SCORE_COUNTRIES": "",
        "LEADS_RETENTION_DAYS": "0",
        "LEADS_MAX_AGE_MINUTES": "15",
        **dashboard.DEFAULTS,
    }
)
"""Names and defaults; the README and local.settings.sample.json list the same (a test compares)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageConnection:
    """Where queues and tables are: a connection string, or addresses and an identity."""

    connection_string: str = field(default="", repr=False)  # holds the account's key
    queue_service_uri: str = ""
    table_service_uri: str = ""
    credential: str = ""  # "managedidentity", or empty for the developer's own login
    client_id: str = ""

    @property
    def faults(self) -> tuple[str, ...]:
        """Return what is missing."""
        if self.connection_string:
            return ()
        if not self.queue_service_uri and not self.table_service_uri:
            return (f"{CONNECTION} is not set",)
        addresses = {
            f"{CONNECTION}__queueServiceUri": self.queue_service_uri,
            f"{CONNECTION}__tableServiceUri": self.table_service_uri,
        }
        return tuple(f"{name} is not set" for name, value in addresses.items() if not value)

    def checked(self) -> StorageConnection:
        """Return this connection.

        Raises:
            InvalidSettings: something is missing.
        """
        if self.faults:
            raise InvalidSettings("; ".join(self.faults))
        return self


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the environment asks for, with the default in place of every faulty value."""

    connection: StorageConnection
    aliases: Mapping[str, str]
    window: timedelta
    dnc: DncPolicy
    edition: str
    weights: Weights  # of the score
    retention: timedelta | None  # None: leads are kept for ever
    max_age: timedelta  # of a message, before `GET /api/health` says that something is wrong
    dashboard: DashboardSettings
    faults: tuple[str, ...] = ()

    @property
    def doubts(self) -> tuple[str, ...]:
        """Return what is wrong and stops nothing."""
        return self.dashboard.doubts

    def checked(self) -> Settings:
        """Return these settings.

        Raises:
            InvalidSettings: there are faults; the message names all of them.
        """
        if self.faults:
            raise InvalidSettings("; ".join(self.faults))
        return self


def from_env(env: Mapping[str, str]) -> Settings:
    """Return the settings in *env*; never raises, and lists the faults.

    Source: DESIGN 4.4.
    """
    faults: list[str] = []

    def read[T](name: str, parse: Callable[[str], T]) -> T:
        try:
            return parse(env.get(name) or DEFAULTS[name])
        except ValueError as fault:
            faults.append(f"{name} {fault}")
            return parse(DEFAULTS[name])

    aliases = read("LEADS_OFFER_ALIASES", values.aliases)
    window = read("LEADS_DUPLICATE_WINDOW_HOURS", values.window)
    margin = read("LEADS_DNC_MARGIN_SECONDS", values.margin)
    policy = read("LEADS_DNC_POLICY", lambda text: values.one_of(text, values.DNC_POLICIES))
    edition = read("LEADS_STAGE_EDITION", lambda text: values.one_of(text, tuple(EDITIONS)))
    points = read("LEADS_SCORE_WEIGHTS", values.points)
    countries = read("LEADS_SCORE_COUNTRIES", values.countries)
    retention = read("LEADS_RETENTION_DAYS", lambda text: values.retention(text, window=window))
    connection = _connection(env)
    return Settings(
        connection=connection,
        aliases=aliases,
        window=window,
        dnc=DncPolicy(margin=margin, sticky=policy == "sticky"),
        edition=edition,
        weights=Weights(points=points, countries=countries),
        retention=retention,
        max_age=read("LEADS_MAX_AGE_MINUTES", values.max_age),
        dashboard=read_dashboard(env),
        faults=(*faults, *connection.faults),
    )


def _connection(env: Mapping[str, str]) -> StorageConnection:
    return StorageConnection(
        connection_string=env.get(CONNECTION, ""),
        queue_service_uri=env.get(f"{CONNECTION}__queueServiceUri", ""),
        table_service_uri=env.get(f"{CONNECTION}__tableServiceUri", ""),
        credential=env.get(f"{CONNECTION}__credential", ""),
        client_id=env.get(f"{CONNECTION}__clientId", ""),
    )
