"""What DESIGN 4.3 promises to whoever queries the table: flows, reports, the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from leads.fold import merge
from leads.model import Touch
from leads.store import StoredLead
from leads.tables.connection import open_table
from leads.tables.entities import recent_to_entity
from leads.tables.limits import Entity
from leads.tables.reading import TableReading
from tests.contract.benches import TableBench
from tests.contract.factories import at, identity, lead, touch

KEYS = tuple(f"e{n:032x}" for n in range(3))


@pytest.fixture
def offer(tables: TableBench) -> str:
    """A partition with three leads, last seen in the order 1, 2, 0; the first came back."""
    of = identity()
    first, second, third = (
        touch(replace(of, lead_key=key), received_at=at(hours=n)) for n, key in enumerate(KEYS)
    )
    for one in (first, second, third):
        tables.store.commit(one, lead(one), previous=None)
    back = touch(first.identity, said="back", received_at=at(hours=9))
    previous = tables.store.read_lead(first.identity)
    assert isinstance(previous, StoredLead)
    tables.store.commit(back, merge(previous.lead, back), previous=previous)
    return of.partition


def query(tables: TableBench, offer: str, condition: str) -> list[Entity]:
    client = tables.service.get_table_client(tables.leads)
    return [
        dict(row) for row in client.query_entities(f"PartitionKey eq '{offer}' and {condition}")
    ]


@pytest.mark.parametrize(
    "condition",
    ["RowKey ge 'lead|' and RowKey lt 'lead}'", "Kind eq 'lead'"],
    ids=["range", "kind"],
)
def test_all_leads_of_an_offer(tables: TableBench, offer: str, condition: str) -> None:
    rows = query(tables, offer, condition)

    assert [(row["Kind"], row["LeadKey"]) for row in rows] == [("lead", key) for key in KEYS]


def test_the_newest_leads_come_first(tables: TableBench, offer: str) -> None:
    rows = query(tables, offer, "RowKey ge 'recent|' and RowKey lt 'recent}'")

    assert [row["LeadKey"] for row in rows] == [KEYS[0], KEYS[2], KEYS[1]]
    assert [row["LastSeen"] for row in rows] == [at(hours=9), at(hours=2), at(hours=1)]


def test_the_touches_of_a_lead_come_in_order(tables: TableBench, offer: str) -> None:
    rows = query(tables, offer, f"RowKey ge 'touch|{KEYS[0]}|' and RowKey lt 'touch|{KEYS[0]}}}'")

    assert [row["ReceivedAt"] for row in rows] == [at(hours=0), at(hours=9)]


def test_all_touches_of_an_offer_read_like_the_table_of_microsoft(
    tables: TableBench, offer: str
) -> None:
    rows = query(tables, offer, "Kind eq 'touch'")

    assert len(rows) == 4
    assert {row["LeadSource"] for row in rows} == {"AzureMarketplace-INS|Contoso.Offer"}
    assert json.loads(rows[0]["CustomerInfo"])["Email"] == "someone@contoso.com"


def test_leads_can_be_asked_for_by_time(tables: TableBench, offer: str) -> None:
    since = at(hours=2).strftime("datetime'%Y-%m-%dT%H:%M:%SZ'")

    rows = query(tables, offer, f"Kind eq 'lead' and LastSeen ge {since}")

    assert [row["LeadKey"] for row in rows] == [KEYS[0], KEYS[2]]


@pytest.mark.parametrize("name", ["O'Brien", "Zoë 😀", "a & b", "100% | x", "\\ / # ?"])
def test_a_person_can_be_found_by_name(tables: TableBench, name: str) -> None:
    named = _named(name)
    tables.store.commit(named, lead(named), previous=None)
    literal = name.replace("'", "''")

    rows = query(tables, named.identity.partition, f"Kind eq 'lead' and LastName eq '{literal}'")

    assert [row["LastName"] for row in rows] == [name]


@pytest.mark.parametrize("spelling", [str.lower, str.upper], ids=["lower case", "upper case"])
def test_a_team_lists_the_newest_leads_of_its_offer(
    tables: TableBench, offer: str, spelling: Callable[[str], str]
) -> None:
    reading = TableReading(open_table(tables.service, tables.leads))

    rows = reading.recent(spelling(offer))

    assert [row["LeadKey"] for row in rows] == [KEYS[0], KEYS[2], KEYS[1]]


def test_a_team_lists_the_newest_leads_of_all_offers(fresh: TableBench) -> None:
    older, newer = touch(identity()), touch(identity(), received_at=at(hours=1))
    table = open_table(fresh.service, fresh.leads)
    table.insert(recent_to_entity(lead(older)))
    table.insert(recent_to_entity(lead(newer)))

    rows = TableReading(table).recent()

    partitions = [newer.identity.partition, older.identity.partition]
    assert [row["PartitionKey"] for row in rows] == partitions


def test_a_list_by_pages_is_the_same_list(tables: TableBench, offer: str) -> None:
    reading = TableReading(open_table(tables.service, tables.leads))

    rows = reading.recent(offer, page=1)

    assert [row["LeadKey"] for row in rows] == [KEYS[0], KEYS[2], KEYS[1]]


def test_a_list_since_a_moment_begins_with_that_millisecond(fresh: TableBench) -> None:
    touches = [touch(identity(), received_at=at(milliseconds=n)) for n in (-1, 0, 1)]
    table = open_table(fresh.service, fresh.leads)
    for one in touches:
        table.insert(recent_to_entity(lead(one)))

    rows = TableReading(table).recent(since=touches[1].received_at)

    assert [row["LastSeen"] for row in rows] == [one.received_at for one in reversed(touches[1:])]


def _named(name: str) -> Touch:
    plain = touch(identity())
    contact = replace(plain.submission.contact, last_name=name)
    return replace(plain, submission=replace(plain.submission, contact=contact))
