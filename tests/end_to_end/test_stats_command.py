"""`python -m leads stats`: the numbers, and how they look."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from azure.data.tables import TableServiceClient

from devhost.azurite import Azurite
from leads.statistics import periods
from leads.tables import keys
from leads.tables.connection import open_table
from leads.tables.status import TableStatus
from tests.end_to_end.app import lead, new_offer
from tests.end_to_end.operating import Said, leads
from tests.end_to_end.recorded import Recorder

NOW = datetime.now(UTC).replace(microsecond=0)
WEEKS = timedelta(weeks=1)
OFFER, SMALL = new_offer(), new_offer()


@pytest.fixture(scope="module")
def storage() -> Iterator[str]:
    """A storage with seven leads of this and an older week, a test lead and one of long ago."""
    with Azurite() as azurite:
        record = Recorder(azurite.connection_string)
        for number, action in enumerate(["INS", "PLT", "StartTestDrive", "DNC", "Create"]):
            record(sent(OFFER, f"{number}@example.com", action), NOW)
        record(sent(OFFER, "0@example.com", "Create"), NOW)  # the first one again
        record(sent(OFFER, "old@example.com", "INS"), NOW - 3 * WEEKS)
        record(sent(SMALL, "0@example.com", "INS"), NOW)
        record(sent(OFFER, "MSFT_TEST_1@test.com", "INS"), NOW)
        record(sent(OFFER, "ancient@example.com", "INS"), NOW - 60 * WEEKS)
        yield azurite.connection_string


def sent(offer: str, email: str, action: str) -> dict[str, object]:
    return lead(offer, ActionCode=action, UserDetails={"Email": email, "Country": "SE"})


def stats(*arguments: str, storage: str, columns: int = 80) -> Said:
    return leads("stats", *arguments, storage=storage, COLUMNS=str(columns))


def sums(said: Said, kind: str) -> Counter[str]:
    totals: Counter[str] = Counter()
    for number in said.document:
        if number["kind"] == kind:
            totals[number["name"]] += number["leads"]
    return totals


def test_programs_get_one_row_for_each_number(storage: str) -> None:
    said = stats("-o", "json", storage=storage)

    assert (said.code, set(said.document[0])) == (0, {"kind", "offer", "week", "name", "leads"})
    assert sums(said, "stage") == {"interest": 2, "trial": 1, "active": 3, "unknown": 1}
    assert sums(said, "contact") == {"contactable": 6, "do-not-contact": 1}
    assert sums(said, "source") == {"AzureMarketplace": 7}
    assert sums(said, "action") == {"INS": 3, "Create": 2, "PLT": 1, "StartTestDrive": 1, "DNC": 1}
    assert sums(said, "country") == {"SE": 7}
    assert sums(said, "test") == {"": 1}
    assert "7 leads first seen since" in said.err
    assert "1 test lead left out" in said.err


def test_what_tending_counted_is_what_stats_says_for_the_same_moment(storage: str) -> None:
    tended = leads("tend", storage=storage)

    with TableServiceClient.from_connection_string(storage) as service:
        kept = TableStatus(open_table(service, keys.STATUS)).offers_with_statistics()

    assert (tended.code, set(kept)) == (0, {OFFER, SMALL})
    for offer, status in kept.items():
        for period, since in periods(status.as_of).items():
            said = stats(
                "--offer", offer, "--since", since.isoformat(), "-o", "json", storage=storage
            )
            numbers = [number._asdict() for number in status.statistics[period].numbers()]
            assert numbers == said.document, (offer, period)


def test_csv_has_the_same_numbers(storage: str) -> None:
    rows = list(csv.DictReader(stats("-o", "csv", storage=storage).out.splitlines()))

    numbers = stats("-o", "json", storage=storage).document
    assert [one | {"leads": int(one["leads"])} for one in rows] == numbers


def test_one_offer_has_its_own_numbers(storage: str) -> None:
    said = stats("--offer", SMALL.upper(), "-o", "json", storage=storage)

    assert sums(said, "stage") == {"interest": 1}
    assert {number["offer"] for number in said.document} == {SMALL}


@pytest.mark.parametrize(
    ("period", "number"),
    [
        pytest.param(["--weeks", "1"], 6, id="this week"),
        pytest.param(["--weeks", "4"], 7, id="four weeks"),
        pytest.param(["--weeks", "70"], 8, id="seventy weeks"),
        pytest.param(["--since", "1h"], 6, id="an hour"),
        pytest.param(["--since", "2020-01-01"], 8, id="since a day"),
    ],
)
def test_leads_count_that_were_first_seen_in_the_period(
    period: list[str], number: int, storage: str
) -> None:
    said = stats(*period, "-o", "json", storage=storage)

    assert sums(said, "stage").total() == number


def test_a_query_picks_of_the_numbers(storage: str) -> None:
    said = stats("--query", "sum([?kind=='stage'].leads)", storage=storage)

    assert said.out == "7\n"


@pytest.mark.parametrize("columns", [80, 120])
def test_the_table_has_a_section_for_each_kind_and_fits_the_terminal(
    columns: int, storage: str
) -> None:
    said = stats(storage=storage, columns=columns)

    titles = [part.split()[0] for part in said.out.split("\n\n") if part.strip()]
    assert titles == ["WEEK", "OFFER", "CONTACT", "SOURCE", "ACTION", "COUNTRY", "CAMPAIGN"]
    assert max(len(line) for line in said.out.splitlines()) <= columns
    assert "█" in said.out


def test_weeks_without_a_lead_are_shown_between_those_that_have_some(storage: str) -> None:
    weeks, *_ = stats(storage=storage).out.split("\n\n")

    assert [line.split()[2] for line in weeks.splitlines()[1:]] == ["1", "0", "0", "6"]


def test_an_offer_that_nobody_asked_for_is_not_found(storage: str) -> None:
    said = stats("--offer", new_offer(), storage=storage)

    assert (said.code, said.out) == (3, "")
    assert "there is no lead of this offer" in said.err


def test_an_offer_without_a_lead_in_the_period_is_no_error(storage: str) -> None:
    said = stats(
        "--offer", SMALL, "--since", (NOW + timedelta(hours=1)).isoformat(), storage=storage
    )

    assert (said.code, said.out) == (0, "")
    assert said.err.startswith("0 leads first seen since")


def test_weeks_and_since_are_not_given_together(storage: str) -> None:
    assert stats("--weeks", "2", "--since", "today", storage=storage).code == 2
