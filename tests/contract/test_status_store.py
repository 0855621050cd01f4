"""The StatusStore and the Census, in memory and on the real tables alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from uuid import uuid4

import pytest
from azure.core.rest import HttpRequest, HttpResponse
from azure.data.tables import TableClient, TableServiceClient

from leads.fold import judged
from leads.health import Backlog
from leads.model import Contact, DncPolicy, Lead, Person, Stage, Submission, Touch
from leads.names import POISON_QUEUES, QUEUES
from leads.statistics import PERIODS, Statistics, periods
from leads.store import Fence, FenceKind, Rules
from leads.tables.backlog import read_backlog
from leads.tables.census import TableCensus
from leads.tables.connection import open_table
from leads.tables.reading import TableReading
from leads.tables.status import TableStatus
from leads.tending.status import LetterStatus, OfferStatus, QueueStatus, Status
from tests.contract.factories import DAY, INTEREST, MS, NOON, at, identity, lead, touch
from tests.contract.faults import FaultyTransport, Send
from tests.contract.tending_benches import TendingBench, table_bench

QUIET = Status(
    as_of=NOON,
    queues=[QueueStatus(name=name, depth=0, oldest_at=None) for name in (*QUEUES, *POISON_QUEUES)],
    letters=LetterStatus(parked=0, redriven=0, waiting_for_a_person=0, oldest_at=None),
    leads=0,
    tests=0,
    last_real_at=None,
    last_test_at=None,
    failures=[],
)
BUSY = Status(
    as_of=NOON,
    queues=[
        QueueStatus(name="leads-received", depth=3, oldest_at=at(minutes=-3)),
        QueueStatus(name="leads-enriched", depth=2, oldest_at=at(minutes=-20)),
    ],
    letters=LetterStatus(parked=7, redriven=6, waiting_for_a_person=5, oldest_at=at(days=-4)),
    leads=1_000_000,
    tests=9,
    last_real_at=at(hours=-1),
    last_test_at=at(hours=-2),
    failures=['redrive_due: "StorageUnavailable": 503', "é😀"],
)
STAGES = {"unknown": 1, "interest": 2, "trial": 3, "active": 4}
CONTACT = {"contactable": 5, "do-not-contact": 3, "suppressed": 2}


def offer(partition: str = "contoso.offer", *, as_of: datetime = NOON) -> OfferStatus:
    return OfferStatus(
        partition=partition,
        as_of=as_of,
        stages=STAGES,
        contact=CONTACT,
        tests=1,
        last_real_at=at(hours=-1),
        last_test_at=None,
    )


# --- the status


def test_where_tending_never_ran_there_is_no_status(tending: TendingBench) -> None:
    assert (tending.status.read(), dict(tending.status.offers())) == (None, {})


@pytest.mark.parametrize("status", [QUIET, BUSY], ids=["quiet", "busy"])
def test_a_status_is_read_as_it_was_written(tending: TendingBench, status: Status) -> None:
    tending.status.write(status)

    assert tending.status.read() == status


def test_a_status_replaces_the_one_before_it(tending: TendingBench) -> None:
    tending.status.write(BUSY)

    tending.status.write(QUIET)

    assert tending.status.read() == QUIET


def test_the_counts_of_offers_are_read_as_they_were_written(tending: TendingBench) -> None:
    offers = {name: offer(name) for name in ("contoso.offer", "title~a~0123456789abcdef")}

    for one in offers.values():
        tending.status.write_offer(one)

    assert dict(tending.status.offers()) == offers


def test_the_counts_of_an_offer_replace_those_before(tending: TendingBench) -> None:
    tending.status.write_offer(offer())

    again = replace(offer(as_of=at(hours=1)), last_real_at=None, last_test_at=NOON)
    tending.status.write_offer(again)

    assert dict(tending.status.offers()) == {"contoso.offer": again}


def test_an_offer_can_be_forgotten_more_than_once(tending: TendingBench) -> None:
    tending.status.write_offer(offer("contoso.one"))
    tending.status.write_offer(offer("contoso.two"))

    for _ in range(2):
        tending.status.remove_offer("contoso.one")

    assert list(tending.status.offers()) == ["contoso.two"]


# --- the statistics of the offers

type Row = Mapping[str, object]


def counted(period: str, *rows: Row, offer: str = "contoso.offer") -> Statistics:
    """Return statistics as they come back: they begin in a whole millisecond."""
    statistics = Statistics(periods(NOON)[period])
    for row in rows:
        statistics.count({"PartitionKey": offer, "FirstSeen": NOON, **row})
    return statistics


def with_statistics(*rows: Row, partition: str = "contoso.offer") -> OfferStatus:
    found = {period: counted(period, *rows, offer=partition) for period in PERIODS}
    return replace(offer(partition), statistics=found)


def status_table(service: TableServiceClient) -> tuple[TableStatus, TableClient]:
    name = f"LeadStatus{uuid4().hex}"
    return TableStatus(open_table(service, name)), service.get_table_client(name)


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param([], id="nothing"),
        pytest.param([{"Campaign": 'é😀"\\\x00'}, {"IsTest": True}], id="odd characters"),
        pytest.param([{"FirstSeen": at(days=-10), "Stage": "trial"}], id="not in each period"),
    ],
)
def test_statistics_are_read_as_they_were_written(
    service: TableServiceClient, rows: list[Row]
) -> None:
    table, _ = status_table(service)
    offers = {name: with_statistics(*rows, partition=name) for name in ("contoso.a", "contoso.b")}

    for one in offers.values():
        table.write_offer(one)

    assert table.offers_with_statistics() == offers
    assert table.offers() == {n: replace(one, statistics={}) for n, one in offers.items()}


def test_who_needs_no_statistics_does_not_fetch_them(
    production: TableServiceClient, transport: FaultyTransport
) -> None:
    table, _ = status_table(production)
    table.write_offer(with_statistics({}))
    asked: list[str] = []

    def noted(request: HttpRequest, send: Send) -> HttpResponse:
        asked.append(request.url)
        return send()

    transport.arm(1, noted)

    table.offers()

    [url] = asked
    assert "Statistics" not in url
    assert "AsOf" in url


def test_the_longest_statistics_of_an_offer_are_kept(service: TableServiceClient) -> None:
    nasty = [f"{n:02}".ljust(300, "😀") for n in range(60)]
    columns = ("Campaign", "LeadSource", "Actions", "CountryCode")
    rows = [
        dict.fromkeys(columns, name) | {"FirstSeen": at(days=-days)}
        for name in nasty
        for days in (0, 3, 20, 50)
    ]
    table, _ = status_table(service)
    status = with_statistics(*rows, partition="o" * 200)

    table.write_offer(status)

    found = table.offers_with_statistics()["o" * 200].statistics
    assert {name: list(one.numbers()) for name, one in found.items()} == {
        name: list(one.numbers()) for name, one in status.statistics.items()
    }
    assert len(found) == len(PERIODS)


def test_statistics_that_would_be_cut_count_as_not_counted(service: TableServiceClient) -> None:
    weeks = [{"FirstSeen": at(days=7 * number)} for number in range(900)]  # a hand typed them
    table, client = status_table(service)

    table.write_offer(with_statistics(*weeks))

    assert table.offers_with_statistics() == {"contoso.offer": offer()}
    assert "Truncated" not in client.get_entity("offer", "contoso.offer")


def test_an_offer_that_older_code_counted_has_no_statistics(service: TableServiceClient) -> None:
    table, _ = status_table(service)

    table.write_offer(offer())

    assert table.offers_with_statistics() == {"contoso.offer": offer()}


@pytest.mark.parametrize(
    "edit",
    [
        pytest.param({"AsOf": "yesterday"}, id="a time that is none"),
        pytest.param({"InterestCount": "many"}, id="a word as a number"),
        pytest.param({"TestCount": True}, id="a truth value as a number"),
        pytest.param({"LastRealLeadAt": 7}, id="a number as a time"),
    ],
)
def test_an_offer_that_a_hand_edited_beyond_recognition_stops_no_other(
    service: TableServiceClient, edit: Row
) -> None:
    table, client = status_table(service)
    table.write_offer(offer("contoso.edited"))
    table.write_offer(offer("contoso.other"))
    client.update_entity({"PartitionKey": "offer", "RowKey": "contoso.edited", **edit})

    assert list(table.offers()) == ["contoso.other"]


def test_an_offer_that_only_a_hand_wrote_is_not_counted_yet(service: TableServiceClient) -> None:
    table, client = status_table(service)
    table.write_offer(offer("contoso.other"))
    client.create_entity({"PartitionKey": "offer", "RowKey": "contoso.typed"})

    assert list(table.offers_with_statistics()) == ["contoso.other"]


@pytest.mark.parametrize(
    "typed",
    [
        pytest.param("", id="nothing"),
        pytest.param(7, id="a number"),
        pytest.param(b"\xff", id="bytes"),
        pytest.param("yes", id="a word"),
        pytest.param("null", id="null"),
        pytest.param("[" * 30_000, id="a deep list"),
        pytest.param("9" * 5_000, id="a long number"),
        pytest.param('{"since": "2026-11-16T00:00:00Z"}', id="half of it"),
        pytest.param('{"since": "Monday", "offers": {}}', id="no time"),
        pytest.param(
            '{"since": "2026-11-16T00:00:00Z", "offers": {"o": {"country": {"": {"SE": "x"}}}}}',
            id="a word as a number",
        ),
    ],
)
def test_statistics_that_a_hand_typed_count_as_not_counted(
    service: TableServiceClient, typed: object
) -> None:
    table, client = status_table(service)
    table.write_offer(with_statistics({}))
    row = {"PartitionKey": "offer", "RowKey": "contoso.offer"}
    client.update_entity(row | {"Statistics7d": typed})

    found = table.offers_with_statistics()

    assert found == {"contoso.offer": offer()}


@pytest.mark.parametrize(
    ("status", "backlog"),
    [
        pytest.param(None, None, id="tending never ran"),
        pytest.param(QUIET, Backlog(as_of=NOON, oldest_at=None), id="quiet"),
        pytest.param(BUSY, Backlog(as_of=NOON, oldest_at=at(minutes=-20)), id="busy"),
    ],
)
def test_health_reads_the_oldest_message_in_the_status(
    service: TableServiceClient, status: Status | None, backlog: Backlog | None
) -> None:
    table = open_table(service, f"LeadStatus{uuid4().hex}")
    if status:
        TableStatus(table).write(status)

    assert read_backlog(table) == backlog


# --- the census


def commit(bench: TendingBench, *touches: Touch) -> Lead:
    """Record touches of one lead."""
    of = touches[0].identity
    for number, one in enumerate(touches, start=1):
        folded = judged(
            lead(*touches[:number]),
            bench.store.read_person(of.lead_key),
            Rules(window=DAY, dnc=DncPolicy(margin=DAY)),
        )
        previous = bench.store.read_lead(of)
        bench.store.commit(one, folded, previous=previous)  # type: ignore[arg-type]
    return folded


def a_touch(number: int, *, stage: Stage = Stage.INTEREST, said: Submission = INTEREST) -> Touch:
    of = replace(identity(lead_key=f"e{number:032x}"), partition="contoso.offer")
    one = touch(of, received_at=at(hours=number), submission=said)
    return replace(one, enrichment=replace(one.enrichment, stage=stage))


def test_the_census_counts_what_stands_in_an_offer(tending: TendingBench) -> None:
    tending.persons.write(f"e{4:032x}", Person(suppressed_at=NOON))
    commit(tending, a_touch(1))
    commit(tending, a_touch(2, stage=Stage.TRIAL))
    commit(tending, a_touch(3, said=replace(INTEREST, action="DNC")))
    commit(tending, a_touch(4, stage=Stage.ACTIVE))
    commit(tending, a_touch(5, said=replace(INTEREST, is_test=True)))
    commit(tending, replace(a_touch(6), identity=identity()))

    status, fenced = tending.census.count("contoso.offer", as_of=NOON)

    assert fenced == []
    assert replace(status, statistics={}) == OfferStatus(
        partition="contoso.offer",
        as_of=NOON,
        stages={"unknown": 0, "interest": 2, "trial": 1, "active": 1},
        contact={"contactable": 2, "do-not-contact": 1, "suppressed": 1},
        tests=1,
        last_real_at=at(hours=4),
        last_test_at=at(hours=5),
    )


def test_an_offer_without_leads_counts_nothing(tending: TendingBench) -> None:
    status, fenced = tending.census.count("contoso.offer", as_of=NOON)

    assert (sum(status.stages.values()), status.tests, fenced) == (0, 0, [])
    assert (status.last_real_at, status.last_test_at) == (None, None)


@pytest.mark.parametrize(
    "fence",
    [
        Fence(kind=FenceKind.ERASING, since=NOON, through=at(hours=1)),
        Fence(kind=FenceKind.MOVING, since=NOON, to="contoso.other"),
        Fence(kind=FenceKind.MOVED, since=NOON, to="contoso.other"),
    ],
    ids=lambda fence: fence.kind.value,
)
def test_a_row_that_tells_of_no_lead_is_told_apart(tending: TendingBench, fence: Fence) -> None:
    commit(tending, a_touch(1))
    gone = commit(tending, a_touch(2))
    place = a_touch(2).identity
    tending.store.put_fence(
        place,
        fence,
        replaced=tending.store.read_lead(place),
        strays=[tending.store.recent_of(gone).row_key],
    )

    status, fenced = tending.census.count("contoso.offer", as_of=NOON)

    assert sum(status.stages.values()) == 1
    assert [(one.partition, one.lead_key, told) for one, told in fenced] == [
        (place.partition, place.lead_key, fence)
    ]


def test_the_census_counts_of_stored_leads_what_stats_counts(service: TableServiceClient) -> None:
    name = uuid4().hex
    bench = table_bench(service, name=name)
    for number, text in enumerate(
        ["x" * 255 + "😀", "\x00\ud83d " * 200, "é\n" * 400, " ", "😀" * 300]
    ):
        said = replace(INTEREST, campaign=text, lead_source=text, action=text[:300])
        one = a_touch(number, said=said)
        commit(bench, replace(one, received_at=at(days=-10 * number)))

    status, _ = bench.census.count("contoso.offer", as_of=NOON)

    rows = list(TableReading(open_table(service, f"Leads{name}")).recent("contoso.offer"))
    assert status.statistics == {period: counted(period, *rows) for period in PERIODS}
    assert len(rows) == 5


@pytest.mark.parametrize(
    ("before", "silent"),
    [
        pytest.param(at(hours=1), [], id="the first was seen at that moment"),
        pytest.param(at(hours=1) + MS, [1], id="a millisecond later"),
        pytest.param(at(hours=9), [1, 3], id="the second spoke again"),
        pytest.param(at(days=999), [1, 2, 3], id="all"),
        pytest.param(at(days=-99_999), [], id="before 1970"),
    ],
)
def test_the_silent_are_those_last_seen_before(
    tending: TendingBench, before: datetime, silent: list[int]
) -> None:
    commit(tending, a_touch(1))
    commit(tending, a_touch(2), touch(a_touch(2).identity, said="again", received_at=at(hours=9)))
    listed = commit(tending, a_touch(3))

    found = {
        place.lead_key: row for place, row in tending.census.silent("contoso.offer", before=before)
    }

    assert sorted(int(key[1:], 16) for key in found) == silent
    if 3 in silent:
        assert found[listed.lead_key] == tending.store.recent_of(listed).row_key


@pytest.mark.parametrize(
    "edit",
    [
        pytest.param({"Stage": "hot"}, id="a stage of their own"),
        pytest.param({"ContactStatus": 7}, id="a number as the status"),
        pytest.param({"LastSeen": "yesterday"}, id="a time that is none"),
        pytest.param({"IsTest": "no"}, id="a word as a truth value"),
    ],
)
def test_what_a_hand_typed_into_a_lead_stops_no_census(
    service: TableServiceClient, edit: dict[str, object]
) -> None:
    name = uuid4().hex
    bench = table_bench(service, name=name)
    commit(bench, a_touch(1))
    commit(bench, a_touch(2))
    row = {"PartitionKey": "contoso.offer", "RowKey": f"lead|e{2:032x}"}
    service.get_table_client(f"Leads{name}").update_entity(row | edit)

    status, _ = bench.census.count("contoso.offer", as_of=NOON)

    assert sum(status.stages.values()) == sum(status.contact.values()) == 2
    assert status.last_real_at in {at(hours=1), at(hours=2)}
    assert isinstance(bench.census, TableCensus)


def test_an_unknown_contact_status_is_counted_with_those_who_must_not_be_contacted(
    service: TableServiceClient,
) -> None:
    name = uuid4().hex
    bench = table_bench(service, name=name)
    commit(bench, replace(a_touch(1), submission=replace(INTEREST, contact=Contact())))
    row = {"PartitionKey": "contoso.offer", "RowKey": f"lead|e{1:032x}"}
    edit = {"ContactStatus": "maybe", "Stage": "hot"}
    service.get_table_client(f"Leads{name}").update_entity(row | edit)

    status, _ = bench.census.count("contoso.offer", as_of=NOON)

    assert status.contact["do-not-contact"] == 1
    assert status.stages["unknown"] == 1
