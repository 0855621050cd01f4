"""One Azure table: the few calls that the stores need, with its errors in our words.

No error of the SDK leaves this module, and none of its messages: they may quote a row. Who writes
creates a missing table, because a first deployment has none; who only reads needs no right to.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, override

from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.data.tables import TableTransactionError, UpdateMode

from leads.errors import CommitConflict
from leads.tables.faults import code_of, conflicts, translated
from leads.tables.limits import check_keys, check_transaction

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from azure.data.tables import TableClient

    from leads.tables.limits import Entity

type Operation = tuple[str, Entity] | tuple[str, Entity, dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row as read, with what replacing it needs."""

    columns: Entity
    etag: str


class ReadTable:
    """A table for who only looks: a missing one is empty, and stays away."""

    def __init__(self, client: TableClient) -> None:
        self._client = client

    def get(self, partition: str, row: str) -> Row | None:
        """Return one row, or None where it or its table does not exist.

        Raises:
            EntityTooLarge: no row can have such keys.
            StorageUnavailable: nobody could tell.
        """
        check_keys(partition, row)
        with translated("read a row"):
            try:
                entity = self._client.get_entity(partition, row)
            except ResourceNotFoundError as error:
                self._if_missing(error)
                return None
        return Row(columns=dict(entity), etag=entity.metadata["etag"] or "")

    def query(
        self,
        query_filter: str,
        parameters: dict[str, Any],
        *,
        select: Sequence[str] | None,
        page: int | None = None,
    ) -> Iterator[Entity]:
        """Yield the rows that match, page by page; values go in by *parameters* only.

        *select* None: all columns. *page*: rows to a page, where not all are wanted.

        Raises:
            StorageUnavailable: nobody could tell.
        """
        with translated("query rows"):
            try:
                yield from self._client.query_entities(
                    query_filter,
                    parameters=parameters,
                    select=list(select) if select else None,
                    results_per_page=page,
                )
            except ResourceNotFoundError as error:
                self._if_missing(error)

    def _if_missing(self, error: HttpResponseError) -> None:
        """Do what is to be done where *error* may say that the table is missing."""


class Table(ReadTable):
    """A table that is created when it is missing."""

    def insert(self, entity: Entity) -> bool:
        """Create a row and return True, or return False where it exists.

        Raises:
            StorageUnavailable: it may or may not have been written.
        """
        with translated("insert a row"):
            try:
                self._client.create_entity(entity)
            except ResourceExistsError:
                return False
            except ResourceNotFoundError:
                self._create()  # an insert has no other 404, and the SDK gives this one no code
                self._client.create_entity(entity)
        return True

    def replace(self, entity: Entity, *, etag: str) -> None:
        """Replace a row that is as it was when *etag* was read.

        Raises:
            CommitConflict: it changed, or nobody can tell whether it was replaced.
        """
        with translated("replace a row"), conflicts():
            self._client.update_entity(entity, mode=UpdateMode.REPLACE, **if_unchanged(etag))

    def upsert(self, entity: Entity) -> None:
        """Create or replace a row, whatever it was.

        Raises:
            StorageUnavailable: it may or may not have been written.
        """
        with translated("write a row"):
            try:
                self._client.upsert_entity(entity, mode=UpdateMode.REPLACE)
            except ResourceNotFoundError:
                self._create()
                self._client.upsert_entity(entity, mode=UpdateMode.REPLACE)

    def remove(self, partition: str, row: str) -> None:
        """Remove a row; one that is gone already is no error.

        Raises:
            StorageUnavailable: it may or may not be gone.
        """
        with translated("remove a row"):
            self._client.delete_entity(partition, row)

    def transact_without_missing(self, operations: Sequence[Operation]) -> list[str]:
        """Do all of *operations* but the removal of rows that are gone already.

        Raises:
            CommitConflict, StorageUnavailable: as `transact`.
        """
        while operations:
            try:
                return self.transact(operations)
            except CommitConflict as conflict:
                gone = conflict.missing_at
                if gone is None or not _is_plain_removal(operations[gone]):
                    raise
                operations = [*operations[:gone], *operations[gone + 1 :]]
        return []

    def transact(self, operations: Sequence[Operation]) -> list[str]:
        """Do all of *operations*, on one partition, or none; return the new ETags, "" for none.

        Raises:
            CommitConflict: a row was not as expected, or nobody can tell what was written.
            StorageUnavailable: the store refused for another reason.

        Source: "Performing entity group transactions" (Microsoft Learn); DESIGN 5.3.
        """
        check_transaction(len(operations))
        with translated("write a transaction"), conflicts():
            try:
                answers = self._client.submit_transaction(operations)
            except TableTransactionError as error:
                self._if_missing(error)
                raise
        if len(answers) != len(operations):  # the SDK takes a damaged answer for a success
            raise CommitConflict("the answer to the transaction is not complete")
        return [str(answer.get("etag", "")) for answer in answers]

    @override
    def _if_missing(self, error: HttpResponseError) -> None:
        """Create the table where *error* says that it is missing: a row's 404 says otherwise."""
        if code_of(error) == "TableNotFound":
            self._create()

    def _create(self) -> None:
        try:
            self._client.create_table()
        except ResourceExistsError:
            return  # another instance was faster


def removal(partition: str, row: str) -> Operation:
    """Return the operation that removes a row, whatever it is now."""
    return ("delete", {"PartitionKey": partition, "RowKey": row})


def _is_plain_removal(operation: Operation) -> bool:
    kind, *rest = operation
    return kind == "delete" and len(rest) == 1  # nothing is said of how the row must be


def if_unchanged(etag: str) -> dict[str, Any]:
    """Return the condition that a row is as it was: without the match condition etag is ignored."""
    return {"etag": etag, "match_condition": MatchConditions.IfNotModified}
