from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from leads.cli.moments import moment_of

NOW = datetime(2026, 11, 22, 15, 30, tzinfo=UTC)
TODAY = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("today", TODAY),
        ("Today", TODAY),
        ("yesterday", TODAY - timedelta(days=1)),
        ("2026-11-20", datetime(2026, 11, 20, tzinfo=UTC)),
        ("2026-11-20T08:15", datetime(2026, 11, 20, 8, 15, tzinfo=UTC)),
        ("2026-11-20 08:15:30", datetime(2026, 11, 20, 8, 15, 30, tzinfo=UTC)),
        ("2026-11-20T08:15:00Z", datetime(2026, 11, 20, 8, 15, tzinfo=UTC)),
        ("2026-11-20t08:15:00z", datetime(2026, 11, 20, 8, 15, tzinfo=UTC)),
        ("2026-11-20T08:15+02:00", datetime(2026, 11, 20, 6, 15, tzinfo=UTC)),
        ("45m", NOW - timedelta(minutes=45)),
        ("12h", NOW - timedelta(hours=12)),
        ("7d", NOW - timedelta(days=7)),
        ("7 d", NOW - timedelta(days=7)),
        (" 2w ", NOW - timedelta(weeks=2)),
    ],
)
def test_a_moment_is_typed_as_people_say_it_and_means_utc(typed: str, meant: datetime) -> None:
    assert moment_of(typed, now=NOW) == meant


@pytest.mark.parametrize(
    "typed",
    ["", "tomorrow", "22.11.2026", "2026-13-01", "7", "7y", "-7d", "1.5h", "99999999d",
     "99999w" * 2, "0001-01-01T00:00+14:00"],
)  # fmt: skip
def test_what_is_no_moment_is_none(typed: str) -> None:
    assert moment_of(typed, now=NOW) is None


def test_so_long_ago_that_no_calendar_reaches_it_is_none() -> None:
    assert moment_of("99999w", now=datetime(1900, 1, 1, tzinfo=UTC)) is None
