"""How an accepted lead is followed into the table."""

from __future__ import annotations

from leads.cli.following import DUPLICATE, STORED, Accepted, Arrival, Follower
from leads.model import Identity
from leads.store import Sighting
from tests.unit.factories import START


class Table:
    """A table in which touches show up as time goes by."""

    def __init__(self, **seconds: float) -> None:
        self.time, self.pauses = 100.0, list[float]()
        self._shows_up = seconds  # by delivery id

    def find(self, identity: Identity) -> list[Sighting]:
        return [
            Sighting(delivery_id=name, received_at=START)
            for name, seconds in self._shows_up.items()
            if self.time >= 100 + seconds and name.startswith(identity.fingerprint)
        ]

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.time += seconds

    def follow(self, *names: str, patience: float = 10) -> dict[str, Arrival]:
        follower = Follower(find=self.find, clock=lambda: self.time, pause=self.pause)
        found = follower.follow([accepted(name) for name in names], patience=patience)
        return {arrival.delivery_id: arrival for arrival in found}


def accepted(name: str) -> Accepted:
    """Return a lead whose fingerprint is the first letter of its delivery id."""
    identity = Identity(partition="o", lead_key="e", fingerprint=name[0], version=1)
    return Accepted(identity=identity, delivery_id=name, sent_at=99.5)


def test_a_lead_is_stored_when_a_touch_has_its_delivery_id() -> None:
    table = Table(a=0)

    (arrival,) = table.follow("a").values()

    assert arrival == Arrival(delivery_id="a", state=STORED, seconds=0.5)
    assert table.pauses == []


def test_each_lead_is_timed_by_itself() -> None:
    table = Table(a=0.2, b=5)

    found = table.follow("a", "b")

    assert 0.7 <= found["a"].seconds < 1
    assert 5.5 <= found["b"].seconds < 8


def test_a_touch_of_the_same_event_only_makes_it_a_duplicate() -> None:
    table = Table(a1=0)

    found = table.follow("a2")

    assert found["a2"].state == DUPLICATE


def test_a_touch_of_its_own_counts_more_than_an_earlier_one() -> None:
    table = Table(a1=0, a2=0)

    found = table.follow("a2")

    assert found["a2"].state == STORED


def test_what_is_not_there_in_time_is_left_out() -> None:
    table = Table(a=0, b=60)

    found = table.follow("a", "b", patience=10)

    assert set(found) == {"a"}
    assert table.time == 110


def test_pauses_grow_up_to_two_seconds() -> None:
    table = Table()

    table.follow("a", patience=30)

    grown = table.pauses[:-1]  # the last one is what was left
    assert grown == sorted(grown)
    assert (grown[0], grown[-1]) == (0.1, 2)


def test_without_patience_it_looks_once() -> None:
    table = Table(a=0, b=1)

    found = table.follow("a", "b", patience=0)

    assert (set(found), table.pauses) == ({"a"}, [])


def test_nothing_to_follow_takes_no_time() -> None:
    table = Table()

    assert table.follow() == {}
    assert table.pauses == []
