"""Each number on the overview is what `python -m leads stats` says for the same moment."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import pytest
from azure.data.tables import TableServiceClient

from devhost.azurite import Azurite
from leads.statistics import PERIODS, periods
from leads.tables import keys
from leads.tables.connection import open_table
from leads.tables.status import TableStatus
from tests.end_to_end.app import Row, lead
from tests.end_to_end.operating import System, running
from tests.end_to_end.recorded import Recorder

DAY = timedelta(days=1)
AGES = [0.01, 0.1, 0.9, 1.5, 6.9, 7.1, 13, 29.5, 30.5, 40, 54, 70, 400]  # days
OFFERS = [f"contoso.offer-{number:02}" for number in range(13)]  # more than the funnel has lines
ACTIONS = ["INS", "PLT", "Create", "StartTestDrive", "DNC", "Reserve"]
COUNTRIES = ["SE", "GB", "US", "Deutschland", "", "Atlantis"]
CAMPAIGNS = ["", *(f"campaign <{number}>" for number in range(14))]
STAGES = ["active", "trial", "interest", "unknown"]
OTHERS, NOBODY = "All others", "None named"


@pytest.fixture(scope="module")
def system() -> Iterator[System]:
    """An app whose table holds many sorts of leads of all ages, counted once."""
    with Azurite() as azurite:
        record_many(Recorder(azurite.connection_string))
        with running(azurite, LEADS_DASHBOARD_OPEN="local") as system:
            assert system.leads("tend").code == 0
            yield system


def record_many(record: Recorder) -> None:
    source = random.Random(20261122)  # noqa: S311 - guards nothing
    now = datetime.now(UTC)
    for number in range(160):
        person = {
            "FirstName": "MSFT_TEST" if number % 20 == 0 else "Ada",
            "Email": f"{number % 150}@example.com",
            "Country": source.choice(COUNTRIES),
        }
        payload = lead(
            source.choice(OFFERS),
            ActionCode=source.choice(ACTIONS),
            UserDetails=person,
            Description=f'{{"campaign":"{source.choice(CAMPAIGNS)}"}}',
            CampaignID=source.choice(CAMPAIGNS),
        )
        record(payload, now - source.choice(AGES) * DAY)


@dataclass
class Table:
    title: str
    rows: list[list[str]] = field(default_factory=list)

    @property
    def numbers(self) -> dict[str, list[int]]:
        """The leading numbers of each row, by its name; shares in percent are left out."""
        return {
            name: [int(cell.replace(",", "")) for cell in cells if not cell.endswith("%")]
            for name, *cells in self.rows
        }


class Overview(HTMLParser):
    """The numbers of the page: those of the periods, and of every table by its title."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.texts: dict[str, list[str]] = {}
        self.tables: list[Table] = []
        self._inside: list[tuple[str, str]] = []
        self._cell: list[str] | None = None
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self._inside.append((tag, found.get("class") or ""))
        if tag == "table":
            self.tables.append(Table(found.get("class") or ""))
        if tag == "tr" and self.tables:
            self.tables[-1].rows.append([])
        if tag in {"td", "th"} and self.tables:
            self.tables[-1].rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        while self._inside and self._inside.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        tags, classes = ([one[n] for one in self._inside] for n in (0, 1))
        if "caption" in tags:
            self.tables[-1].title += data
        elif {"td", "th"} & {*tags} and "code" not in classes and self.tables[-1].rows[-1:]:
            self.tables[-1].rows[-1][-1] += data.strip()
        for name in ("label", "value", "unit"):
            if name in classes:
                self.texts.setdefault(name, []).append(data.strip())

    def table(self, title: str) -> dict[str, list[int]]:
        [found] = [table for table in self.tables if table.title == title]
        found.rows = [row for row in found.rows if not row[1][:1].isalpha()]
        return found.numbers


def overview(system: System, period: str) -> Overview:
    reply = system.app.request("GET", f"/api/dashboard?period={period}")
    assert reply.status == 200
    return Overview(reply.body.decode())


