"""A person edited a row in Storage Explorer: the lead goes on, and its touches decide."""

from __future__ import annotations

from uuid import uuid4

import pytest
from azure.data.tables import UpdateMode

from leads.errors import UnreadableTouch
from leads.model import DncPolicy, Identity
from leads.outcome import Outcome
from leads.recording import record
from leads.store import Rules, StoredLead, UnreadableLead
from leads.tables import keys
from leads.upkeep.ports import Tools
from leads.upkeep.rebuilding import Rebuilt, rebuild_offer
from tests.contract.benches import TableBench
from tests.contract.factories import at, identity, lead, touch
from tests.unit.factories import HOUR, MARGIN, no_wait

RULES = Rules(window=24 * HOUR, dnc=DncPolicy(margin=MARGIN))

EDITS = {
    "a status of the team's own": {"ContactStatus": "contacted"},
    "a stage of the team's own": {"Stage": "won"},
    "a count as text": {"TouchCount": "many"},
    "a time as text": {"LastSeen": "yesterday"},
    "a number as name": {"FirstName": 5},
    "a version as text": {"FoldVersion": "one"},
    "a kind of the team's own": {"Kind": "mine"},
    "ticked as a test": {"IsTest": True},
    "a truth value as text": {"IsTest": "false"},
    "another key": {"LeadKey": "mine"},
    "a count without end": {"TouchCount": float("inf")},
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_an_edited_lead_row_is_mended_by_the_next_touch(
    tables: TableBench, edit: dict[str, object]
) -> None:
    first = touch(identity())
    second = touch(first.identity, said="more", received_at=at(hours=1))
    record(first, store=tables.store, rules=RULES, backoff=no_wait())
    row_key = keys.lead_row(first.identity.lead_key)
    place = {"PartitionKey": first.identity.partition, "RowKey": row_key}
    tables.service.get_table_client(tables.leads).update_entity(place | edit, mode=UpdateMode.MERGE)

    outcome = record(second, store=tables.store, rules=RULES, backoff=no_wait())

    row = tables.store.read_lead(first.identity)
    assert outcome is Outcome.RECORDED
    assert isinstance(row, StoredLead)
    assert row.lead == lead(first, second)
    recent = [key for key in tables.row_keys(first.identity.partition) if "recent|" in key]
    assert recent == [keys.recent_row(row.lead)]


def test_a_row_that_only_newer_code_can_read_says_its_version(tables: TableBench) -> None:
    first = touch(identity())
    record(first, store=tables.store, rules=RULES, backoff=no_wait())
    row_key = keys.lead_row(first.identity.lead_key)
    newer = {"Stage": "renewed", "FoldVersion": 2}
    place = {"PartitionKey": first.identity.partition, "RowKey": row_key}
    tables.service.get_table_client(tables.leads).update_entity(
        place | newer, mode=UpdateMode.MERGE
    )

    row = tables.store.read_lead(first.identity)

    assert isinstance(row, UnreadableLead)
    assert row.fold_version == 2


def test_a_removed_lead_row_does_not_stop_a_redelivery(tables: TableBench) -> None:
    first = touch(identity())
    record(first, store=tables.store, rules=RULES, backoff=no_wait())
    row_key = keys.lead_row(first.identity.lead_key)
    tables.service.get_table_client(tables.leads).delete_entity(first.identity.partition, row_key)

    outcome = record(first, store=tables.store, rules=RULES, backoff=no_wait())

    assert outcome is Outcome.REDELIVERED


@pytest.mark.parametrize("written", ["2026-11-22T12:00:00Z", "2026-11-22T13:00:00+01:00"])
def test_a_wish_that_was_typed_as_text_counts(tables: TableBench, written: str) -> None:
    person_of_its_own = f"e{uuid4().hex}"
    place = {"PartitionKey": person_of_its_own, "RowKey": keys.PERSON}
    tables.service.get_table_client(tables.privacy).upsert_entity(place | {"ErasedAt": written})

    person = tables.store.read_person(person_of_its_own)

    assert person.erased_at == at()


def edit_first_touch(tables: TableBench, of: Identity, edit: dict[str, object]) -> None:
    (row_key,) = [key for key in tables.row_keys(of.partition) if "touch|" in key]
    place: dict[str, object] = {"PartitionKey": of.partition, "RowKey": row_key}
    tables.service.get_table_client(tables.leads).update_entity(place | edit, mode=UpdateMode.MERGE)


TOUCH_EDITS = {
    "a stage of the team's own": {"Stage": "won"},
    "a number as name": {"FirstName": 5},
    "a time as text": {"ReceivedAt": "yesterday"},
}


@pytest.mark.parametrize("edit", TOUCH_EDITS.values(), ids=TOUCH_EDITS)
def test_an_edited_touch_row_is_named_without_what_stands_in_it(
    tables: TableBench, edit: dict[str, object]
) -> None:
    first = touch(identity())
    record(first, store=tables.store, rules=RULES, backoff=no_wait())
    edit_first_touch(tables, first.identity, edit)
    tools = Tools(store=tables.store, rules=RULES, backoff=no_wait())

    with pytest.raises(UnreadableTouch) as caught:
        list(tables.store.read_touches(first.identity))
    outcomes = [outcome for _, outcome in rebuild_offer(first.identity.partition, tools)]

    assert "won" not in str(caught.value)
    assert outcomes == [Rebuilt.UNREADABLE]


def test_an_edited_touch_row_still_shows_a_duplicate(tables: TableBench) -> None:
    first = touch(identity())
    record(first, store=tables.store, rules=RULES, backoff=no_wait())
    edit_first_touch(tables, first.identity, {"ReceivedAt": "yesterday", "DeliveryId": 5})

    again = record(
        touch(first.identity, received_at=at(minutes=1)),
        store=tables.store,
        rules=RULES,
        backoff=no_wait(),
    )

    assert again is Outcome.DUPLICATE
