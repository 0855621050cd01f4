"""The table LeadDeadLetters: what could not be processed, with its cause, until it is redriven."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leads.errors import CommitConflict
from leads.rejections import next_redrive
from leads.tables.columns import moment
from leads.tables.keys import milliseconds
from leads.tables.limits import Entity, fitted

if TYPE_CHECKING:
    from datetime import datetime

    from leads.rejections import DeadLetter
    from leads.tables.table import Table

PARKED = "parked"
"""The first value of `State`: waits for a person or the timer."""

KEPT_FAILURES = 100
"""How many times of failure a row remembers to tell a new one from a redelivery (1.4 KB)."""


class TableDeadLetters:
    """The DeadLetterStore of pipeline/bury.py on Azure Tables."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def bury(self, letter: DeadLetter, *, now: datetime) -> None:
        """Keep *letter*; the same one failing again raises `Count` and is parked again.

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
        if counted := _counted(row.columns, letter):
            self._table.replace(counted, etag=row.etag)


def letter_to_entity(letter: DeadLetter, *, now: datetime) -> Entity:
    """Return the row of *letter*: one for each of its redrives."""
    return fitted(
        {
            "PartitionKey": letter.stage,
            "RowKey": f"{letter.key}|{letter.redrives}",
            **_verdict(letter),
            "Body": letter.body,
            "FailedAt": letter.failed_at,
            "Failures": _instant(letter),
            "BuriedAt": now,
            "Count": 1,
            "State": PARKED,
        }
    )


def _verdict(letter: DeadLetter) -> Entity:
    return {
        "Class": "final" if letter.final else "retryable",
        "Cause": letter.cause,
        "Attempts": letter.attempts,
        "NextAt": next_redrive(letter),
    }


def _counted(row: Entity, letter: DeadLetter) -> Entity | None:
    """Return *row* with one failure more, or None where this one is counted already.

    The same time of failure is the same message, delivered twice. Where so many are known that
    the oldest were forgotten, one older than all is taken for a forgotten one: never count twice.
    """
    known, this = str(row.get("Failures", "")).split(","), _instant(letter)
    if this in known or (len(known) == KEPT_FAILURES and this < known[0]):
        return None
    kept = sorted([*known, this])[-KEPT_FAILURES:]
    latest = moment(row["FailedAt"])
    counted = {
        "Count": row["Count"] + 1,
        "FailedAt": max(latest, letter.failed_at),
        "Failures": ",".join(kept).strip(","),
        "State": PARKED,  # what failed anew was not settled by what was done with it before
    }
    # One retryable failure shows that a redrive may help; of several the latest tells most.
    tells_more = not letter.final and (row["Class"] == "final" or letter.failed_at > latest)
    return fitted(row | counted | (_verdict(letter) if tells_more else {}))


def _instant(letter: DeadLetter) -> str:
    return f"{milliseconds(letter.failed_at):013d}"
