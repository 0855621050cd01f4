"""The in-memory store and the real table behind one face, with what a test does by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import batched
from typing import Protocol
from uuid import uuid4

from azure.data.tables import TableServiceClient, UpdateMode

from leads.model import Identity, Lead, Located, Person, Touch
from leads.tables import keys
from leads.tables.connection import open_table
from leads.tables.entities import recent_to_entity, touch_from_entity, touch_to_entity
from leads.tables.limits import Entity
from leads.tables.upkeep_store import TableUpkeepStore
from leads.upkeep.ports import UpkeepStore
from tests.memory import MemoryStore


class Bench(Protocol):
    """A store under test, and ways around it."""

    @property
    def store(self) -> UpkeepStore: ...

    def row_keys(self, partition: str) -> list[str]:
        """Return the RowKeys of all rows of a partition, in order."""

    def put_person(self, lead_key: str, person: Person) -> None: ...

    def fence(self, identity: Identity) -> None:
        """Mark the lead row as an erasure does."""

    def remove_recent(self, lead: Lead) -> None: ...

    def touches(self, partition: str) -> list[Touch]:
        """Return the touches of a partition with all that was stored, in order."""

    def put_recent(self, *leads: Lead) -> None:
        """List *leads* as a hand does: no other row changes."""

    def edit_recent(self, lead: Lead) -> None:
        """Let the row that lists *lead* show something else."""

    def remove_lead_row(self, place: Located) -> None: ...

    def remove_touch(self, touch: Touch) -> None: ...


@dataclass
class MemoryBench:
    store: MemoryStore = field(default_factory=MemoryStore)

    def row_keys(self, partition: str) -> list[str]:
        store = self.store
        rows = [keys.lead_row(key) for place, key in store.leads if place == partition]
        rows += [key for place, key in (*store.recent, *store.touches) if place == partition]
        return sorted(rows)

    def put_person(self, lead_key: str, person: Person) -> None:
        self.store.persons[lead_key] = person

    def fence(self, identity: Identity) -> None:
        self.store.fence(identity)

    def remove_recent(self, lead: Lead) -> None:
        del self.store.recent[lead.partition, keys.recent_row(lead)]

    def touches(self, partition: str) -> list[Touch]:
        return [
            touch
            for (place, _), touch in sorted(self.store.touches.items(), key=_place)
            if place == partition
        ]

    def put_recent(self, *leads: Lead) -> None:
        for lead in leads:
            self.store.recent[lead.partition, keys.recent_row(lead)] = lead

    def edit_recent(self, lead: Lead) -> None:
        self.store.recent[lead.partition, keys.recent_row(lead)] = replace(lead, campaign="edited")

    def remove_lead_row(self, place: Located) -> None:
        del self.store.leads[place.partition, place.lead_key]

    def remove_touch(self, touch: Touch) -> None:
        del self.store.touches[touch.identity.partition, keys.touch_row(touch)]


@dataclass
class TableBench:
    service: TableServiceClient
    leads: str = keys.LEADS
    privacy: str = keys.PRIVACY

    @property
    def store(self) -> TableUpkeepStore:
        return TableUpkeepStore(
            leads=open_table(self.service, self.leads),
            privacy=open_table(self.service, self.privacy),
        )

    def renamed(self) -> TableBench:
        """Return a bench over tables that do not exist yet."""
        name = uuid4().hex
        return TableBench(self.service, leads=f"Leads{name}", privacy=f"LeadPrivacy{name}")

    def rows(self, partition: str) -> list[Entity]:
        table = self.service.get_table_client(self.leads)
        return [dict(row) for row in table.query_entities(f"PartitionKey eq '{partition}'")]

    def row_keys(self, partition: str) -> list[str]:
        return [row["RowKey"] for row in self.rows(partition)]

    def existing_tables(self) -> set[str]:
        names = {table.name for table in self.service.list_tables()}
        return names & {self.leads, self.privacy}

    def put_touches(self, touches: Sequence[Touch]) -> None:
        """Write only touches, many at once."""
        self.service.create_table_if_not_exists(self.leads)
        table = self.service.get_table_client(self.leads)
        for some in batched(touches, 100, strict=False):
            table.submit_transaction([("create", touch_to_entity(touch)) for touch in some])

    def put_person(self, lead_key: str, person: Person) -> None:
        row: Entity = {"PartitionKey": lead_key, "RowKey": keys.PERSON}
        wishes = {"ErasedAt": person.erased_at, "SuppressedAt": person.suppressed_at}
        self.service.create_table_if_not_exists(self.privacy)
        self.service.get_table_client(self.privacy).upsert_entity(row | wishes)

    def fence(self, identity: Identity) -> None:
        row_key = keys.lead_row(identity.lead_key)
        row = {"PartitionKey": identity.partition, "RowKey": row_key, "Kind": "erasing"}
        self.service.get_table_client(self.leads).update_entity(row, mode=UpdateMode.MERGE)

    def remove_recent(self, lead: Lead) -> None:
        table = self.service.get_table_client(self.leads)
        table.delete_entity(lead.partition, keys.recent_row(lead))

    def touches(self, partition: str) -> list[Touch]:
        return [touch_from_entity(row) for row in self.rows(partition) if row["Kind"] == "touch"]

    def put_recent(self, *leads: Lead) -> None:
        table = self.service.get_table_client(self.leads)
        for some in batched(leads, 100, strict=False):
            table.submit_transaction([("upsert", recent_to_entity(lead)) for lead in some])

    def edit_recent(self, lead: Lead) -> None:
        row = {"PartitionKey": lead.partition, "RowKey": keys.recent_row(lead)}
        table = self.service.get_table_client(self.leads)
        table.update_entity(row | {"Campaign": "edited"}, mode=UpdateMode.MERGE)

    def remove_lead_row(self, place: Located) -> None:
        table = self.service.get_table_client(self.leads)
        table.delete_entity(place.partition, keys.lead_row(place.lead_key))

    def remove_touch(self, touch: Touch) -> None:
        table = self.service.get_table_client(self.leads)
        table.delete_entity(touch.identity.partition, keys.touch_row(touch))


def _place(entry: tuple[tuple[str, str], Touch]) -> tuple[str, str]:
    return entry[0]
