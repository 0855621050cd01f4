"""Nothing that comes is missed, and nothing is shown twice (leads/cli/watching.py)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import pytest

from leads.cli.watching import LATE, NEWEST, Watch
from leads.errors import StorageUnavailable

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
MS = timedelta(milliseconds=1)
MINUTE = timedelta(minutes=1)
OFFER, OTHER = "contoso.saas", "contoso.vm"


@dataclass
class Lists:
    """The lists of the table Leads, with a count of what is asked of them."""

    rows: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    requests: int = 0
    read: int = 0
    broken: set[str] = field(default_factory=set)

    def put(self, name: str, seen: datetime = NOON, *, offer: str = OFFER, n: int = 1) -> None:
        """List the lead *name*, once, as recording does."""
        listed = self.rows.setdefault(offer, {})
        for key in [key for key in listed if key.endswith(f"|{name}")]:
            del listed[key]
        key = f"recent|{10**13 - int(seen.timestamp() * 1000)}|{name}"
        listed[key] = {
            "RowKey": key,
            "Name": name,
            "LastSeen": seen,
            "TouchCount": n,
            "FoldVersion": 1,
        }

    def row(self, name: str) -> dict[str, Any]:
        """Return the row that lists *name*."""
        rows = (row for listed in self.rows.values() for row in listed.values())
        return next(row for row in rows if row["Name"] == name)

    def offers(self) -> Iterator[str]:
        last = ""
        while True:
            self._ask("offers")
            following = sorted(offer for offer in self.rows if offer > last)
            if not following:
                return
            last = following[0]
            yield last

    def recent(
        self, offer: str, *, since: datetime | None = None, page: int | None = None
    ) -> Iterator[Mapping[str, Any]]:
        rows = sorted(self.rows.get(offer, {}).items())
        wanted = [row for _, row in rows if since is None or row["LastSeen"] >= since]
        for number, row in enumerate(wanted):
            if number % (page or 1_000) == 0:
                self._ask(offer)
            self.read += 1
            yield dict(row)
        if not wanted:
            self._ask(offer)

    def _ask(self, what: str) -> None:
        self.requests += 1
        if what in self.broken:
            raise StorageUnavailable("could not query rows: 503 ServerBusy")


def watching(lists: Lists, *, only: str | None = None, since: datetime | None = None) -> Watch:
    watch = Watch(lists, nullcontext, only)
    watch.begin(since)
    return watch


def shown(rows: list[Mapping[str, Any]]) -> list[str]:
    return [row["Name"] for row in rows]


def test_what_is_there_already_is_not_shown() -> None:
    lists = Lists()
    lists.put("ada")

    watch = watching(lists)

    assert shown(watch.look()) == []


def test_what_comes_is_shown_once_the_oldest_first() -> None:
    lists = Lists()
    watch = watching(lists, only=OFFER)
    lists.put("grace", NOON + MS)
    lists.put("ada", NOON)

    first, second = watch.look(), watch.look()

    assert (shown(first), shown(second)) == (["ada", "grace"], [])


def test_leads_of_the_same_millisecond_are_all_shown_however_they_come() -> None:
    lists = Lists()
    watch = watching(lists, only=OFFER)
    met = []

    for name in ("grace", "ada", "radia"):
        lists.put(name)
        met.append(shown(watch.look()))

    assert met == [["grace"], ["ada"], ["radia"]]


def test_a_lead_of_the_same_millisecond_as_the_last_one_before_the_watch_is_shown() -> None:
    lists = Lists()
    fill(lists, NEWEST)
    watch = watching(lists)

    lists.put("ada", lists.row("lead 0")["LastSeen"])
    lists.put("grace", lists.row(f"lead {NEWEST - 1}")["LastSeen"])

    assert sorted(shown(watch.look())) == ["ada", "grace"]


def test_a_customer_who_returns_is_shown_again_with_how_often() -> None:
    lists = Lists()
    lists.put("ada")
    watch = watching(lists)
    lists.put("ada", NOON + MINUTE, n=2)

    (row,) = watch.look()

    assert (row["Name"], row["TouchCount"]) == ("ada", 2)


def test_a_lead_whose_row_changes_where_it_lies_is_shown_again() -> None:
    lists = Lists()
    lists.put("ada")
    watch = watching(lists)
    lists.row("ada")["ContactStatus"] = "suppressed"

    assert (shown(watch.look()), shown(watch.look())) == (["ada"], [])


def test_a_row_that_newer_code_wrote_again_is_not_news() -> None:
    lists = Lists()
    lists.put("ada")
    watch = watching(lists)
    lists.row("ada")["FoldVersion"] = 2

    assert shown(watch.look()) == []


def test_a_lead_that_reaches_the_table_after_a_later_one_is_shown() -> None:
    lists = Lists()
    fill(lists, 3 * NEWEST, apart=MS)
    watch = watching(lists)
    lists.put("grace", NOON)
    first = shown(watch.look())

    lists.put("ada", NOON - LATE)

    assert (first, shown(watch.look())) == (["grace"], ["ada"])


def test_a_lead_that_is_days_late_is_shown_among_the_newest() -> None:
    few, many = Lists(), Lists()
    fill(few, NEWEST - 1)
    fill(many, 3 * NEWEST, apart=timedelta(hours=1))
    watches = [watching(lists) for lists in (few, many)]

    few.put("ada", NOON - timedelta(days=30))
    many.put("grace", NOON - timedelta(days=4))

    assert [shown(watch.look()) for watch in watches] == [["ada"], ["grace"]]


def test_leads_that_are_gone_do_not_move_the_window_back() -> None:
    lists = Lists()
    fill(lists, 2 * NEWEST)
    lists.put("ada", NOON - LATE - 10 * MS)
    watch = watching(lists)
    for number in range(30):
        del lists.rows[OFFER][lists.row(f"lead {number}")["RowKey"]]

    assert [shown(watch.look()) for _ in range(3)] == [[], [], []]


@pytest.mark.parametrize("number", [0, 1, NEWEST, 900])
def test_a_look_costs_one_request_for_an_offer(number: int) -> None:
    lists = Lists()
    fill(lists, number, apart=MINUTE)
    watch = watching(lists, only=OFFER)
    lists.requests = lists.read = 0

    watch.look()

    assert lists.requests == 1
    assert lists.read <= NEWEST


def test_looking_for_new_offers_costs_a_twelfth_more_and_finds_them_within_twelve_looks() -> None:
    lists = Lists()
    for number in range(48):
        lists.put("ada", offer=f"offer-{number:02}")
    watch = watching(lists)
    watch.look()
    lists.put("grace", offer="offer-17-and-a-half")
    lists.requests = 0

    met = [name for _ in range(12) for name in shown(watch.look())]

    assert met == ["grace"]
    assert lists.requests <= 12 * (49 + 5)


def test_all_leads_of_an_offer_that_appears_are_shown() -> None:
    lists = Lists()
    lists.put("ada")
    watch = watching(lists)
    lists.put("grace", NOON - timedelta(days=3), offer=OTHER)
    lists.put("radia", offer=OTHER)

    met = [name for _ in range(3) for name in shown(watch.look())]

    assert met == ["grace", "radia"]


def test_an_offer_that_was_named_is_watched_before_it_exists_and_no_other() -> None:
    lists = Lists()
    watch = watching(lists, only=OTHER)
    lists.put("ada", offer=OFFER)
    lists.put("grace", offer=OTHER)

    assert shown(watch.look()) == ["grace"]


def test_leads_since_a_time_come_first_and_only_once() -> None:
    lists = Lists()
    fill(lists, 2 * NEWEST, apart=MINUTE)
    lists.put("old", NOON - timedelta(days=9))

    watch = Watch(lists, nullcontext)
    begun = shown(watch.begin(NOON - 150 * MINUTE))

    assert begun == [f"lead {n}" for n in reversed(range(150 + 1))]
    assert shown(watch.look()) == []


def test_an_offer_that_cannot_be_read_does_not_hide_the_others_and_misses_nothing() -> None:
    lists = Lists()
    for offer in (OFFER, OTHER):
        lists.put("ada", offer=offer)
    watch = Watch(lists, lambda: suppress(StorageUnavailable))
    watch.begin()
    lists.broken = {OFFER, "offers"}
    lists.put("grace", offer=OFFER)
    lists.put("radia", offer=OTHER)

    during = shown(watch.look())
    lists.broken = set()
    after = shown(watch.look())

    assert (during, after) == (["radia"], ["grace"])


def test_a_watch_that_cannot_begin_says_so() -> None:
    lists = Lists(broken={"offers"})

    with pytest.raises(StorageUnavailable):
        Watch(lists, lambda: suppress(StorageUnavailable)).begin()


def test_a_time_that_a_hand_typed_stops_nobody() -> None:
    lists = Lists()
    fill(lists, NEWEST)
    watch = watching(lists)
    lists.put("ada", NOON + MINUTE)
    rows = list(islice(lists.recent(OFFER), NEWEST + 1))
    typed = [dict(row) | {"LastSeen": "yesterday"} for row in rows]

    assert shown(watch.windows[OFFER].news(typed))[0] == "ada"


def fill(lists: Lists, number: int, *, apart: timedelta = MS) -> None:
    """List so many leads, the newest one at noon."""
    for n in range(number):
        lists.put(f"lead {n}", NOON - n * apart)
