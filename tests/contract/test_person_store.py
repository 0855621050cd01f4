"""The PersonStore protocol, in memory and on the real table alike."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from leads.errors import CommitConflict
from leads.model import Person
from tests.contract.factories import LEAD_KEY, MS, NOON, at
from tests.contract.tending_benches import TendingBench

LATER = at(hours=1)
OBJECTED = Person(suppressed_at=NOON, changed_at=NOON)
ERASED = Person(erased_at=NOON, changed_at=NOON)


def test_a_person_who_wished_nothing_has_no_wishes(tending: TendingBench) -> None:
    assert tending.persons.read(LEAD_KEY) == Person()


@pytest.mark.parametrize(
    "person",
    [
        pytest.param(ERASED, id="erased"),
        pytest.param(OBJECTED, id="objected"),
        pytest.param(replace(ERASED, suppressed_at=LATER, changed_at=LATER), id="both"),
        pytest.param(Person(changed_at=LATER), id="an objection taken back"),
    ],
)
def test_wishes_are_read_as_they_were_written_by_recording_too(
    tending: TendingBench, person: Person
) -> None:
    tending.persons.write(LEAD_KEY, person)

    assert tending.persons.read(LEAD_KEY) == person
    assert tending.store.read_person(LEAD_KEY) == person


def test_a_wish_that_is_taken_back_is_gone(tending: TendingBench) -> None:
    tending.persons.write(LEAD_KEY, OBJECTED)

    tending.persons.write(LEAD_KEY, Person(changed_at=LATER))

    assert tending.persons.read(LEAD_KEY).suppressed_at is None


@pytest.mark.parametrize("before", [Person(), OBJECTED], ids=["the first wish", "another wish"])
def test_a_wish_is_told_beside_those_that_stand(tending: TendingBench, before: Person) -> None:
    if before != Person():
        tending.persons.write(LEAD_KEY, before)

    told = tending.persons.update(LEAD_KEY, lambda known: replace(known, erased_at=LATER))

    after = replace(before, erased_at=LATER)
    assert told == (before, after)
    assert tending.persons.read(LEAD_KEY) == after


def test_a_wish_that_stands_already_is_not_written(tending: TendingBench) -> None:
    tending.persons.write(LEAD_KEY, OBJECTED)

    assert tending.persons.update(LEAD_KEY, lambda known: known) == (OBJECTED, OBJECTED)


@pytest.mark.parametrize("before", [Person(), OBJECTED], ids=["the first wish", "another wish"])
def test_of_two_wishes_told_at_once_none_is_overwritten(
    tending: TendingBench, before: Person
) -> None:
    if before != Person():
        tending.persons.write(LEAD_KEY, before)

    def tell(known: Person) -> Person:
        tending.persons.write(LEAD_KEY, ERASED)
        return replace(known, suppressed_at=LATER)

    with pytest.raises(CommitConflict):
        tending.persons.update(LEAD_KEY, tell)

    assert tending.persons.read(LEAD_KEY) == ERASED


@pytest.mark.parametrize(
    ("since", "told"),
    [
        pytest.param(NOON, ["k-3", "k-2", "k-1"], id="all, the newest first"),
        pytest.param(NOON + MS, ["k-3", "k-2"], id="without what was told before"),
        pytest.param(at(hours=2), ["k-3"], id="the newest"),
        pytest.param(at(hours=2) + MS, [], id="none"),
    ],
)
def test_the_wishes_of_a_time_are_found(
    tending: TendingBench, since: datetime, told: list[str]
) -> None:
    wishes = {
        "k-2": Person(suppressed_at=LATER, changed_at=LATER),
        "k-3": Person(erased_at=NOON, changed_at=at(hours=2)),
        "k-1": ERASED,
    }
    for key, person in wishes.items():
        tending.persons.write(key, person)

    found = tending.persons.changed_since(since)

    assert list(found) == [(key, wishes[key]) for key in told]


def test_an_erasure_that_only_says_when_it_was_is_found(tending: TendingBench) -> None:
    tending.persons.write("k-1", Person(erased_at=NOON))

    assert list(tending.persons.changed_since(NOON)) == [("k-1", Person(erased_at=NOON))]
