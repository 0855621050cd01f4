"""The LetterStore protocol, in memory and on the real table alike."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from leads.errors import CommitConflict, StorageUnavailable
from leads.letters import LetterState, StoredLetter
from leads.rejections import DeadLetter, decode_rejected, encode_failure
from tests.contract.factories import LEAD_KEY, MS, NOON, at, letter, message, payload
from tests.contract.tending_benches import TendingBench

LATER = at(hours=1)

PARKED, REDRIVEN = LetterState.PARKED, LetterState.REDRIVEN
STORED, DROPPED = LetterState.STORED, LetterState.DROPPED


def failed(
    *, delivery_id: str = "d-1", stage: str = "write", failed_at: datetime = NOON
) -> DeadLetter:
    body = message("contoso.offer", payload(), delivery_id=delivery_id, received_at=at(hours=-1))
    error = StorageUnavailable("503")
    return decode_rejected(
        encode_failure(body, stage=stage, error=error, attempts=10, failed_at=failed_at)
    )


def bury(bench: TendingBench, *letters: DeadLetter) -> list[StoredLetter]:
    for one in letters:
        bench.letters.bury(one, now=LATER)
    return [read(bench, one) for one in letters]


def read(bench: TendingBench, one: DeadLetter) -> StoredLetter:
    found = bench.letters.read(one.stage, one.key, one.redrives)
    assert found is not None
    return found


def plain(stored: StoredLetter) -> StoredLetter:
    return replace(stored, etag="")


def names(found: object) -> list[str]:
    return sorted(one.letter.key for one in found)  # type: ignore[attr-defined]


# --- burying and reading


def test_a_letter_that_nobody_buried_is_none(tending: TendingBench) -> None:
    assert tending.letters.read("write", "d-1", 0) is None


@pytest.mark.parametrize(
    "one",
    [
        pytest.param(failed(), id="a message"),
        pytest.param(replace(failed(), poisoned=True, attempts=0), id="poison"),
        pytest.param(replace(failed(), redrives=7), id="after some redrives"),
        pytest.param(letter(b"\xff"), id="a refused payload"),
        pytest.param(letter(b"write to a@b.example"), id="one that speaks of somebody"),
        pytest.param(replace(letter(), body=b""), id="nothing"),
        pytest.param(replace(letter(), body=b"@" * 65_536), id="as much as a message holds"),
    ],
)
def test_a_letter_is_read_as_it_was_buried(tending: TendingBench, one: DeadLetter) -> None:
    [stored] = bury(tending, one)

    assert stored.letter == one
    assert (stored.state, stored.count, stored.buried_at) == (PARKED, 1, LATER)
    assert (stored.times_redriven, stored.redriven_at, stored.settled_at) == (0, None, None)


def test_a_letter_knows_when_it_came_when_it_is_due_and_whom_it_speaks_of(
    tending: TendingBench,
) -> None:
    [stored] = bury(tending, failed())

    assert stored.received_at == at(hours=-1)
    assert stored.next_at == at(minutes=5)
    assert [key[0] for key in stored.lead_keys] == ["e"]


def test_a_letter_that_fails_again_is_one_that_failed_twice(tending: TendingBench) -> None:
    [first] = bury(tending, failed())

    [again] = bury(tending, failed(failed_at=LATER))

    assert again.etag != first.etag
    assert plain(again) == replace(
        plain(first),
        letter=replace(first.letter, failed_at=LATER),
        count=2,
        next_at=LATER + (at(minutes=10) - NOON),
    )


def test_a_letter_that_is_delivered_twice_is_one(tending: TendingBench) -> None:
    before, after = bury(tending, failed(), failed())

    assert after == before


@pytest.mark.parametrize("state", [REDRIVEN, STORED, DROPPED])
def test_a_letter_that_fails_anew_is_parked_and_due_whatever_was_done_about_it(
    tending: TendingBench, state: LetterState
) -> None:
    [first] = bury(tending, failed())
    sent = replace(first, state=state, next_at=None, settled_at=LATER, times_redriven=1)
    tending.letters.change(sent)

    [again] = bury(tending, failed(failed_at=at(seconds=-1)))

    assert (again.state, again.settled_at, again.count) == (PARKED, None, 2)
    assert again.next_at == at(minutes=10)


# --- finding


@pytest.fixture
def several(tending: TendingBench) -> TendingBench:
    """One letter in each state, and one that waits for a person."""
    states = {"d-parked": PARKED, "d-sent": REDRIVEN, "d-stored": STORED, "d-dropped": DROPPED}
    for key, state in states.items():
        [one] = bury(tending, failed(delivery_id=key, stage="enrich"))
        settled_at = LATER if state in {STORED, DROPPED} else None
        next_at = one.next_at if state is PARKED else None
        changed = replace(one, state=state, settled_at=settled_at, next_at=next_at)
        tending.letters.change(changed)
    bury(tending, replace(failed(delivery_id="d-final"), final=True))
    return tending


@pytest.mark.parametrize(
    ("state", "found"),
    [
        (None, ["d-dropped", "d-final", "d-parked", "d-sent", "d-stored"]),
        (PARKED, ["d-final", "d-parked"]),
        (REDRIVEN, ["d-sent"]),
        (STORED, ["d-stored"]),
        (DROPPED, ["d-dropped"]),
    ],
)
def test_letters_are_found_by_their_state(
    several: TendingBench, state: LetterState | None, found: list[str]
) -> None:
    assert names(several.letters.find(state=state)) == found


@pytest.mark.parametrize(
    ("stage", "found"), [("write", ["d-final"]), ("bury", []), ("e' or 'e' eq 'e", [])]
)
def test_letters_are_found_by_their_stage(
    several: TendingBench, stage: str, found: list[str]
) -> None:
    assert names(several.letters.find(stage=stage)) == found


@pytest.mark.parametrize(
    ("due", "found"),
    [
        pytest.param(at(minutes=5) - MS, [], id="too early"),
        pytest.param(at(minutes=5), ["d-parked"], id="at its time"),
        pytest.param(at(days=999), ["d-parked"], id="long after"),
    ],
)
def test_letters_are_found_when_they_are_due(
    several: TendingBench, due: datetime, found: list[str]
) -> None:
    assert names(several.letters.find(state=PARKED, due=due)) == found


@pytest.mark.parametrize(
    ("before", "found"),
    [
        pytest.param(LATER, [], id="settled at that moment"),
        pytest.param(LATER + MS, ["d-dropped", "d-stored"], id="settled before"),
    ],
)
def test_letters_are_found_when_they_were_settled_long_ago(
    several: TendingBench, before: datetime, found: list[str]
) -> None:
    assert names(several.letters.find(settled_before=before)) == found


def test_all_that_is_asked_for_applies(several: TendingBench) -> None:
    found = several.letters.find(state=PARKED, stage="write", due=at(days=999))

    assert names(found) == []


def test_what_is_found_is_the_letter_without_what_was_sent(tending: TendingBench) -> None:
    [stored] = bury(tending, failed())
    tending.letters.change(replace(stored, envelope=b"{}"))

    [listed] = tending.letters.find()

    whole = read(tending, stored.letter)
    assert listed == replace(whole, etag="", envelope=b"", letter=replace(whole.letter, body=b""))


def test_where_nothing_was_buried_nothing_is_found(tending: TendingBench) -> None:
    assert list(tending.letters.find()) == []


# --- changing


def test_what_changes_in_a_letter_is_kept_and_the_rest_stays(tending: TendingBench) -> None:
    [stored] = bury(tending, failed())
    changed = replace(
        stored,
        state=STORED,
        next_at=None,
        redriven_at=LATER,
        times_redriven=3,
        settled_at=LATER,
        lead_keys=frozenset({LEAD_KEY, "p1"}),
        envelope=b"{}",
    )

    tending.letters.change(changed)

    after = read(tending, stored.letter)
    assert after.etag != stored.etag
    assert plain(after) == plain(changed)


def test_what_is_taken_back_in_a_letter_is_gone(tending: TendingBench) -> None:
    [stored] = bury(tending, failed())
    tending.letters.change(replace(stored, state=DROPPED, settled_at=LATER, next_at=None))
    dropped = read(tending, stored.letter)

    tending.letters.change(replace(dropped, state=PARKED, settled_at=None, next_at=LATER))

    after = read(tending, stored.letter)
    assert plain(after) == replace(plain(stored), next_at=LATER)


def test_a_letter_that_somebody_else_changed_is_not_changed(tending: TendingBench) -> None:
    [stored] = bury(tending, failed())
    tending.letters.change(replace(stored, state=DROPPED))

    with pytest.raises(CommitConflict):
        tending.letters.change(replace(stored, state=STORED))

    assert read(tending, stored.letter).state is DROPPED


def test_a_letter_that_failed_anew_is_not_changed(tending: TendingBench) -> None:
    [stored] = bury(tending, failed())
    bury(tending, failed(failed_at=LATER))

    with pytest.raises(CommitConflict):
        tending.letters.change(replace(stored, state=STORED))

    assert read(tending, stored.letter).count == 2


def test_a_letter_that_is_gone_is_not_changed(tending: TendingBench) -> None:
    [stored] = bury(tending, failed())
    tending.letters.remove(stored)

    with pytest.raises(CommitConflict):
        tending.letters.change(replace(stored, state=STORED))

    assert list(tending.letters.find()) == []


# --- removing


def test_a_letter_is_removed_as_it_was_read_and_no_other(tending: TendingBench) -> None:
    first, second = bury(tending, failed(delivery_id="d-1"), failed(delivery_id="d-2"))

    tending.letters.remove(first)

    assert names(tending.letters.find()) == [second.letter.key]


def test_removing_a_letter_twice_is_no_error(tending: TendingBench) -> None:
    [stored] = bury(tending, failed())

    tending.letters.remove(stored)
    tending.letters.remove(stored)

    assert list(tending.letters.find()) == []


def test_a_letter_that_failed_anew_since_it_was_read_is_not_removed(tending: TendingBench) -> None:
    [stored] = bury(tending, failed())
    bury(tending, failed(failed_at=LATER))

    with pytest.raises(CommitConflict):
        tending.letters.remove(stored)

    assert read(tending, stored.letter).count == 2


def test_a_letter_that_was_only_listed_is_removed_whatever_became_of_it(
    tending: TendingBench,
) -> None:
    bury(tending, failed())
    [listed] = tending.letters.find()
    bury(tending, failed(failed_at=LATER))

    tending.letters.remove(listed)
    tending.letters.remove(listed)

    assert list(tending.letters.find()) == []
