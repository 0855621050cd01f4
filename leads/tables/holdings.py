"""Everything that the tables hold on one person, for that person to see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from leads.letters import keys_of_addresses
from leads.tables import entities, keys
from leads.tables.lead_store import IN_RANGE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from leads.tables.limits import Entity
    from leads.tables.table import Table
    from leads.tables.upkeep_store import TableUpkeepStore
    from leads.tending.ports import LetterStore

_COLUMNS_NAMED = ("RowKey", "PartitionKey", "LeadKey", "ReceivedAt", "Payload")


class Holdings:
    """Reads across all tables; nothing here is fast, and nobody waits for it."""

    def __init__(
        self, *, leads: Table, privacy: Table, store: TableUpkeepStore, letters: LetterStore
    ) -> None:
        self._leads = leads
        self._privacy = privacy
        self._store = store
        self._letters = letters

    def of(self, lead_key: str, *, everywhere: bool = False) -> dict[str, Any]:
        """Return all rows of a person; *everywhere*: and where the address stands in others' words.

        Raises:
            StorageUnavailable: nobody could tell.
        """
        privacy = self._privacy.get(lead_key, keys.PERSON)
        found = {
            "lead_key": lead_key,
            "privacy": privacy.columns if privacy else {},
            "rows": [row for offer in self._store.offers() for row in self._rows(offer, lead_key)],
            "dead_letters": list(self._letters_of(lead_key)),
        }
        return found | ({"named_elsewhere": self.named_elsewhere(lead_key)} if everywhere else {})

    def named_elsewhere(self, lead_key: str) -> list[Entity]:
        """Return the touches of others whose words hold an address of this person; reads them all.

        Raises:
            StorageUnavailable: nobody could tell.
        """
        return [
            {name: value for name, value in row.items() if name != "Payload"}
            for offer in self._store.offers()
            for row in self._rows_between(offer, keys.rows_of_kind(entities.TOUCH), _COLUMNS_NAMED)
            if row["LeadKey"] != lead_key and lead_key in keys_of_addresses(row.get("Payload", ""))
        ]

    def _rows(self, offer: str, lead_key: str) -> Iterator[Entity]:
        lead = self._leads.get(offer, keys.lead_row(lead_key))
        if lead:
            yield lead.columns
        yield from self._rows_between(offer, keys.touch_rows(lead_key), None)

    def _rows_between(
        self, offer: str, bounds: tuple[str, str], select: tuple[str, ...] | None
    ) -> Iterator[Entity]:
        start, end = bounds
        place = {"partition": offer, "start": start, "end": end}
        return self._leads.query(IN_RANGE, place, select=select)

    def _letters_of(self, lead_key: str) -> Iterator[Entity]:
        for listed in self._letters.find():
            one = listed.letter
            if lead_key not in listed.lead_keys:
                continue
            letter = self._letters.read(one.stage, one.key, one.redrives)
            if letter:
                yield {
                    "letter": letter.id,
                    "state": letter.state.value,
                    "cause": one.cause,
                    "received_at": letter.received_at,
                    "body": letter.letter.body,
                }
