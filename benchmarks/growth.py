"""What one more touch costs when its lead has many already: in order, and arriving late.

The fast path must not read what a lead has gathered, so its cost must not grow with it. All leads
of a round lie in one offer: the emulator looks through the whole table for each request, so it is
as slow for the short lead as for the long one, and what is left to see is ours.
"""

from __future__ import annotations

import json
from datetime import timedelta
from functools import partial
from itertools import batched
from typing import TYPE_CHECKING

from benchmarks.customers import OFFER, UNTIL, rows_of, touch_of
from benchmarks.figures import Figure, ratios
from benchmarks.metering import MeteredTables, figures, record
from devhost.azurite import Azurite
from leads.tables.limits import TRANSACTION_OPERATIONS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from azure.data.tables import TableClient

    from benchmarks.figures import Plan
    from benchmarks.metering import Cost
    from leads.model import Touch

TITLE = "One more touch of a lead that has many"

IN_ORDER, LATE = "in order", "late"
_SIZES = (1, 10, 100, 1_000)
_PAUSE = timedelta(minutes=1)  # 1,000 touches lie within the window: the most it has to look at
_NOTES = {
    IN_ORDER: "no bar: it is the emulator's time, which Azure does not share",
    LATE: "no bar: it folds all touches anew, and reads 1,000 of them to a request",
}

type Round = Mapping[tuple[str, int], Cost]
"""What one more touch cost, by how it came and how many there were."""


def measure(plan: Plan) -> list[Figure]:
    """Return what one more touch costs, by the number of touches before it."""
    sizes = _SIZES[:-1] if plan.quick else _SIZES
    count = plan.pick(quick=7, full=15) + 1
    with Azurite() as azurite, MeteredTables(azurite.connection_string) as tables:
        _, *rounds = [_round(tables, sizes, number) for number in range(count)]  # after a warm-up
    return [*_growth(rounds, sizes), *_figures(rounds)]


def _round(tables: MeteredTables, sizes: Sequence[int], number: int) -> Round:
    """Measure on new leads in a table of their own: the last round must not slow down this one."""
    name = f"Growth{number}"
    store, client = tables.store(name), tables.client(name)
    for size in sizes:
        _write(client, size)
    found = {}
    turn = sizes if number % 2 else sizes[::-1]  # the first one pays for what was just written
    for size in turn:
        work = partial(record, _touch(size, size), store)
        found[IN_ORDER, size] = tables.cost(work)
    for size in turn:
        work = partial(record, _touch(size, size // 2 + 0.5), store)
        found[LATE, size + 1] = tables.cost(work)
    return found


def _write(client: TableClient, size: int) -> None:
    """Write a lead of *size* touches as the pipeline leaves it, many rows at once."""
    rows = rows_of([_touch(size, place) for place in range(size)])
    for some in batched(rows, TRANSACTION_OPERATIONS, strict=False):
        client.submit_transaction([("create", row) for row in some])


def _touch(size: int, place: float) -> Touch:
    """Return a touch of the lead that had *size* of them; no two say the same."""
    payload = {
        "UserDetails": {
            "FirstName": "Ada",
            "LastName": "Lovelace",
            "Email": f"ada.lovelace.{size}@contoso.com",
            "Phone": "+44 20 7946 0000",
            "Country": "GB",
            "Company": "Contoso",
            "Title": "Engineer",
        },
        "LeadSource": f"AzureMarketplace-INS|{OFFER}",
        "ActionCode": "INS",
        "OfferTitle": "Contoso Sample SaaS",
        "Description": f"Question {place}",
    }
    at = UNTIL + place * _PAUSE
    return touch_of(json.dumps(payload), received_at=at, delivery_id=f"{size}-{place}")


def _growth(rounds: Sequence[Round], sizes: Sequence[int]) -> list[Figure]:
    """Return how much more the longest lead costs than the shortest, in order."""
    first, last = ([one[IN_ORDER, size] for one in rounds] for size in (sizes[0], sizes[-1]))
    cpu = ratios([one.cpu_ms for one in last], [one.cpu_ms for one in first])
    requests = ratios([one.requests for one in last], [one.requests for one in first])
    name = f"in order, {sizes[-1]:,} touches to {sizes[0]}"
    return [
        Figure(name=f"{name}: CPU", rounds=cpu, at_most=1.25),
        Figure(name=f"{name}: requests", rounds=requests, at_most=1),
    ]


def _figures(rounds: Sequence[Round]) -> list[Figure]:
    return [
        figure
        for how, size in sorted(rounds[0])
        for figure in figures(
            f"{how}, after {size:,}", [one[how, size] for one in rounds], note=_NOTES[how]
        )
    ]
