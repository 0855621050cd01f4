"""Every setting: its name, default and check. Pure: the environment comes in as a mapping.

All faults are reported at once. A faulty setting stops enriching and writing, where messages wait
and then become dead letters. It never stops the door, where a lead would be lost (there its default
holds until somebody mends it), nor the burying of dead letters, which needs the connection alone.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING

from leads.errors import InvalidSettings
from leads.model import DncPolicy
from leads.names import CONNECTION
from leads.stages import EDITIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

DEFAULTS: Mapping[str, str] = MappingProxyType(
    {
        "LEADS_OFFER_ALIASES": "{}",
        "LEADS_DUPLICATE_WINDOW_HOURS": "24",
        "LEADS_DNC_MARGIN_SECONDS": "60",
        "LEADS_DNC_POLICY": "latest",
        "LEADS_STAGE_EDITION": "2018",
        "LEADS_RETENTION_DAYS": "0",
        "LEADS_MAX_AGE_MINUTES": "15",
    }
)
"""Names and defaults; the README and local.settings.sample.json list the same (a test compares)."""

DNC_POLICIES = ("latest", "sticky")
LONGEST_WINDOW = timedelta(days=365)
LONGEST_MARGIN = timedelta(days=1)
LONGEST_RETENTION = timedelta(days=36_500)
LONGEST_AGE = timedelta(days=7)
SHORTEST_RETENTION = timedelta(days=30)
"""A lead must outlive what may still come back of it: letters are redriven for so long."""


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
    retention: timedelta | None  # None: leads are kept for ever
    max_age: timedelta  # of a message, before `GET /api/health` says that something is wrong
    faults: tuple[str, ...] = ()

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

    aliases = read("LEADS_OFFER_ALIASES", _aliases)
    window = read("LEADS_DUPLICATE_WINDOW_HOURS", _window)
    margin = read("LEADS_DNC_MARGIN_SECONDS", _margin)
    policy = read("LEADS_DNC_POLICY", lambda text: _one_of(text, DNC_POLICIES))
    edition = read("LEADS_STAGE_EDITION", lambda text: _one_of(text, tuple(EDITIONS)))
    retention = read("LEADS_RETENTION_DAYS", lambda text: _retention(text, window=window))
    max_age = read("LEADS_MAX_AGE_MINUTES", _max_age)
    connection = _connection(env)
    return Settings(
        connection=connection,
        aliases=aliases,
        window=window,
        dnc=DncPolicy(margin=margin, sticky=policy == "sticky"),
        edition=edition,
        retention=retention,
        max_age=max_age,
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


def _aliases(text: str) -> Mapping[str, str]:
    try:
        aliases = json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError("is not JSON") from None
    known = isinstance(aliases, dict) and all(isinstance(v, str) for v in aliases.values())
    if not known:
        raise ValueError("is not a JSON object of offer titles and offer ids")
    return MappingProxyType(aliases)


def _window(text: str) -> timedelta:
    return _span(text, unit=timedelta(hours=1), longest=LONGEST_WINDOW)


def _margin(text: str) -> timedelta:
    return _span(text, unit=timedelta(seconds=1), longest=LONGEST_MARGIN)


def _retention(text: str, *, window: timedelta) -> timedelta | None:
    span = _span(text, unit=timedelta(days=1), longest=LONGEST_RETENTION)
    if not span:
        return None
    shortest = max(SHORTEST_RETENTION, window)
    if span < shortest:
        raise ValueError(f"is neither 0 nor at least {shortest / timedelta(days=1):g}")
    return span


def _max_age(text: str) -> timedelta:
    return _span(text, unit=timedelta(minutes=1), longest=LONGEST_AGE)


def _span(text: str, *, unit: timedelta, longest: timedelta) -> timedelta:
    try:
        amount = float(text)
    except ValueError:
        raise ValueError("is not a number") from None
    if not 0 <= amount <= longest / unit:
        raise ValueError(f"is not between 0 and {longest / unit:g}")
    return amount * unit


def _one_of(text: str, known: tuple[str, ...]) -> str:
    if text not in known:
        raise ValueError(f"is none of {', '.join(known)}")
    return text
