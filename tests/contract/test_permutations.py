"""One person's four actions in every order, each message delivered one to three times."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from itertools import permutations
from typing import Any

import pytest
from azure.core.pipeline import PipelineResponse

from leads.model import DncPolicy, LeadPlace
from leads.pipeline.enrich import enrich
from leads.pipeline.stage import Ports
from leads.pipeline.write import write
from leads.store import Backoff, Rules
from leads.tables import keys
from leads.tables.connection import open_table
from leads.tables.upkeep_store import TableUpkeepStore
from leads.upkeep.ports import Tools
from leads.upkeep.rebuilding import Rebuilt, rebuild_lead
from tests.contract.benches import TableBench
from tests.contract.factories import DAY, NOON, at, message, payload

PARTITION = "contoso.offer"
ACTIONS = {
    "INS": at(hours=1),
    "PLT": at(hours=2),
    "DNC": at(hours=3),
    "StartTestDrive": at(hours=4),
}
RULES = Rules(window=DAY, dnc=DncPolicy(margin=DAY))
AT_ONCE = Backoff(sleep=lambda _seconds: None, random=lambda: 0.0, clock=lambda: 0.0)

type Row = dict[str, Any]


def envelope(action: str) -> bytes:
    source = f"AzureMarketplace-{action}|{PARTITION}"
    text = payload(ActionCode=action, LeadSource=source, OfferTitle=f"Title at {action}")
    return message(PARTITION, text, received_at=ACTIONS[action], delivery_id=f"d-{action}")


def deliver(bench: TableBench, body: bytes) -> None:
    ports = Ports(leads=bench.store, rules=RULES, edition="2018", backoff=AT_ONCE)
    step = enrich(body, attempt=1, open_ports=lambda: ports, now=NOON)
    assert step.enriched, "the same delivery always passes on"
    write(step.enriched, attempt=1, open_ports=lambda: ports, now=NOON)


def deliveries(order: Sequence[str]) -> list[str]:
    """Return *order* with up to two more deliveries of each message, anywhere behind its first."""
    seeded = random.Random(" ".join(order))  # noqa: S311 - repeatable on purpose
    again = [action for action in order for _ in range(seeded.randrange(3))]
    mixed = list(order)
    for action in again:
        mixed.insert(seeded.randrange(mixed.index(action) + 1, len(mixed) + 1), action)
    return mixed


def as_stored(bench: TableBench, lead_key: str) -> Row:
    """Return the lead row as the service sends it, less what it makes up itself."""
    seen: list[Row] = []

    def see(response: PipelineResponse[Any, Any]) -> None:
        seen.append(json.loads(response.http_response.text()))

    table = bench.service.get_table_client(bench.leads)
    table.get_entity(PARTITION, keys.lead_row(lead_key), raw_response_hook=see)
    (row,) = seen
    made_up = {"odata.metadata", "odata.etag", "Timestamp"}
    return {name: value for name, value in row.items() if name not in made_up}


def only_lead(bench: TableBench) -> LeadPlace:
    (row,) = [row for row in bench.rows(PARTITION) if row["Kind"] == "lead"]
    return LeadPlace(partition=PARTITION, lead_key=row["LeadKey"])


@pytest.fixture(scope="module")
def in_order(tables: TableBench) -> Row:
    """The row of a customer whose messages came once each, in the order of their times."""
    bench = tables.renamed()
    for action in ACTIONS:
        deliver(bench, envelope(action))
    return as_stored(bench, only_lead(bench).lead_key)


@pytest.mark.parametrize("order", list(permutations(ACTIONS)), ids=" ".join)
def test_every_order_and_number_of_deliveries_gives_the_same_row(
    fresh: TableBench, in_order: Row, order: Sequence[str]
) -> None:
    for action in deliveries(order):
        deliver(fresh, envelope(action))

    place = only_lead(fresh)
    assert as_stored(fresh, place.lead_key) == in_order
    assert in_order["TouchCount"] == len(ACTIONS)
    # The full fold of the touches says what the row says that arose touch by touch.
    tables = [open_table(fresh.service, name) for name in (fresh.leads, fresh.privacy)]
    store = TableUpkeepStore(leads=tables[0], privacy=tables[1])
    tools = Tools(store=store, rules=RULES, backoff=AT_ONCE)
    assert rebuild_lead(place, tools) is Rebuilt.UNCHANGED
