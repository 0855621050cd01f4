from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devhost.ncrontab import InvalidSchedule, parse

NOW = datetime(2026, 11, 22, 8, 59, 30, 500, tzinfo=UTC)  # a Sunday


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("* * * * * *", "2026-11-22T08:59:31"),
        ("0 */5 * * * *", "2026-11-22T09:00:00"),
        ("*/15 * * * * *", "2026-11-22T08:59:45"),
        ("0 0 8-17/3 * * *", "2026-11-22T11:00:00"),
        ("0 30 9 * * Mon-Fri", "2026-11-23T09:30:00"),
        ("0 0 0 1 JAN *", "2027-01-01T00:00:00"),
        ("0 0 0 29 2 *", "2028-02-29T00:00:00"),
        ("0 0 12 13 * 5", "2027-08-13T12:00:00"),
        ("5,10 0 0 * * *", "2026-11-23T00:00:05"),
        ("*/5 * * * *", "2026-11-22T09:00:00"),
    ],
)
def test_the_next_time_follows_ncrontab(text: str, expected: str) -> None:
    """Source: NCrontab; both day fields must match, and five fields mean second 0."""
    due = parse(text).next(NOW)

    assert due is not None
    assert due.isoformat() == f"{expected}+00:00"


def test_a_date_that_never_comes_has_no_next_time() -> None:
    assert parse("0 0 0 30 2 *").next(NOW) is None


@given(st.datetimes(datetime(2000, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - hypothesis wants naive limits
def test_the_next_time_is_later_and_no_further_than_the_step(now: datetime) -> None:
    due = parse("0 */5 * * * *").next(now)

    assert due is not None
    assert timedelta(0) < due - now <= timedelta(minutes=5)


@pytest.mark.parametrize(
    "text", ["", "* * * *", "60 * * * * *", "*/0 * * * * *", "0 0 0 * * 7", "x * * * * *"]
)
def test_what_is_no_expression_is_refused(text: str) -> None:
    with pytest.raises(InvalidSchedule):
        parse(text)
