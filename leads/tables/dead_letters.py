"""The table LeadDeadLetters: what could not be processed, with its cause, until it is redriven."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leads.errors import CommitConflict
from leads.rejections import next_redrive
from leads.tables.entities import moment
from leads.tables.limits import Entity, fitted

if TYPE_CHECKING:
    from datetime import datetime

    from leads.rejections import DeadLetter
    from leads.tables.table import Table

PARKED = "parked"
"""The first value of `State`: waits for a person or the timer."""


class TableDeadLetters:
    """The DeadLetterStore of pipeline.py on Azure Tables."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def bury(self, letter: DeadLetter, *, now: datetime) -> None:
        """Keep *letter*; the same payload refused again only raises `Count`.

        Raises:
            CommitConflict: another instance counts at this moment; try again.
            StorageUnavailable: try again.

        Source: DESIGN 4.1 and 4.3.
        """
        entity = letter_to_entity(letter, now=now)
        if self._table.insert(entity):
            return
        row = self._table.get(entity["PartitionKey"], entity["RowKey"])
        if row is None:
            raise CommitConflict("the dead letter vanished while it was counted")
        # The same time of failure is the same message, delivered twice: it counts once.
        if moment(row.columns["FailedAt"]) != letter.failed_at:
            self._table.replace(_counted(row.columns, letter), etag=row.etag)


def letter_to_entity(letter: DeadLetter, *, now: datetime) -> Entity:
    """Return the row of *letter*: one for each of its redrives."""
    return fitted(
        {
            "PartitionKey": letter.stage,
            "RowKey": f"{letter.key}|{letter.redrives}",
            "Class": "final" if letter.final else "retryable",
            "Cause": letter.cause,
            "Attempts": letter.attempts,
            "Body": letter.body,
            "FailedAt": letter.failed_at,
            "BuriedAt": now,
            "NextAt": next_redrive(letter),
            "Count": 1,
            "State": PARKED,
        }
    )


def _counted(row: Entity, letter: DeadLetter) -> Entity:
    return row | {"Count": row["Count"] + 1, "FailedAt": letter.failed_at}
