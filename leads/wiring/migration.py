"""What moving over works with, put together on first use."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from leads import wiring
from leads.errors import InvalidSettings
from leads.migration.sending import Pace
from leads.migration.sought import Holdings
from leads.names import ENRICHED, QUEUES, RECEIVED
from leads.tables import keys
from leads.wiring import reading

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from leads.migration.files import Record
    from leads.queues import Queues


def holdings() -> Holdings:
    """Return what is there already.

    Raises:
        InvalidSettings: some setting is faulty.
        StorageUnavailable: nobody could tell which offers there are.
    """
    from leads.tables.lead_store import TableLeadStore
    from leads.tables.past_touches import TablePastTouches

    known = wiring.current_settings().checked()
    leads = wiring.leads_table()
    store = TableLeadStore(leads=leads, privacy=wiring.table(keys.PRIVACY))
    return Holdings(
        offers=frozenset(reading.leads().offers()),
        touches=TablePastTouches(leads, store),
        aliases=known.aliases,
        window=known.window,
        kept_since=wiring.now() - known.retention if known.retention else None,
    )


def sender() -> Callable[[bytes], None]:
    """Return what queues a message for the pipeline.

    Raises:
        InvalidSettings: there is no connection.
    """
    return _queues().open(RECEIVED).send


def pace(*, tell: Callable[[int], None], to_the_end: bool = False) -> Pace:
    """Return what waits for the queues: those before the table, or all of them *to_the_end*.

    *tell* hears how many messages wait where nothing changes.

    Raises:
        InvalidSettings: there is no connection.
    """
    names = QUEUES if to_the_end else (RECEIVED, ENRICHED)
    queues = _queues()
    return Pace(
        queues=[queues.open(name) for name in names],
        sleep=time.sleep,
        clock=time.monotonic,
        tell=tell,
    )


def microsoft_table(name: str, *, setting: str) -> Iterator[Record]:
    """Return the rows of Microsoft's table *name*, in the account that *setting* names.

    Raises:
        NoTable: the setting names no account.
    """
    from leads.settings import StorageConnection
    from leads.tables.connection import connect
    from leads.tables.microsoft_table import NoTable, read_table

    connection = StorageConnection(
        connection_string=os.environ.get(setting, ""),
        table_service_uri=os.environ.get(f"{setting}__tableServiceUri", ""),
        credential=os.environ.get(f"{setting}__credential", ""),
        client_id=os.environ.get(f"{setting}__clientId", ""),
    )
    if not connection.connection_string and not connection.table_service_uri:
        raise NoTable(f"the setting {setting} is not set: it must name the account")
    try:
        client = connect(connection).get_table_client(name)
        return read_table(client, missing=f"the account that {setting} names has no table {name}")
    except (InvalidSettings, ValueError):
        raise NoTable(f"{setting} names no account, or {name!r} is no name of a table") from None


def _queues() -> Queues:
    from leads import queues

    return queues.connect(wiring.current_settings().connection.checked())
