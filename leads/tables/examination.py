"""Which tables exist, and whether they can be written: what doctor asks."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from azure.core.exceptions import ResourceNotFoundError

from leads.tables import keys
from leads.tables.columns import moment
from leads.tables.connection import open_table
from leads.tables.faults import code_of, translated

if TYPE_CHECKING:
    from datetime import datetime

    from azure.data.tables import TableServiceClient

NAMES = (keys.LEADS, keys.DEAD_LETTERS, keys.PRIVACY, keys.STATUS)

_PROBE = "~probe"


class TableExamination:
    """The Tables of doctor/gathering.py on Azure Tables."""

    def __init__(self, service: TableServiceClient) -> None:
        self._service = service

    def missing(self) -> list[str]:
        """Return the names of those that do not exist yet; creates none.

        Raises:
            StorageUnavailable: nobody could tell, or one may not be read.
        """
        return [name for name in NAMES if not self._exists(name)]

    def probe(self) -> datetime:
        """Write, read and remove a row of LeadStatus; return when storage says it was written.

        Raises:
            StorageUnavailable: a right is missing, or nobody could tell.
        """
        row = uuid4().hex  # one of its own for every run: two must not meet
        status = open_table(self._service, keys.STATUS)
        status.upsert({"PartitionKey": _PROBE, "RowKey": row})
        with translated("read a row"):
            found = self._service.get_table_client(keys.STATUS).get_entity(_PROBE, row)
        status.remove(_PROBE, row)
        return moment(found.metadata["timestamp"])

    def _exists(self, name: str) -> bool:
        with translated(f"read table {name}"):
            try:
                self._service.get_table_client(name).get_entity(_PROBE, _PROBE)
            except ResourceNotFoundError as error:
                return code_of(error) != "TableNotFound"
        return True