@pytest.fixture(scope="module")
def stats(system: System) -> Mapping[str, list[Row]]:
    """What `stats` says of each period as it was when the page's numbers were counted."""
    with TableServiceClient.from_connection_string(system.app.connection) as service:
        counted = TableStatus(open_table(service, keys.STATUS)).offers()
    [as_of] = {offer.as_of for offer in counted.values()}
    return {
        period: system.leads("stats", "--since", since.isoformat(), "-o", "json").document
        for period, since in periods(as_of).items()
    }


def tried(unit: str) -> int:
    """Return how many test leads "12 leads + 2 test" tells of."""
    return int(unit.partition("+ ")[2].split()[0]) if "+" in unit else 0


def sums(numbers: list[Row], kind: str, by: str) -> Counter[str]:
    totals: Counter[str] = Counter()
    for number in numbers:
        if number["kind"] == kind:
            totals[number[by]] += number["leads"]
    return totals


def test_the_figures_of_all_periods_are_those_of_stats(
    system: System, stats: Mapping[str, list[Row]]
) -> None:
    page = overview(system, "today")

    said = [stats[period] for period in PERIODS]

    leads_of = [sums(one, "stage", "kind")["stage"] for one in said]
    tests_of = [sums(one, "test", "kind")["test"] for one in said]
    assert [int(text) for text in page.texts["value"]] == leads_of
    assert [tried(text) for text in page.texts["unit"]] == tests_of
    assert sorted(leads_of) == leads_of
    assert leads_of[0] < leads_of[-1]


def test_the_weeks_are_those_of_stats(system: System, stats: Mapping[str, list[Row]]) -> None:
    shown = overview(system, "30d").table("counts")

    said = stats["8w"]

    by_week = sums(said, "stage", "week")
    assert len(shown) == 8
    assert {name[-4:-1]: cells[0] for name, cells in shown.items() if cells[0]} == {
        week[-3:]: count for week, count in by_week.items()
    }
    for name, cells in shown.items():
        of_it = [one for one in said if one["week"][-3:] == name[-4:-1]]
        assert cells[1:] == [sums(of_it, "stage", "name")[stage] for stage in STAGES]


@pytest.mark.parametrize("period", PERIODS)
def test_the_funnel_of_every_period_is_that_of_stats(
    period: str, system: System, stats: Mapping[str, list[Row]]
) -> None:
    shown = overview(system, period).table("counts funnel")

    said = stats[period]

    by_offer = sums(said, "stage", "offer")
    named = {name: cells for name, cells in shown.items() if name != OTHERS}
    assert len(named) == min(10, len(by_offer))
    for name, cells in named.items():
        of_it = [one for one in said if one["offer"] == name]
        assert cells == [by_offer[name], *(sums(of_it, "stage", "name")[s] for s in STAGES)]
    rest = sum(cells[0] for name, cells in shown.items() if name == OTHERS)
    assert rest == by_offer.total() - sum(by_offer[name] for name in named)


@pytest.mark.parametrize("period", PERIODS)
@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("Sources", "source"),
        ("Countries", "country"),
        ("Campaigns", "campaign"),
        ("Actions", "action"),
        ("Contact", "contact"),
    ],
)
def test_the_shares_of_every_period_are_those_of_stats(
    title: str, kind: str, period: str, system: System, stats: Mapping[str, list[Row]]
) -> None:
    shown = overview(system, period).table(title)

    counted = sums(stats[period], kind, "name")

    named = {name: count for name, [count] in shown.items() if name != OTHERS}
    in_order = sorted(counted.values(), reverse=True)
    assert sorted(named.values(), reverse=True) == in_order[: len(named)]
    assert len(named) == min(10, len(counted))
    assert sum(count for [count] in shown.values()) == counted.total()
    if kind in {"country", "campaign"}:  # the others are told in words
        known = {("(none)" if name == NOBODY else name): count for name, count in named.items()}
        assert known.items() <= counted.items()
