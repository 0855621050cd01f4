"""The table LeadPrivacy: what persons asked for, over all offers, under their lead key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leads.errors import CommitConflict
from leads.model import Person
from leads.tables import keys
from leads.tables.entities import person_from_entity
from leads.tables.limits import fitted

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from leads.tables.limits import Entity
    from leads.tables.table import Table


class TablePersons:
    """The PersonStore of tending/ports.py on Azure Tables."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def changed_since(self, moment: datetime) -> list[tuple[str, Person]]:
        """Return lead keys and wishes that were told since *moment*, the newest first."""
        # The spaces matter: the SDK takes what stands between two for one word.
        query = "RowKey eq @person and ( ChangedAt ge @since or ErasedAt ge @since )"
        rows = self._table.query(query, {"person": keys.PERSON, "since": moment}, select=None)
        found = [(str(row["PartitionKey"]), person_from_entity(row)) for row in rows]
        return sorted(found, key=lambda entry: _told_at(entry[1]), reverse=True)

    def read(self, lead_key: str) -> Person:
        """Return the person's wishes; an empty Person where there is no row."""
        row = self._table.get(lead_key, keys.PERSON)
        return person_from_entity(row.columns) if row else Person()

    def write(self, lead_key: str, person: Person) -> None:
        """Keep the person's wishes.

        Raises:
            StorageUnavailable: they may or may not have been written.
        """
        self._table.upsert(_to_entity(lead_key, person))

    def update(self, lead_key: str, change: Callable[[Person], Person]) -> tuple[Person, Person]:
        """Keep what *change* makes of the person's wishes; return them as they were, and as kept.

        Two wishes told at once must both be kept: one of them may be an objection.

        Raises:
            CommitConflict: somebody else told wishes at this moment, or nobody can tell.
            StorageUnavailable: they may or may not have been written.
        """
        row = self._table.get(lead_key, keys.PERSON)
        before = person_from_entity(row.columns) if row else Person()
        after = change(before)
        if after == before:
            return before, after
        if row:
            self._table.replace(_to_entity(lead_key, after), etag=row.etag)
        elif not self._table.insert(_to_entity(lead_key, after)):
            raise CommitConflict("the wishes of the person changed meanwhile")
        return before, after


def _to_entity(lead_key: str, person: Person) -> Entity:
    row = {
        "PartitionKey": lead_key,
        "RowKey": keys.PERSON,
        "ErasedAt": person.erased_at,
        "SuppressedAt": person.suppressed_at,
        "ChangedAt": person.changed_at,
    }
    return fitted(row)


def _told_at(person: Person) -> datetime:
    return max(filter(None, (person.changed_at, person.erased_at)), default=keys.EPOCH)
