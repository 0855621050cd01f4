"""The state machine: what people, hosts and clocks may do to the app, in any order."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from leads.names import ENRICHED, QUEUES, RECEIVED
from tests.model import host, people, rest, timer
from tests.model.base import Model
from tests.model.cast import ACTIONS, Lines
from tests.model.draws import (
    IN_A_STAGE,
    IN_BETWEEN,
    IN_TENDING,
    IN_UPKEEP,
    KEEPING_ALIVE,
    LINES,
    NUMBERS,
    STAGE,
    TIMES,
    others,
)
from tests.model.laws import check_always
from tests.model.tables import letters
from tests.model.wire import Event, Interruption

A_MOMENT = timedelta(seconds=1)
OLD = timedelta(days=4.5)
"""Of a message: to be kept alive, if nobody did so yet."""

ODDITIES = ("at a broken door", "in the next version", "what is no lead", "into a queue")


class Machine(Model):
    """Everything that may happen."""

    @invariant()
    def laws_hold(self) -> None:
        self.steps += 1
        check_always(self.world)

    @initialize(many=st.lists(LINES, max_size=3))
    def begin(self, many: list[Lines]) -> None:
        for lines in many:
            host.post(self.world, self.payload(lines))
            rest.deliver_all(self.world, *QUEUES)

    @rule(lines=LINES, slow=st.sampled_from([0, 0, 3]), interruption=IN_BETWEEN)
    def post(self, lines: Lines, slow: int, interruption: Interruption | None) -> None:
        timer.pass_time(self.world, A_MOMENT)
        payload = self.payload(lines)
        host.post(self.world, payload, interruption, slow=timedelta(seconds=slow))

    @precondition(lambda self: self.payloads)
    @rule(number=NUMBERS, enriched=st.booleans())
    def post_again(self, number: int, enriched: bool) -> None:
        timer.pass_time(self.world, A_MOMENT)
        host.post(self.world, self.payloads[-1 - number % len(self.payloads)])
        if enriched:
            rest.deliver_all(self.world, RECEIVED)

    @rule(lines=LINES, actions=st.lists(st.sampled_from(ACTIONS), min_size=2, max_size=3))
    def post_one_after_the_other(self, lines: Lines, actions: list[str]) -> None:
        for action in actions:
            host.post(self.world, self.payload(replace(lines, action=action)))
        rest.deliver_all(self.world, RECEIVED)

    @rule(lines=LINES, oddity=st.sampled_from(ODDITIES))
    def post_oddly(self, lines: Lines, oddity: str) -> None:
        match oddity:
            case "at a broken door":
                host.post_at_broken_door(self.world, self.payload(lines))
            case "in the next version" if not self.world.knows_next_version:
                host.post(self.world, self.payload(lines), version=2)
            case "what is no lead":
                host.post_nonsense(self.world, b"Please call ada.lovelace@contoso.com")
            case "into a queue":
                host.put(self.world, (RECEIVED, b"no envelope"))

    @precondition(lambda self: self.world.envelopes)
    @rule(number=NUMBERS, name=st.sampled_from([RECEIVED, ENRICHED]))
    def redeploy_with_an_old_envelope(self, number: int, name: str) -> None:
        host.put(self.world, (name, self.world.envelopes[-1 - number % len(self.world.envelopes)]))

    @rule(number=NUMBERS, interruption=IN_A_STAGE)
    def deliver(self, number: int, interruption: Interruption | None) -> None:
        self.deliver_some(number, interruption)

    @precondition(lambda self: self.waiting(ENRICHED))
    @rule(number=NUMBERS, interruption=IN_A_STAGE)
    def write(self, number: int, interruption: Interruption | None) -> None:
        self.deliver_some(number, interruption, ENRICHED)

    @precondition(lambda self: self.waiting(ENRICHED))
    @rule(number=NUMBERS, interruption=others(*STAGE))
    def write_while_others_work(self, number: int, interruption: Interruption) -> None:
        self.deliver_some(number, interruption, ENRICHED)

    @precondition(lambda self: len(self.waiting(ENRICHED)) > 1)
    @rule(number=NUMBERS, faster=NUMBERS)
    def write_two_in_a_race(self, number: int, faster: int) -> None:
        race = Interruption(0, Event.OTHER, faster, call="commit")
        self.deliver_some(number, race, ENRICHED)

    @rule(number=NUMBERS, buried=st.booleans())
    def deliver_in_vain(self, number: int, buried: bool) -> None:
        for _ in range(host.ATTEMPTS + 1):
            self.deliver_some(number, Interruption(0, Event.CRASH))
        if buried:
            timer.tend(self.world)

    @rule()
    def enrich_all(self) -> None:
        rest.deliver_all(self.world, RECEIVED)

    @rule()
    def deliver_all(self) -> None:
        rest.deliver_all(self.world, *QUEUES)

    @rule(interruption=IN_TENDING)
    def tend(self, interruption: Interruption | None) -> None:
        timer.tend(self.world, interruption)

    @precondition(lambda self: self.waiting())
    @rule(interruption=KEEPING_ALIVE)
    def tend_late(self, interruption: Interruption) -> None:
        timer.pass_time(self.world, OLD)
        timer.tend(self.world, interruption)

    @rule(much=TIMES)
    def time_passes(self, much: timedelta) -> None:
        timer.pass_time(self.world, much)

    @precondition(lambda self: self.world.letters.rows)
    @rule(number=NUMBERS, interruption=IN_BETWEEN)
    def redrive_by_hand(self, number: int, interruption: Interruption | None) -> None:
        waiting = list(letters(self.world))
        people.redrive(self.world, waiting[number % len(waiting)], interruption)

    @precondition(lambda self: self.world.letters.rows)
    @rule(number=NUMBERS)
    def drop_a_letter(self, number: int) -> None:
        waiting = list(letters(self.world))
        people.drop(self.world, waiting[number % len(waiting)])

    @rule(number=NUMBERS, interruption=IN_UPKEEP)
    def forget(self, number: int, interruption: Interruption | None) -> None:
        people.forget(self.world, number, interruption)

    @rule(number=NUMBERS, interruption=IN_UPKEEP)
    def object_to_contact(self, number: int, interruption: Interruption | None) -> None:
        people.object_to_contact(self.world, number, interruption)

    @rule(number=NUMBERS, kind=st.integers(0, 3))
    def edit_by_hand(self, number: int, kind: int) -> None:
        people.spoil(self.world, number, kind)

    @precondition(lambda self: self.world.ledger.edited)
    @rule(interruption=IN_UPKEEP)
    def rebuild(self, interruption: Interruption | None) -> None:
        people.rebuild(self.world, interruption)

    @rule(number=st.integers(0, 2), interruption=IN_UPKEEP)
    def merge_offers(self, number: int, interruption: Interruption | None) -> None:
        people.merge(self.world, number, interruption)

    @rule(down=st.booleans())
    def tables(self, down: bool) -> None:
        if down and not self.world.wire.tables_are_down:
            self.world.down_since = self.world.now
        self.world.wire.tables_are_down = down

    @precondition(lambda self: not self.world.knows_next_version)
    @rule()
    def deploy_next_version(self) -> None:
        self.world.knows_next_version = True
