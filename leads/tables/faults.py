"""The errors of azure.data.tables in our words: no error of the SDK gets past the tables.

Nor does any of its messages: they may quote a row.
"""

from __future__ import annotations

from contextlib import contextmanager
from http.client import HTTPException
from typing import TYPE_CHECKING

from azure.core.exceptions import AzureError, HttpResponseError, ServiceRequestError

from leads.errors import CommitConflict, StorageUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

_MISSING = 404
_REFUSED = range(400, 500)
_READ_AGAIN = {_MISSING, 408, 409, 412, 429}  # somebody was faster, or the store was busy
_BROKEN = AzureError, HTTPException, ValueError  # the last two where an answer was cut off


def code_of(error: HttpResponseError) -> str:
    """Return the service's own error code; the SDK sets it on some errors only."""
    code = getattr(error, "error_code", None)
    return str(getattr(code, "value", code) or "")


@contextmanager
def translated(operation: str) -> Iterator[None]:
    """Turn every error of the SDK into StorageUnavailable, which says what could not be done."""
    try:
        yield
    except HttpResponseError as error:
        reason = f"{error.status_code} {code_of(error)}".strip()
        raise StorageUnavailable(f"could not {operation}: {reason}") from None
    except _BROKEN as error:
        reason = type(error).__name__
        raise StorageUnavailable(f"could not {operation}: {reason}") from None


@contextmanager
def conflicts() -> Iterator[None]:
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
    except _BROKEN as error:
        raise CommitConflict(f"the write ended with {type(error).__name__}") from None
