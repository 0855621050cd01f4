"""One run of tending, from end to end, and at every moment at which it can be disturbed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from leads.errors import StorageUnavailable
from leads.letters import LetterState
from leads.model import Person
from leads.names import ENRICHED, POISON_QUEUES, RECEIVED, REJECTED
from leads.rejections import DeadLetter, decode_rejected, encode_failure, encode_refusal
from leads.tending.patience import ENDURED, Patience, from_another_one
from leads.tending.ports import Bounds
from leads.tending.run import STEPS, TendReport, tend
from tests.unit.factories import ADA, START, payload, received
from tests.unit.world import World, at_each_moment, killed_at_each_moment

YEAR = timedelta(days=365)
CANARY = "kanarienvogel"
OFFERS = 2


def said(name: str, offer: str = "contoso.one") -> str:
    person = ADA | {"Email": f"{name}@contoso.com"}
    return payload(person=person, LeadSource=f"AzureMarketplace-INS|{offer}")


def failed(name: str, *, after: timedelta = timedelta()) -> DeadLetter:
    """Return the letter of a message that failed."""
    return decode_rejected(rejection(name, after=after))


def rejection(name: str, *, after: timedelta = timedelta()) -> bytes:
    body = received(said(name), delivery_id=name, after=after)
    error = StorageUnavailable("503")
    return encode_failure(body, stage="write", error=error, attempts=10, failed_at=START + after)


def busy() -> World:
    """Return a world with something to do for every step."""
    world = World(retention=YEAR)
    world.post(said("silent"), delivery_id="silent")
    world.run_app()
    world.now = START + 2 * YEAR
    for number in range(OFFERS):
        world.post(said("eve", f"contoso.offer{number}"), delivery_id=f"eve-{number}")
    world.run_app()
    world.bury(failed("old", after=2 * YEAR))
    stored = world.bury(failed("stored"))
    world.change(stored, state=LetterState.STORED, settled_at=START)
    world.bury(decode_rejected(encode_refusal(b"{", cause="invalid-json", rejected_at=world.now)))
    world.post(said("aging"), delivery_id="aging")
    world.pass_by(days=5)
    after = world.now - START
    poison = received(said("poison"), delivery_id="poison", after=after)
    world.queue(POISON_QUEUES[0]).put(poison)
    world.queue(POISON_QUEUES[2]).put(rejection("inner", after=after))
    key = next(lead.lead_key for lead in world.leads() if lead.contact.email.startswith("eve"))
    world.store.persons[key] = Person(suppressed_at=world.now, changed_at=world.now)
    world.pass_by(minutes=10)
    return world


def run(world: World) -> TendReport:
    return tend(world.ports, world.bounds)


def settled(world: World) -> World:
    """Let app and timer go on until there is nothing left to do."""
    for _ in range(4):
        world.run_app()
        world.pass_by(hours=4)
        run(world)
    return world


def facts(world: World) -> dict[str, object]:
    """Return what must not depend on how often and how far tending ran."""
    when = {"NextAt", "RedrivenAt", "SettledAt", "TimesRedriven", "BuriedAt"}
    letters: dict[str, object] = {
        name: {k: v for k, v in row.items() if k not in when}  # type: ignore[attr-defined]
        for name, row in world.rows().items()
        if name.startswith("letter ")
    }
    return world.store.rows() | letters


def test_a_run_does_every_step_and_says_how_much() -> None:
    world = busy()

    report = run(world)

    assert report == TendReport(
        counts={
            "renewed": 1,
            "buried": 2,
            "redriven": 3,
            "leads_changed": OFFERS,
            "retired": 1,
            "letters_removed": 1,
            "offers_counted": OFFERS,
        }
    )


def test_after_it_everything_is_where_it_belongs() -> None:
    world = settled(busy())

    names = sorted(lead.contact.email.partition("@")[0] for lead in world.leads())
    states = {name.partition("/")[0]: state for name, state in world.states().items()}
    assert names == ["aging", "eve", "eve", "inner", "old", "poison"]
    assert {lead.touch_count for lead in world.leads()} == {1}
    assert states == {
        "receive": LetterState.PARKED,
        "enrich": LetterState.STORED,
        "write": LetterState.STORED,
    }
    assert [world.bodies(name) for name in (RECEIVED, ENRICHED, REJECTED)] == [[], [], []]


def test_the_status_says_what_stands_in_the_tables_after_the_run() -> None:
    world = settled(busy())

    status = world.status.status
    assert status is not None
    assert (status.as_of, status.failures) == (world.now, [])
    assert status.leads == len(world.leads())
    assert status.letters.parked == 1
    assert status.oldest_at is None


def test_a_run_with_nothing_to_do_says_nothing() -> None:
    assert run(World()) == TendReport()


def test_a_second_run_finds_nothing_but_what_it_counts() -> None:
    world = settled(busy())

    report = run(world)

    assert report == TendReport(counts={"offers_counted": OFFERS + 1})


# --- what fails


@pytest.mark.parametrize(
    ("call", "step"),
    [
        ("peek", "keep_alive"),
        ("bury", "drain_poison"),
        ("find", "confirm_redriven"),
        ("changed_since", "repeat_wishes"),
        ("silent", "retire_leads"),
        ("write_offer", "count_offers"),
    ],
)
def test_a_step_that_fails_stops_no_other_and_is_told(call: str, step: str) -> None:
    world = busy()
    world.down = {call}

    report = run(world)

    steps = {failure.partition(":")[0] for failure in report.failures}
    assert step in steps
    assert len(steps) < len(STEPS)
    assert all(f"StorageUnavailable: {call}: 503" in failure for failure in report.failures)


def test_what_a_run_could_not_do_stands_in_the_status() -> None:
    world = busy()
    world.down = {"silent"}

    report = run(world)

    assert world.status.status is not None
    assert world.status.status.failures == list(report.failures)
    assert report.failures == ("retire_leads: StorageUnavailable: silent: 503",)


def test_a_status_that_cannot_be_written_is_a_failure_too() -> None:
    world = World()
    world.down = {"write_status"}

    assert run(world).failures == ("status: StorageUnavailable: write_status: 503",)


def test_no_failure_repeats_what_a_customer_sent() -> None:
    world = busy()

    def stumble(call: str) -> None:
        if call in {"bury", "read_letter", "count"}:
            raise KeyError(CANARY)

    world.before = stumble
    report = run(world)

    assert len(report.failures) >= 3
    assert CANARY not in " ".join(report.failures)


def test_where_storage_is_down_every_step_gives_up_soon() -> None:
    world = busy()

    def refuse(call: str) -> None:
        raise StorageUnavailable(f"{call}: 503")

    world.calls.clear()
    world.before = refuse
    report = run(world)

    assert [failure.partition(":")[0] for failure in report.failures] == [*STEPS, "status"]
    assert len(world.calls) < 30


# --- disturbed


def test_an_end_of_the_process_at_any_moment_leaves_the_same_in_the_end() -> None:
    expected = facts(settled(busy()))

    rounds = 0
    for world in killed_at_each_moment(busy, run, every=3):
        rounds += 1
        assert facts(settled(world)) == expected

    assert rounds > 30


def test_two_runs_at_once_leave_the_same_in_the_end() -> None:
    expected = facts(settled(busy()))

    for world in at_each_moment(busy, run, run, every=5):
        assert facts(settled(world)) == expected


def test_the_app_may_read_its_queues_at_any_moment_of_a_run() -> None:
    expected = facts(settled(busy()))

    for world in at_each_moment(busy, run, World.run_app, every=5):
        assert facts(settled(world)) == expected


# --- bounded


def test_no_step_takes_all_the_time() -> None:
    world = World()
    for number in range(300):
        world.bury(replace(failed("ada"), key=f"d-{number}"))
    world.pass_by(minutes=10)
    world.queue(POISON_QUEUES[0]).put(b"poison")
    world.post()
    world.pass_by(days=5)
    world.post(said("eve"), delivery_id="d-eve")
    asked = iter(range(10_000))
    bounds = Bounds(now=world.now, clock=lambda: float(next(asked)), ends_at=400.0)

    report = tend(world.ports, bounds)

    assert report.counts["redriven"] < 100
    assert (report.counts["renewed"], report.counts["buried"]) == (2, 1)
    assert world.status.status is not None


def test_a_run_without_time_begins_nothing_and_still_tells_how_things_are() -> None:
    world = busy()
    before = world.rows()

    report = tend(world.ports, world.bounds_of(0))

    assert (report, world.rows()) == (TendReport(), before)
    assert world.status.status is not None


def test_many_short_runs_do_what_one_long_one_does() -> None:
    expected = facts(settled(busy()))
    world = busy()

    for _ in range(30):
        tend(world.ports, world.bounds_of(60))
        world.run_app()
        world.pass_by(minutes=5)

    assert facts(settled(world)) == expected


def test_messages_that_would_expire_are_the_first_thing() -> None:
    assert next(iter(STEPS)) == "keep_alive"


@pytest.mark.parametrize(("parts", "ends_at"), [(1, 18.0), (2, 14.0), (8, 11.0)])
def test_a_share_is_an_equal_part_of_the_time_that_is_left(parts: int, ends_at: float) -> None:
    bounds = Bounds(now=START, clock=lambda: 10.0, ends_at=18.0)

    assert bounds.share(parts).ends_at == ends_at


# --- patience


def test_patience_tells_of_the_first_failure_at_the_end() -> None:
    calm = Patience()

    for number in range(ENDURED - 1):
        with calm.with_one():
            raise StorageUnavailable(str(number))

    with pytest.raises(StorageUnavailable, match="0"):
        calm.end()


def test_patience_has_an_end() -> None:
    calm = Patience()
    failures = [StorageUnavailable(str(number)) for number in range(ENDURED)]
    for failure in failures[:-1]:
        with calm.with_one():
            raise failure

    with pytest.raises(StorageUnavailable, match=str(ENDURED - 1)), calm.with_one():
        raise failures[-1]

    assert ENDURED == 5


def test_patience_that_was_not_needed_ends_in_peace() -> None:
    calm = Patience()

    with calm.with_one():
        pass

    calm.end()


@pytest.mark.parametrize("many", [0, 1, 2, 7, 100])
def test_work_begins_elsewhere_each_time_and_is_all_there(many: int) -> None:
    work = list(range(many))

    orders = [from_another_one(work, START + timedelta(minutes=5 * n)) for n in range(300)]

    assert all(sorted(order) == work for order in orders)
    assert {order[0] for order in orders if order} == set(work)


def test_a_faulty_setting_stops_nothing_without_which_messages_would_expire() -> None:
    world = busy()
    faulty = replace(world.ports, faults=["LEADS_DNC_POLICY is none of latest, sticky"])

    report = tend(faulty, world.bounds)

    assert set(report.counts) == {"buried", "renewed"}
    assert report.failures == ("settings: LEADS_DNC_POLICY is none of latest, sticky",)
