"""What `GET /api/health` says: whether leads can be stored now. Pure; no personal data."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Protocol

from leads.door import Answer
from leads.rejections import describe

if TYPE_CHECKING:
    from collections.abc import Callable


class ReadableTable(Protocol):
    """A table of which one row can be read."""

    def get(self, partition: str, row: str) -> object | None:
        """Return the row or None; raise StorageUnavailable where nobody can tell."""


def check(open_table: Callable[[], ReadableTable]) -> Answer:
    """Return 200 where settings are right and the table answers, else 503 with the cause.

    Source: DESIGN 4.1.
    """
    try:
        open_table().get("~health", "~health")  # no such row: a missing one is an answer, too
    except Exception as error:  # noqa: BLE001 - any fault means that leads cannot be stored
        return _answer(503, {"status": "unavailable", "cause": describe(error)})
    return _answer(200, {"status": "ok"})


def _answer(status: int, report: dict[str, str]) -> Answer:
    return Answer(
        status=status,
        body=json.dumps(report).encode(),
        headers={"Cache-Control": "no-store"},
    )
