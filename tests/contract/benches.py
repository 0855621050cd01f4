"""The in-memory store and the real table behind one face, with what a test does by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import batched
from typing import Protocol
from uuid import uuid4

from azure.data.tables import TableServiceClient, UpdateMode

from leads.model import Identity, Lead, Person, Touch
from leads.store import LeadStore
from leads.tables import keys
from leads.tables.connection import open_table
from leads.tables.entities import touch_to_entity
from leads.tables.lead_store import TableLeadStore
from leads.tables.limits import Entity
from tests.memory import MemoryStore


class Bench(Protocol):
    """A store under test, and ways around it."""

    @property
    def store(self) -> LeadStore: ...

    def row_keys(self, partition: str) -> list[str]:
        """Return the RowKeys of all rows of a partition, in order."""

    def put_person(self, lead_key: str, person: Person) -> None: ...

    def fence(self, identity: Identity) -> None:
        """Mark the lead row as an erasure does."""

    def remove_recent(self, lead: Lead) -> None: ...


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


@dataclass
class TableBench:
    service: TableServiceClient
    leads: str = keys.LEADS
    privacy: str = keys.PRIVACY

    @property
    def store(self) -> TableLeadStore:
        return TableLeadStore(
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
