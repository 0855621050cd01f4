"""Offers are found whether somebody knows of them or not; to know of some is a help to storage."""

from __future__ import annotations

from dataclasses import replace

import pytest

from leads.tables.connection import open_read_table
from leads.tables.reading import TableReading
from tests.contract.benches import TableBench
from tests.contract.factories import identity, lead, touch

OFFERS = ["b.offer", "contoso|a", "contoso|ab", "title~x~1", "~unknown"]


@pytest.fixture
def bench(fresh: TableBench) -> TableBench:
    """A table with a lead in each of the offers."""
    fresh.put_touches([])  # there is a table
    for offer in OFFERS:
        said = touch(replace(identity(), partition=offer))
        fresh.store.commit(said, lead(said), previous=None)
    return fresh


@pytest.mark.parametrize(
    "known",
    [
        pytest.param([], id="none is known"),
        pytest.param(OFFERS, id="all are known"),
        pytest.param(OFFERS[:1], id="the first one"),
        pytest.param(OFFERS[-1:], id="the last one"),
        pytest.param([OFFERS[3], OFFERS[1]], id="some, in no order"),
    ],
)
def test_every_offer_is_found_in_order_whichever_is_known(
    bench: TableBench, known: list[str]
) -> None:
    reading = TableReading(open_read_table(bench.service, bench.leads), known=lambda: known)

    found = list(reading.offers())

    assert found == OFFERS


def test_an_offer_that_was_known_and_is_gone_has_no_leads(bench: TableBench) -> None:
    known = ["a.gone", "contoso|aa", "~unknown~"]
    reading = TableReading(open_read_table(bench.service, bench.leads), known=lambda: known)

    offers, leads = list(reading.offers()), list(reading.recent())

    assert offers == sorted([*OFFERS, *known])
    assert sorted(str(row["PartitionKey"]) for row in leads) == OFFERS
