"""What tending and the operator's commands work with, put together on first use.

The stages of the pipeline need none of it (`leads.wiring` itself is theirs).
"""

from __future__ import annotations

import time
from functools import cache
from typing import TYPE_CHECKING

from leads import wiring
from leads.tables import keys

if TYPE_CHECKING:
    from leads.doctor.gathering import DoctorPorts
    from leads.tables.holdings import Holdings
    from leads.tables.upkeep_store import TableUpkeepStore
    from leads.tending.ports import Bounds, TendPorts
    from leads.upkeep.ports import Tools


@cache
def tools() -> Tools:
    """Return what rebuilding, erasing and moving leads needs.

    Raises:
        InvalidSettings: some setting is faulty.
    """
    wiring.current_settings().checked()
    return _tools()


@cache
def _tools() -> Tools:
    from leads.upkeep.ports import Tools

    return Tools(store=_upkeep_store(), rules=wiring.rules(), backoff=wiring.backoff())


@cache
def _upkeep_store() -> TableUpkeepStore:
    from leads.tables.upkeep_store import TableUpkeepStore

    return TableUpkeepStore(leads=wiring.table(keys.LEADS), privacy=wiring.table(keys.PRIVACY))


@cache
def tend_ports() -> TendPorts:
    """Return what tending needs, and the faults of the settings.

    Raises:
        InvalidSettings: there is no connection.
    """
    from leads import queues
    from leads.tables.census import TableCensus
    from leads.tables.persons import TablePersons
    from leads.tending.ports import TendPorts

    known = wiring.current_settings()
    return TendPorts(
        tools=_tools(),
        queues=queues.connect(known.connection.checked()),
        letters=wiring.dead_letters(),
        persons=TablePersons(wiring.table(keys.PRIVACY)),
        census=TableCensus(wiring.table(keys.LEADS)),
        status=wiring.status(),
        aliases=known.aliases,
        retention=known.retention,
        faults=known.faults,
    )


def checked_ports() -> TendPorts:
    """Return what tending needs, for a command that leans on the settings.

    Raises:
        InvalidSettings: some setting is faulty.
    """
    wiring.current_settings().checked()
    return tend_ports()


def tend_bounds(seconds: float = 80) -> Bounds:
    """Return the bounds of a run that begins now; by default it leaves `functionTimeout` room."""
    from leads.tending.ports import Bounds

    return Bounds(now=wiring.now(), clock=time.monotonic, ends_at=time.monotonic() + seconds)


@cache
def holdings() -> Holdings:
    """Return what reads everything that is held on a person.

    Raises:
        InvalidSettings: there is no connection.
    """
    from leads.tables.holdings import Holdings

    return Holdings(
        leads=wiring.leads_table(),
        privacy=wiring.table(keys.PRIVACY),
        store=_upkeep_store(),
        letters=wiring.dead_letters(),
    )


def doctor_ports() -> DoctorPorts:
    """Return what doctor looks at; what it asks first does not wait long.

    Raises:
        InvalidSettings: there is no connection.
    """
    from leads import queues
    from leads.doctor.gathering import DoctorPorts
    from leads.tables.examination import TableExamination

    known = wiring.current_settings().connection.checked()
    return DoctorPorts(
        tables=TableExamination(wiring.service(hasty=True)),
        queues=queues.connect(known, hasty=True),
        letters=wiring.dead_letters(),
        status=wiring.status(),
    )
