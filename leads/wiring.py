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

    from leads.doctor.gathering import DoctorPorts
    from leads.health import Backlog, HealthCheck
    from leads.pipeline.stage import Ports
    from leads.settings import Settings
    from leads.tables.dead_letters import TableDeadLetters
    from leads.tables.holdings import Holdings
    from leads.tables.status import TableStatus
    from leads.tables.table import Table
    from leads.tables.upkeep_store import TableUpkeepStore
    from leads.tending.ports import Bounds, TendPorts
    from leads.upkeep.ports import Tools


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
    from leads.store import Backoff, Rules
    from leads.tables.lead_store import TableLeadStore

    known = current_settings().checked()
    return Ports(
        leads=TableLeadStore(leads=_table(keys.LEADS), privacy=_table(keys.PRIVACY)),
        rules=Rules(window=known.window, dnc=known.dnc),
        edition=known.edition,
        backoff=Backoff(sleep=time.sleep, random=random.random, clock=time.monotonic),
    )


@cache
def tools() -> Tools:
    """Return what rebuilding, erasing and moving leads needs.

    Raises:
        InvalidSettings: some setting is faulty.
    """
    from leads.upkeep.ports import Tools

    known = ports()
    return Tools(store=_upkeep_store(), rules=known.rules, backoff=known.backoff)


@cache
def _upkeep_store() -> TableUpkeepStore:
    from leads.tables.upkeep_store import TableUpkeepStore

    return TableUpkeepStore(leads=_table(keys.LEADS), privacy=_table(keys.PRIVACY))


@cache
def tend_ports() -> TendPorts:
    """Return what tending needs.

    Raises:
        InvalidSettings: some setting is faulty.
    """
    from leads import queues
    from leads.tables.census import TableCensus
    from leads.tables.persons import TablePersons
    from leads.tending.ports import TendPorts

    known = current_settings().checked()
    return TendPorts(
        tools=tools(),
        queues=queues.connect(known.connection),
        letters=dead_letters(),
        persons=TablePersons(_table(keys.PRIVACY)),
        census=TableCensus(_table(keys.LEADS)),
        status=status(),
        aliases=known.aliases,
        retention=known.retention,
    )


@cache
def holdings() -> Holdings:
    """Return what reads everything that is held on a person.

    Raises:
        InvalidSettings: some setting is faulty.
    """
    from leads.tables.holdings import Holdings

    return Holdings(
        leads=leads_table(),
        privacy=_table(keys.PRIVACY),
        store=_upkeep_store(),
        letters=dead_letters(),
    )


def tend_bounds(seconds: float = 80) -> Bounds:
    """Return the bounds of a run that begins now; by default it leaves `functionTimeout` room."""
    from leads.tending.ports import Bounds

    return Bounds(now=now(), clock=time.monotonic, ends_at=time.monotonic() + seconds)


@cache
def status() -> TableStatus:
    """Return the table in which tending keeps what it saw.

    Raises:
        InvalidSettings: there is no connection.
    """
    from leads.tables.status import TableStatus

    return TableStatus(_table(keys.STATUS))


@cache
def dead_letters() -> TableDeadLetters:
    """Return the dead letters: they must be kept whatever else is set wrongly.

    Raises:
        InvalidSettings: there is no connection.
    """
    from leads.tables.dead_letters import TableDeadLetters

    return TableDeadLetters(_table(keys.DEAD_LETTERS))


def doctor_ports() -> DoctorPorts:
    """Return what doctor looks at; what it asks first does not wait long.

    Raises:
        InvalidSettings: there is no connection.
    """
    from leads import queues
    from leads.doctor.gathering import DoctorPorts
    from leads.tables.examination import TableExamination

    known = current_settings().connection.checked()
    return DoctorPorts(
        tables=TableExamination(_service(hasty=True)),
        queues=queues.connect(known, hasty=True),
        letters=dead_letters(),
        status=status(),
    )


@cache
def leads_table() -> Table:
    """Return the table Leads, for reading.

    Raises:
        InvalidSettings: there is no connection.
    """
    return _table(keys.LEADS)


@cache
def health_check() -> HealthCheck:
    """Return the health check; it has a client of its own, which does not wait long."""
    from leads.health import HealthCheck

    return HealthCheck(_probe, max_age=current_settings().max_age, clock=time.monotonic)


def _probe() -> Backlog | None:
    from leads.tables.backlog import read_backlog

    current_settings().checked()
    # There is no such row: that is an answer, too.
    _table(keys.LEADS, hasty=True).get("~health", "~health")
    return read_backlog(_table(keys.STATUS, hasty=True))


@cache
def _service(*, hasty: bool = False) -> TableServiceClient:
    from leads.tables.connection import connect

    return connect(current_settings().connection.checked(), hasty=hasty)


def _table(name: str, *, hasty: bool = False) -> Table:
    from leads.tables.connection import open_table

    return open_table(_service(hasty=hasty), name)
