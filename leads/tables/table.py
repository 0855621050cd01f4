"""One Azure table: the few calls that the stores need, with its errors in our words.

No error of the SDK leaves this module, and none of its messages: they may quote a row. A missing
table is created, because a first deployment has none.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from azure.core import MatchConditions
from azure.core.exceptions import (
    AzureError,
    HttpResponseError,
    ResourceExistsError,
    ResourceNotFoundError,
    ServiceRequestError,
)
from azure.data.tables import TableTransactionError, UpdateMode

from leads.errors import CommitConflict, StorageUnavailable
from leads.tables.limits import check_keys, check_transaction

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from azure.data.tables import TableClient

    from leads.tables.limits import Entity

type Operation = tuple[str, Entity] | tuple[str, Entity, dict[str, Any]]

_MISSING = 404
_REFUSED = range(400, 500)
_READ_AGAIN = {_MISSING, 408, 409, 412, 429}  # somebody was faster, or the store was busy


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row as read, with what replacing it needs."""

    columns: Entity
    etag: str


class Table:
    """A table that is created when it is missing."""

    def __init__(self, client: TableClient) -> None:
        self._client = client

    def get(self, partition: str, row: str) -> Row | None:
        """Return one row, or None where it or its table does not exist.

        Raises:
            EntityTooLarge: no row can have such keys.
            StorageUnavailable: nobody could tell.
        """
        check_keys(partition, row)
        with _translated("read a row"):
            try:
                entity = self._client.get_entity(partition, row)
            except ResourceNotFoundError as error:
                self._create_if_missing(error)
                return None
        return Row(columns=dict(entity), etag=entity.metadata["etag"] or "")

    def query(
        self, query_filter: str, parameters: dict[str, Any], *, select: Sequence[str]
    ) -> Iterator[Entity]:
        """Yield the rows that match, page by page; values go in by *parameters* only.

        Raises:
            StorageUnavailable: nobody could tell.
        """
        with _translated("query rows"):
            try:
                yield from self._client.query_entities(
                    query_filter, parameters=parameters, select=list(select)
                )
            except ResourceNotFoundError as error:
                self._create_if_missing(error)

    def insert(self, entity: Entity) -> bool:
        """Create a row and return True, or return False where it exists.

        Raises:
            StorageUnavailable: it may or may not have been written.
        """
        with _translated("insert a row"):
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
        with _translated("replace a row"), _conflicts():
            self._client.update_entity(entity, mode=UpdateMode.REPLACE, **if_unchanged(etag))

    def transact(self, operations: Sequence[Operation]) -> None:
        """Do all of *operations*, on one partition, or none.

        Raises:
            CommitConflict: a row was not as expected, or nobody can tell what was written.
            StorageUnavailable: the store refused for another reason.

        Source: "Performing entity group transactions" (Microsoft Learn); DESIGN 5.3.
        """
        check_transaction(len(operations))
        with _translated("write a transaction"), _conflicts():
            try:
                answers = self._client.submit_transaction(operations)
            except TableTransactionError as error:
                self._create_if_missing(error)
                raise
        if len(answers) != len(operations):  # the SDK takes a damaged answer for a success
            raise CommitConflict("the answer to the transaction is not complete")

    def _create_if_missing(self, error: HttpResponseError) -> None:
        """Create the table where *error* says that it is missing: a row's 404 says otherwise."""
        if _code(error) == "TableNotFound":
            self._create()

    def _create(self) -> None:
        try:
            self._client.create_table()
        except ResourceExistsError:
            return  # another instance was faster


def if_unchanged(etag: str) -> dict[str, Any]:
    """Return the condition that a row is as it was: without the match condition etag is ignored."""
    return {"etag": etag, "match_condition": MatchConditions.IfNotModified}


def _code(error: HttpResponseError) -> str:
    """Return the service's own error code; the SDK sets it on some errors only."""
    code = getattr(error, "error_code", None)
    return str(getattr(code, "value", code) or "")


@contextmanager
def _translated(operation: str) -> Iterator[None]:
    try:
        yield
    except HttpResponseError as error:
        reason = f"{error.status_code} {_code(error)}".strip()
        raise StorageUnavailable(f"could not {operation}: {reason}") from None
    except AzureError as error:
        reason = type(error).__name__
        raise StorageUnavailable(f"could not {operation}: {reason}") from None


@contextmanager
def _conflicts() -> Iterator[None]:
    """Turn what a re-read can settle into CommitConflict.

    A lost answer leaves open whether it was written: the SDK does not repeat a POST, and repeats
    a PUT into a 412 against its own write (failure-model.md 0.8).
    """
    try:
        yield
    except ServiceRequestError:
        raise  # it was never sent
    except HttpResponseError as error:
        status = error.status_code or 0
        if status in _REFUSED and status not in _READ_AGAIN:
            raise
        index = getattr(error, "index", None) if status == _MISSING else None
        raise CommitConflict(f"the write ended with {status}", missing_at=index) from None
    except AzureError as error:
        raise CommitConflict(f"the write ended with {type(error).__name__}") from None
