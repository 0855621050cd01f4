from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.model import Identity, Lead, Touch
from leads.tables import keys
from leads.tables.limits import check_keys
from tests.contract import strategies
from tests.contract.factories import LEAD_KEY, MS, NOON, at, fingerprint_of, identity, lead, touch

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Around whole milliseconds, where a window begins or ends.
microseconds = st.integers(-3_000, 3_000).map(lambda us: NOON + timedelta(microseconds=us))


def test_a_touch_lies_under_its_lead_and_its_time() -> None:
    one = touch(identity(said="hello"), received_at=at(milliseconds=7))

    expected = f"touch|{LEAD_KEY}|1795348800007|{fingerprint_of('hello')[:16]}"
    assert keys.touch_row(one) == expected


def test_a_recent_row_counts_down_from_the_end_of_time() -> None:
    one = lead(touch(identity()))

    assert keys.recent_row(one) == f"recent|8204651199999|{LEAD_KEY}"


def test_a_redelivery_has_the_same_row() -> None:
    one = touch(identity())

    again = replace(one, delivery_id="another")

    assert keys.touch_row(again) == keys.touch_row(one)


@pytest.mark.parametrize("later", [1, 999, 1_000, 86_400_000])
def test_what_came_later_is_listed_first(later: int) -> None:
    older = lead(touch(identity()))

    newer = replace(older, last_seen=NOON + later * MS)

    assert keys.recent_row(newer) < keys.recent_row(older)


@given(strategies.moments, strategies.moments)
def test_touches_lie_in_the_order_of_time(one: datetime, other: datetime) -> None:
    of = identity()
    rows = [keys.touch_row(touch(of, received_at=moment)) for moment in sorted([one, other])]

    assert rows == sorted(rows)


@given(st.integers(0, 9_999_999_999_999))
def test_no_millisecond_is_lost(since: int) -> None:
    assert keys.milliseconds(EPOCH + since * MS) == since


@given(strategies.leads, strategies.touches)
def test_every_key_is_one_that_azure_takes(lead: Lead, touch: Touch) -> None:
    check_keys(lead.partition, keys.lead_row(lead.lead_key))
    check_keys(lead.partition, keys.recent_row(lead))
    check_keys(touch.identity.partition, keys.touch_row(touch))


@given(strategies.touches, strategies.lead_keys)
def test_the_range_of_a_lead_holds_its_touches_and_no_others(touch: Touch, other: str) -> None:
    start, end = keys.touch_rows(other)

    inside = start <= keys.touch_row(touch) < end

    assert inside == (touch.identity.lead_key == other)


@given(strategies.leads, strategies.touches)
def test_the_kinds_of_rows_do_not_mix(lead: Lead, touch: Touch) -> None:
    lead_row, recent = keys.lead_row(lead.lead_key), keys.recent_row(lead)

    kinds = [
        kind
        for kind in ("lead", "recent", "touch")
        for row in (lead_row, recent, keys.touch_row(touch))
        if f"{kind}|" <= row < f"{kind}}}"
    ]

    assert kinds == ["lead", "recent", "touch"]


@given(st.integers(-4, 4), microseconds, microseconds)
def test_a_window_holds_what_lies_strictly_between(ms: int, after: datetime, end: datetime) -> None:
    one = touch(identity(), received_at=NOON + ms * MS)

    start, stop = keys.touch_rows_between(one.identity, after, end)

    inside = start <= keys.touch_row(one) < stop
    assert inside == (after < one.received_at < end)


def test_a_window_that_begins_before_1970_begins_before_every_touch() -> None:
    of: Identity = identity()

    start, _ = keys.touch_rows_between(of, EPOCH - timedelta(days=1), EPOCH)

    assert start <= keys.touch_row(touch(of, received_at=EPOCH))


@pytest.mark.parametrize(
    ("before", "listed"),
    [
        pytest.param(NOON, False, id="last seen at that moment"),
        pytest.param(NOON + MS, True, id="last seen a millisecond before it"),
        pytest.param(keys.EPOCH - timedelta(days=9_999), False, id="before 1970"),
        pytest.param(keys.EPOCH, False, id="in 1970"),
        pytest.param(datetime(2286, 1, 1, tzinfo=UTC), True, id="in the far future"),
    ],
)
def test_the_range_of_the_silent_holds_who_was_last_seen_before(
    before: datetime, *, listed: bool
) -> None:
    row = keys.recent_row(lead(touch(identity(), received_at=NOON)))

    start, end = keys.recent_rows_before(before)

    assert (start <= row < end) is listed
