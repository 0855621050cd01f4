"""The table LeadDeadLetters: what could not be processed, with its cause, until it is redriven."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from leads.errors import CommitConflict
from leads.tables.letter_entities import (
    COLUMNS_OF_A_LIST,
    changed,
    counted,
    letter_from_entity,
    letter_to_entity,
    row_key,
)
from leads.tables.table import if_unchanged

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from leads.letters import LetterState, StoredLetter
    from leads.rejections import DeadLetter
    from leads.tables.table import Row, Table


class TableDeadLetters:
    """The LetterStore of tending/ports.py on Azure Tables."""

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
        if again := counted(row.columns, letter):
            self._table.replace(again, etag=row.etag)

    def find(
        self,
        *,
        state: LetterState | None = None,
        stage: str = "",
        due: datetime | None = None,
        settled_before: datetime | None = None,
    ) -> Iterator[StoredLetter]:
        """Yield the letters to which all that is asked for applies, without what was sent.

        Raises:
            StorageUnavailable: nobody could tell.
        """
        wanted: dict[str, Any] = {
            "State eq @state": ("state", state and state.value),
            "PartitionKey eq @stage": ("stage", stage),
            "NextAt le @due": ("due", due),
            "SettledAt lt @settled": ("settled", settled_before),
        }
        asked = {condition: entry for condition, entry in wanted.items() if entry[1]}
        query = " and ".join(asked) or "PartitionKey gt ''"
        for row in self._table.query(query, dict(asked.values()), select=COLUMNS_OF_A_LIST):
            yield letter_from_entity(row)

    def read(self, stage: str, key: str, redrives: int) -> StoredLetter | None:
        """Return one letter with all that was sent, or None.

        Raises:
            StorageUnavailable: nobody could tell.
        """
        row = self._table.get(stage, row_key(key, redrives))
        return letter_from_entity(row.columns, etag=row.etag) if row else None

    def change(self, letter: StoredLetter) -> None:
        """Keep what changed in *letter* since it was read.

        Raises:
            CommitConflict: somebody else changed it, or it is gone.
            StorageUnavailable: nobody could tell.
        """
        row = self._row(letter)
        if row is None or row.etag != letter.etag:
            raise CommitConflict("the dead letter changed meanwhile")
        self._table.replace(changed(row.columns, letter), etag=row.etag)

    def remove(self, letter: StoredLetter) -> None:
        """Remove *letter*, as it was read or, where it was only listed, as it is; or it is gone.

        Raises:
            CommitConflict: it was read, and somebody changed it since; or nobody can tell.
            StorageUnavailable: it may or may not be gone.
        """
        one = letter.letter
        place = {"PartitionKey": one.stage, "RowKey": row_key(one.key, one.redrives)}
        if not letter.etag:
            self._table.remove(place["PartitionKey"], place["RowKey"])
            return
        try:
            self._table.transact([("delete", place, if_unchanged(letter.etag))])
        except CommitConflict as conflict:
            if conflict.missing_at is None:
                raise

    def _row(self, letter: StoredLetter) -> Row | None:
        one = letter.letter
        return self._table.get(one.stage, row_key(one.key, one.redrives))
