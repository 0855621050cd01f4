"""What lies in storage, seen past the proxy: queues, rows and dead letters."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Self

from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import TableServiceClient
from azure.storage.queue import QueueServiceClient

_COLUMNS = (
    "PartitionKey", "RowKey", "Kind", "Email", "Action", "Actions", "Description", "ReceivedAt",
    "TouchCount", "FirstSeen", "LastSeen",
)  # fmt: skip
_LETTER = ("PartitionKey", "RowKey", "Class", "Cause", "State")


@dataclass(frozen=True, slots=True)
class Letter:
    """A dead letter."""

    place: str
    cause: str
    state: str
    final: bool

    @property
    def is_home(self) -> bool:
        """Tell whether the app has seen its touch in the table; nobody drops one here."""
        return self.state == "stored"

    def __str__(self) -> str:
        kind = "final" if self.final else "retryable"
        return f"{self.place}, {self.state}, {kind}: {self.cause}"


class Storage:
    """Reads the whole storage of one system; used by one thread."""

    def __init__(self, connection: str) -> None:
        self.connection = connection
        self._open = ExitStack()
        self._queues = self._open.enter_context(
            QueueServiceClient.from_connection_string(connection)
        )
        self._tables = self._open.enter_context(
            TableServiceClient.from_connection_string(connection)
        )

    def waiting(self, *queues: str) -> int:
        """Return how many messages *queues* hold, hidden ones too.

        Asked in the order in which messages move, so that none slips by unseen: 0 means empty.
        """
        return sum(self._depth(queue) for queue in queues)

    def rows(self, offer: str | None = None) -> list[dict[str, Any]]:
        """Return the rows of Leads, of one offer or of all."""
        return list(self._rows("Leads", _COLUMNS, offer))

    def letters(self) -> list[Letter]:
        """Return all dead letters."""
        rows = self._rows("LeadDeadLetters", _LETTER)
        return [
            Letter(
                place=f"{row['PartitionKey']}/{row['RowKey']}",
                cause=row["Cause"],
                state=row["State"],
                final=row["Class"] == "final",
            )
            for row in rows
        ]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def _depth(self, queue: str) -> int:
        try:
            found = self._queues.get_queue_client(queue).get_queue_properties()
        except ResourceNotFoundError:
            return 0  # nothing came so far yet
        return found.approximate_message_count or 0

    def _rows(
        self, table: str, columns: tuple[str, ...], partition: str | None = None
    ) -> Iterator[dict[str, Any]]:
        query = "PartitionKey ge @partition" if partition is None else "PartitionKey eq @partition"
        try:
            yield from self._tables.get_table_client(table).query_entities(
                query, parameters={"partition": partition or ""}, select=list(columns)
            )
        except ResourceNotFoundError:
            return  # nothing arrived yet
