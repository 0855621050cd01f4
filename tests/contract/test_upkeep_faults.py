"""An erasure, a move or a rebuild with a fault at each request, done again, ends like one without.

And they end at all where a lead has more touches, or longer ones, than a transaction holds.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, fields, replace
from uuid import uuid4

import pytest
from azure.core.pipeline.transport import RequestsTransport
from azure.core.rest import HttpRequest, HttpResponse
from azure.data.tables import TableServiceClient

from leads.door import BODY_BYTES
from leads.errors import Retryable
from leads.model import Contact, DncPolicy, LeadPlace, Submission, Touch
from leads.outcome import Outcome
from leads.recording import record
from leads.store import Rules, StoredLead
from leads.tables.entities import lead_to_entity, recent_to_entity, touch_to_entity
from leads.tables.limits import Entity
from leads.tables.upkeep_store import REMOVED_AT_ONCE
from leads.upkeep.erasing import erase_lead
from leads.upkeep.moving import Moved, move_lead
from leads.upkeep.ports import COPIED_AT_ONCE, Tools
from leads.upkeep.rebuilding import Rebuilt, rebuild_offer
from tests.contract.benches import TableBench
from tests.contract.factories import DAY, LEAD_KEY, at, identity, lead, touch
from tests.contract.faults import FAULTS, REPEATED, Fault, FaultyTransport, Killed, rounds
from tests.unit.factories import no_wait

RULES = Rules(window=DAY, dnc=DncPolicy(margin=DAY))
NOW = at(days=1)
TRANSACTION_BYTES = 4 * 1024 * 1024


def tools(bench: TableBench) -> Tools:
    return Tools(store=bench.store, rules=RULES, backoff=no_wait())


@dataclass
class Offers:
    """Two offers of their own: a lead is in the first, and perhaps in the second."""

    bench: TableBench
    first: str = field(default_factory=lambda: f"contoso.{uuid4().hex}")
    second: str = field(default_factory=lambda: f"contoso.{uuid4().hex}")

    @property
    def place(self) -> LeadPlace:
        return LeadPlace(partition=self.first, lead_key=LEAD_KEY)

    def touches(self, *hours: int, partition: str = "") -> list[Touch]:
        of = replace(identity(), partition=partition or self.first)
        return [
            touch(of, said=f"{n}", received_at=at(hours=n), delivery_id=f"d-{n}") for n in hours
        ]

    def lay(self, *hours: int, partition: str = "", with_lead: bool = True) -> None:
        """Put a lead with touches at these *hours*, and the row that lists it, at one stroke."""
        touches = self.touches(*hours, partition=partition)
        rows = [touch_to_entity(one) for one in touches]
        told = [lead_to_entity(lead(*touches))] if with_lead else []
        table = self.bench.service.get_table_client(self.bench.leads)
        listed = recent_to_entity(lead(*touches))
        table.submit_transaction([("create", row) for row in (*rows, *told, listed)])

    def rows(self) -> list[Entity]:
        """Return all rows but for the names of the offers, by which each run differs."""
        both = [*self.bench.rows(self.first), *self.bench.rows(self.second)]
        names = {self.first: "first", self.second: "second"}
        return [{name: names.get(value, value) for name, value in row.items()} for row in both]


def lay_to_erase(offers: Offers) -> None:
    offers.lay(0, 1, 3)


def erase(offers: Offers, bench: TableBench) -> None:
    erase_lead(offers.place, tools(bench), through=at(hours=2), now=NOW)


def erase_all(offers: Offers, bench: TableBench) -> None:
    erase_lead(offers.place, tools(bench), through=at(hours=9), now=NOW)


def lay_to_move(offers: Offers) -> None:
    offers.lay(0, 3)
    offers.lay(1, partition=offers.second)


def move(offers: Offers, bench: TableBench) -> None:
    move_lead(offers.place, tools(bench), to=offers.second, now=NOW)


def lay_to_rebuild(offers: Offers) -> None:
    """Lay a lead whose row somebody removed before it spoke again."""
    offers.lay(0, 1, with_lead=False)
    offers.lay(3)


def rebuild(offers: Offers, bench: TableBench) -> None:
    list(rebuild_offer(offers.first, tools(bench)))


type Lay = Callable[[Offers], None]
type Work = Callable[[Offers, TableBench], None]

ERASES_SOME, ERASES_ALL = (lay_to_erase, erase), (lay_to_erase, erase_all)
MOVES, REBUILDS = (lay_to_move, move), (lay_to_rebuild, rebuild)
WORKS = {
    "erase some": ERASES_SOME,
    "erase all": ERASES_ALL,
    "move": MOVES,
    "rebuild": REBUILDS,
}
OF_WORKS = pytest.mark.parametrize(("lay", "work"), WORKS.values(), ids=WORKS)


WRITE_FAULTS = {name: fault for name, fault in FAULTS.items() if name[:3] not in {"408", "429"}}
"""Those two statuses are conflicts like 503; test_journeys shows it."""


def undisturbed(bench: TableBench, lay: Lay, work: Work) -> list[Entity]:
    offers = Offers(bench)
    lay(offers)
    work(offers, bench)
    return offers.rows()


@pytest.mark.parametrize(
    ("case", "kinds"),
    [
        (ERASES_SOME, ["lead", "recent", "touch"]),
        (ERASES_ALL, []),
        (MOVES, ["moved", "lead", "recent", *["touch"] * 3]),
        (REBUILDS, ["lead", "recent", *["touch"] * 3]),
    ],
    ids=WORKS,
)
def test_undisturbed_work_leaves_what_the_touches_say(
    tables: TableBench, case: tuple[Lay, Work], kinds: list[str]
) -> None:
    rows = undisturbed(tables, *case)

    counts = [row["TouchCount"] for row in rows if "TouchCount" in row]
    assert [row["Kind"] for row in rows] == kinds
    assert set(counts) <= {kinds.count("touch")}


class FaultyWrites(FaultyTransport):
    """Counts only what writes: all that a fault can do to a read is that it fails."""

    def send(self, request: HttpRequest, **options: object) -> HttpResponse:
        if request.method == "GET":
            response: HttpResponse = RequestsTransport.send(self, request, **options)
            return response
        return super().send(request, **options)


@pytest.fixture
def transport(request: pytest.FixtureRequest) -> FaultyTransport:
    return FaultyTransport() if "at_every_request" in request.node.name else FaultyWrites()


@dataclass
class Disturbed:
    """Does work in which a fault happens to each request in turn."""

    bench: TableBench
    through: TableServiceClient
    transport: FaultyTransport

    def assert_ends_like_undisturbed(
        self, lay: Lay, work: Work, fault: Fault, *, again: bool
    ) -> None:
        expected = undisturbed(self.bench, lay, work)
        for n in rounds(self.transport, fault):
            offers = Offers(self.bench)
            lay(offers)
            with suppress(Retryable, Killed):
                work(offers, TableBench(self.through))
            if again:
                work(offers, self.bench)

            assert (n, offers.rows()) == (n, expected)


@pytest.fixture
def disturbed(
    tables: TableBench, faulty: TableServiceClient, transport: FaultyTransport
) -> Disturbed:
    return Disturbed(tables, faulty, transport)


@pytest.mark.parametrize("fault", WRITE_FAULTS.values(), ids=WRITE_FAULTS)
@OF_WORKS
def test_a_fault_at_any_write_is_mended_by_doing_it_again(
    disturbed: Disturbed, lay: Lay, work: Work, fault: Fault
) -> None:
    disturbed.assert_ends_like_undisturbed(lay, work, fault, again=True)


@OF_WORKS
def test_the_end_at_every_request_is_mended_by_doing_it_again(
    disturbed: Disturbed, lay: Lay, work: Work
) -> None:
    disturbed.assert_ends_like_undisturbed(lay, work, FAULTS["killed before"], again=True)


@pytest.mark.parametrize("name", REPEATED)
def test_what_the_sdk_repeats_does_no_harm(
    tables: TableBench, production: TableServiceClient, transport: FaultyTransport, name: str
) -> None:
    disturbed = Disturbed(tables, production, transport)

    disturbed.assert_ends_like_undisturbed(lay_to_move, move, FAULTS[name], again=False)


# More, and longer, than a transaction holds

MANY = range(REMOVED_AT_ONCE + COPIED_AT_ONCE * 2 + 1)


def test_more_touches_than_a_transaction_holds_are_erased(tables: TableBench) -> None:
    offers = Offers(tables)
    tables.put_touches(offers.touches(*MANY, 999))

    erased = erase_lead(offers.place, tools(tables), through=at(hours=998), now=NOW)

    row = tables.store.read_lead(offers.place)
    assert erased is True
    assert isinstance(row, StoredLead)
    assert row.lead == lead(*offers.touches(999))
    assert tables.touches(offers.first) == offers.touches(999)


def test_more_touches_than_a_transaction_holds_are_moved(tables: TableBench) -> None:
    offers = Offers(tables)
    touches = offers.touches(*MANY)
    tables.put_touches(touches)
    there = offers.touches(*MANY, partition=offers.second)

    outcome = move_lead(offers.place, tools(tables), to=offers.second, now=NOW)

    assert outcome is Moved.MOVED
    assert tables.touches(offers.first) == []
    assert tables.touches(offers.second) == there
    row = tables.store.read_lead(there[0].identity)
    assert isinstance(row, StoredLead)
    assert row.lead == lead(*there)


def test_the_longest_touches_of_the_longest_lead_fit_into_a_transaction() -> None:
    longest = "\x7f" * BODY_BYTES  # six bytes each on their way
    whole = Contact(**{field.name: longest for field in fields(Contact)})
    said = Submission(
        contact=whole,
        offer_id=longest,
        offer_title=longest,
        campaign=longest,
        lead_source=longest,
        action_code=longest,
    )
    one = touch(identity(), submission=Submission(contact=Contact(title=longest)))
    folded = lead(replace(one, submission=said))

    copies = [touch_to_entity(replace(one, payload=longest))] * COPIED_AT_ONCE
    rows = [*copies, lead_to_entity(folded), recent_to_entity(folded)]

    assert sum(len(json.dumps(row, default=str)) for row in rows) < TRANSACTION_BYTES


def test_the_longest_touches_are_moved_whole(tables: TableBench) -> None:
    offers = Offers(tables)
    longest = "\x7f" * BODY_BYTES
    touches = [
        replace(one, payload=longest, submission=Submission(contact=Contact(title=longest)))
        for one in offers.touches(*range(5))
    ]
    for one in touches:
        record(one, store=tables.store, rules=RULES, backoff=no_wait())

    move(offers, tables)

    assert [one.payload for one in tables.touches(offers.second)] == [longest] * 5
    assert tables.touches(offers.first) == []


def test_120_rows_that_list_a_lead_are_one_after_a_rebuild(tables: TableBench) -> None:
    offers = Offers(tables)
    offers.lay(0)
    row = lead(*offers.touches(0))
    tables.put_recent(*(replace(row, last_seen=at(hours=n)) for n in range(1, 121)))

    first = [outcome for _, outcome in rebuild_offer(offers.first, tools(tables))]
    second = [outcome for _, outcome in rebuild_offer(offers.first, tools(tables))]

    assert (first, second) == ([Rebuilt.REBUILT], [Rebuilt.UNCHANGED])
    assert tables.store.find_recents(offers.place) == [tables.store.recent_of(row)]


# What stays behind


def test_nothing_personal_stays_behind_a_move(tables: TableBench) -> None:
    offers = Offers(tables)
    lay_to_move(offers)

    move(offers, tables)

    [row] = tables.rows(offers.first)
    assert set(row) == {"PartitionKey", "RowKey", "Kind", "LeadKey", "Since", "MovedTo"}


def test_nothing_personal_stands_in_a_fence(
    tables: TableBench, production: TableServiceClient, transport: FaultyTransport
) -> None:
    offers = Offers(tables)
    lay_to_erase(offers)
    transport.arm(1, FAULTS["killed after"])

    with suppress(Killed):
        erase(offers, TableBench(production))

    row, *touches = tables.rows(offers.first)
    assert set(row) == {"PartitionKey", "RowKey", "Kind", "LeadKey", "Since", "Through"}
    assert {one["Kind"] for one in touches} == {"touch"}


def test_what_comes_with_the_old_stamp_is_followed(tables: TableBench) -> None:
    offers = Offers(tables)
    lay_to_move(offers)
    move(offers, tables)
    rows = offers.rows()

    outcomes = [
        record(one, store=tables.store, rules=RULES, backoff=no_wait())
        for one in offers.touches(0, 3)
    ]

    assert outcomes == [Outcome.REDELIVERED] * 2
    assert offers.rows() == rows
