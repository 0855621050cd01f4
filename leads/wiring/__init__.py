"""The composition root: reads the environment and builds what the use cases need, on first use.

Nothing here happens at import, so that the host can index the functions without any setting, and
the SDK is imported only in the stage that needs it (cold start).
"""

from __future__ import annotations

import os
import random
import time
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING
from uuid import uuid4

from leads import settings
from leads.tables import keys

if TYPE_CHECKING:
    from collections.abc import Mapping

    from azure.data.tables import TableServiceClient

    from leads.health import Backlog, HealthCheck
    from leads.pipeline.stage import Ports
    from leads.settings import Settings
    from leads.store import Backoff, Rules
    from leads.tables.dead_letters import TableDeadLetters
    from leads.tables.status import TableStatus
    from leads.tables.table import ReadTable, Table


def now() -> datetime:
    """Return the time in UTC, in whole milliseconds: what a RowKey can tell apart."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1_000 * 1_000)


def new_delivery_id() -> str:
    """Return an id that no other delivery has."""
    return str(uuid4())


@cache
def current_settings() -> Settings:
    """Return the settings of this process; their faults are in them."""
    return settings.from_env(os.environ)


def aliases() -> Mapping[str, str]:
    """Return the offer ids of known titles: all that the door needs of the settings."""
    return current_settings().aliases


@cache
def ports() -> Ports:
    """Return what the queue stages need.

    Raises:
        InvalidSettings: some setting is faulty.
    """
    from leads.pipeline.stage import Ports
    from leads.tables.lead_store import TableLeadStore

    known = current_settings().checked()
    return Ports(
        leads=TableLeadStore(leads=table(keys.LEADS), privacy=table(keys.PRIVACY)),
        rules=rules(),
        edition=known.edition,
        backoff=backoff(),
    )


def rules() -> Rules:
    """Return what decides what is recorded."""
    from leads.store import Rules

    known = current_settings()
    return Rules(window=known.window, dnc=known.dnc, weights=known.weights)


def backoff() -> Backoff:
    """Return how to wait between two attempts."""
    from leads.store import Backoff

    return Backoff(sleep=time.sleep, random=random.random, clock=time.monotonic)


@cache
def status() -> TableStatus:
    """Return the table in which tending keeps what it saw.

    Raises:
        InvalidSettings: there is no connection.
    """
    from leads.tables.status import TableStatus

    return TableStatus(table(keys.STATUS))


@cache
def dead_letters() -> TableDeadLetters:
    """Return the dead letters: they must be kept whatever else is set wrongly.

    Raises:
        InvalidSettings: there is no connection.
    """
    from leads.tables.dead_letters import TableDeadLetters

    return TableDeadLetters(table(keys.DEAD_LETTERS))


@cache
def leads_table() -> Table:
    """Return the table Leads, for reading.

    Raises:
        InvalidSettings: there is no connection.
    """
    return table(keys.LEADS)


@cache
def health_check() -> HealthCheck:
    """Return the health check; it has a client of its own, which does not wait long."""
    from leads.health import HealthCheck

    return HealthCheck(_probe, max_age=current_settings().max_age, clock=time.monotonic)


def _probe() -> Backlog | None:
    from leads.tables.backlog import read_backlog

    current_settings().checked()
    # There is no such row: that is an answer, too.
    table(keys.LEADS, hasty=True).get("~health", "~health")
    return read_backlog(table(keys.STATUS, hasty=True))


@cache
def service(*, hasty: bool = False) -> TableServiceClient:
    """Return the client for the tables; a *hasty* one does not wait long.

    Raises:
        InvalidSettings: there is no connection.
    """
    from leads.tables.connection import connect

    return connect(current_settings().connection.checked(), hasty=hasty)


def table(name: str, *, hasty: bool = False) -> Table:
    """Return the table *name*.

    Raises:
        InvalidSettings: there is no connection.
    """
    from leads.tables.connection import open_table

    return open_table(service(hasty=hasty), name)


def read_table(name: str) -> ReadTable:
    """Return the table *name*, for who only looks: the role Storage Table Data Reader is enough.

    Raises:
        InvalidSettings: there is no connection.
    """
    from leads.tables.connection import open_read_table

    return open_read_table(service(), name)
