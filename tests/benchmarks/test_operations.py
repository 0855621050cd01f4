"""What a lead costs in storage requests: counted, so that no machine is too slow for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from benchmarks.operations import Meter, metered, returning_customer
from benchmarks.rig import leads

NEW = {
    "put leads-received": 1,
    "query Leads": 1,
    "put leads-enriched": 1,
    "delete leads-received": 1,
    "read Leads": 1,
    "read LeadPrivacy": 1,
    "transact": 1,
    "delete leads-enriched": 1,
}
RECEIVES = {"receive leads-received": 1, "receive leads-enriched": 1}


@pytest.fixture(scope="module")
def meter() -> Iterator[Meter]:
    with metered() as running:
        yield running


def test_a_lone_new_lead_takes_four_requests_to_tables_and_four_to_queues(meter: Meter) -> None:
    (payload,) = leads(1, offer="contoso.lone", seed=1)

    requests = meter.count(payload)

    assert requests.kinds == NEW | RECEIVES
    assert (requests.to_tables.total(), requests.to_queues.total()) == (4, 4)


def test_a_burst_of_new_leads_takes_no_more_for_each(meter: Meter) -> None:
    payloads = leads(20, offer="contoso.burst", seed=1)

    requests = meter.count(*payloads)

    apart = requests.to_tables.kinds | requests.to_queues.kinds
    assert apart == {kind: 20 * number for kind, number in NEW.items()}
    assert requests.receives.total() <= 2 * 20


def test_a_returning_customer_takes_one_more_query(meter: Meter) -> None:
    (payload,) = leads(1, offer="contoso.returning", seed=1)
    meter.count(payload)

    requests = meter.count(returning_customer(payload))

    assert requests.kinds == NEW | RECEIVES | {"query Leads": 2}


def test_a_duplicate_ends_in_enrich_lead_after_two_reads(meter: Meter) -> None:
    (payload,) = leads(1, offer="contoso.duplicate", seed=1)
    meter.count(payload)

    requests = meter.count(payload)

    assert requests.kinds == {
        "put leads-received": 1,
        "receive leads-received": 1,
        "query Leads": 1,
        "read LeadPrivacy": 1,
        "delete leads-received": 1,
    }
