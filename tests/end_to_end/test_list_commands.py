"""`python -m leads offers | list | show`: the leads as people read them in the terminal."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import re
import resource
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from azure.data.tables import TableServiceClient

from devhost.azurite import Azurite
from leads.cli.cells import width
from leads.tables import keys
from leads.tables.connection import open_table
from leads.tables.status import TableStatus
from leads.tending.status import OfferStatus
from tests.end_to_end.operating import PYTHON, ROOT, Said, leads
from tests.end_to_end.recorded import OFFER, OTHER, record_cast

GOLDEN = ROOT / "tests" / "golden" / "cli"
PLAIN = {"NO_COLOR": "", "FORCE_COLOR": ""}
AS_OF = datetime(2126, 11, 22, 20, 5, tzinfo=UTC)
ROUNDS = 9
MOST_SECONDS_OF_HELP = 0.150

type Run = Callable[..., Said]
type Screen = Callable[..., str]


@pytest.fixture(scope="module")
def storage() -> Iterator[str]:
    """A storage with one lead of each sort, counted some minutes later."""
    with Azurite() as azurite:
        record_cast(azurite.connection_string)
        with TableServiceClient.from_connection_string(azurite.connection_string) as service:
            status = TableStatus(open_table(service, keys.STATUS))
            status.write_offer(counts(OFFER, interest=7, active=1, tests=1))
            status.write_offer(counts(OTHER, interest=1))
        yield azurite.connection_string


@pytest.fixture
def run(storage: str, tmp_path: Path) -> Run:
    """Run a command where no settings file lies, on a terminal of 100 columns."""

    def run(*arguments: str, **settings: str) -> Said:
        found = {"storage": storage, "COLUMNS": "100", **PLAIN, **settings}
        return leads(*arguments, cwd=tmp_path, **found)

    return run


def counts(offer: str, *, interest: int, active: int = 0, tests: int = 0) -> OfferStatus:
    return OfferStatus(
        partition=offer,
        as_of=AS_OF,
        stages={"interest": interest, "active": active},
        contact={"contactable": interest + active},
        tests=tests,
        last_real_at=AS_OF,
        last_test_at=None,
    )


@pytest.fixture
def screen(storage: str, tmp_path: Path) -> Screen:
    """Run a command on a terminal and return what it shows there."""

    def screen(*arguments: str, **settings: str) -> str:
        ours, its = pty.openpty()
        with subprocess.Popen(
            [sys.executable, "-m", "leads", *arguments],
            cwd=tmp_path,
            env=os.environ | PYTHON | PLAIN | {"LeadsStorage": storage} | settings,
            stdout=its,
            stderr=subprocess.DEVNULL,
        ):
            os.close(its)
            shown = b"".join(iter(lambda: read(ours), b""))
        os.close(ours)
        return shown.decode()

    return screen


def read(screen: int) -> bytes:
    try:
        return os.read(screen, 65_536)
    except OSError:  # so Linux tells that nobody writes any more
        return b""


def emails(said: Said) -> list[str]:
    return [one["Email"] for one in said.document]


def found(run: Run, *arguments: str) -> list[str]:
    return emails(run("list", "-o", "json", *arguments))


@pytest.mark.parametrize(
    ("name", "arguments", "columns"),
    [
        ("offers", ("offers",), 100),
        ("offers-80", ("offers",), 80),
        ("list", ("list", "--include-tests"), 100),
        ("list-80", ("list", "--include-tests"), 80),
        ("list-120", ("list", "--include-tests"), 120),
        ("list-score-80", ("list", "--sort", "score"), 80),
        ("list-score-200", ("list", "--sort", "score"), 200),
        ("list-csv", ("list", "-o", "csv", "--search", "brien"), 100),
        ("show", ("show", "ada@example.com"), 100),
    ],
)
def test_what_is_printed_stays_as_it_is(
    name: str, arguments: tuple[str, ...], columns: int, run: Run
) -> None:
    golden = GOLDEN / f"{name}.txt"

    said = run(*arguments, COLUMNS=str(columns))

    if os.environ.get("GOLDEN") == "write":  # and look at the difference before you commit it
        golden.write_text(said.out, encoding="utf-8")
    assert said.code == 0
    assert said.out == golden.read_text(encoding="utf-8")
    if name != "show" and not name.endswith("csv"):
        assert max(width(line) for line in said.out.splitlines()) <= columns


def test_leads_come_newest_first_without_tests(run: Run) -> None:
    listed = run("list", "-o", "json")

    seen = [one["LastSeen"] for one in listed.document]
    assert seen == sorted(seen, reverse=True)
    assert emails(listed)[0] == "ada@example.com"
    assert "test@example.com" not in emails(listed)
    assert (len(seen), listed.err) == (10, "10 leads\n")


@pytest.mark.parametrize(
    ("arguments", "who"),
    [
        (("--offer", OTHER), ["ada"]),
        (("--offer", OTHER.upper()), ["ada"]),
        (("--offer", "nobody.knows"), []),
        (("--stage", "trial"), ["tess"]),
        (("--stage", "active"), ["ada"]),
        (("--stage", "trial", "--contactable", "--offer", OTHER), []),
        (("--since", "2126-11-22T18:00"), ["ada", "long"]),
        (("--since", "2126-11-22T18:00:00.001Z"), ["ada"]),
        (("--since", "2127-01-01"), []),
        (("--since", "2126-11-22T19:00+01:00", "--limit", "1"), ["ada"]),
        (("--search", "o'brien@example.com"), ["o'brien"]),
        (("--search", "O'BRIEN"), ["o'brien", "xo'brien", "o'brien"]),
        (("--search", "o'brien sons"), ["o'brien"]),
        (("--search", "zz' or Email ne 'q"), []),
        (("--search", "0701234567"), ["ada", "xo'brien", "ada"]),
        (("--search", "山田"), ["yamada"]),
        (("--search", "test@example.com"), []),
        (("--search", "test@example.com", "--include-tests"), ["test"]),
        (("--sort", "touches", "--limit", "1"), ["ada"]),
        (("--sort", "first-seen", "--limit", "2"), ["long", "red"]),
        (("--sort", "name", "--limit", "2"), ["xo'brien", "tess"]),
        (("--sort", "company", "--limit", "3"), ["red", "ada", "ada"]),
        (("--sort", "score", "--limit", "4"), ["ada", "tess", "long", "red"]),
    ],
)
def test_every_option_of_list_chooses_what_it_says(
    arguments: tuple[str, ...], who: list[str], run: Run
) -> None:
    listed = [email.partition("@")[0] for email in found(run, *arguments)]

    assert listed == who


def test_whom_to_call_comes_first_and_whom_nobody_may_call_last(run: Run) -> None:
    listed = run("list", "--sort", "score", "-o", "json").document

    assert [one["Email"] for one in listed][0::9] == ["ada@example.com", "dinah@example.com"]
    assert (listed[0]["Fit"], listed[0]["Intent"], listed[0]["IntentToday"]) == ("B", 85, 85)
    assert listed[0]["Heat"] == "hot"
    assert listed[0]["ScoreReasons"].startswith("business e-mail +30, company +20: fit B; active")
    assert listed[9]["ScoreReasons"] == "not ranked: do-not-contact"
    assert not {"Fit", "Intent", "IntentToday", "Heat"} & listed[9].keys()


def test_weights_of_the_settings_say_what_is_hot_today(run: Run) -> None:
    listed = run("list", "--sort", "score", "-o", "json", LEADS_SCORE_WEIGHTS='{"hot": 90}')

    assert {one.get("Heat") for one in listed.document} == {"warm", None}


def test_contactable_leaves_out_who_must_not_be_called(run: Run) -> None:
    everyone, contactable = found(run), found(run, "--contactable")

    assert set(everyone) - set(contactable) == {"dinah@example.com"}


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        (("--limit", "0"), "--limit"),
        (("--stage", "lost"), "--stage"),
        (("--since", "tomorrow"), "2026-11-22"),
        (("--query", "["), "jmespath"),
        (("--query", "[].length(TouchCount)"), "--query"),
        (("-o", "xml"), "xml"),
    ],
    ids=" ".join,
)
def test_what_is_typed_wrongly_is_told(typed: tuple[str, ...], told: str, run: Run) -> None:
    said = run("list", *typed)

    assert said.code == 2
    assert told in said.err


def test_all_formats_tell_the_same(run: Run) -> None:
    wanted = found(run)

    lines = [json.loads(line) for line in run("list", "-o", "jsonl").out.splitlines()]
    in_csv = list(csv.DictReader(io.StringIO(run("list", "-o", "csv").out)))
    in_tsv = list(csv.DictReader(io.StringIO(run("list", "-o", "tsv").out), dialect="excel-tab"))
    picked = run("list", "-o", "tsv", "--query", "[].Email").out.splitlines()

    assert [one["Email"] for one in lines] == wanted
    assert [one["Email"] for one in in_csv] == wanted
    assert [one["Email"] for one in in_tsv] == wanted
    assert picked == wanted
    assert set(lines[0]) == set(in_csv[0])


def test_a_formula_in_a_name_is_harmless_in_csv(run: Run) -> None:
    (row,) = csv.DictReader(
        io.StringIO(run("list", "-o", "csv", "--search", "red@example.com").out)
    )

    assert row["Company"].startswith("'=cmd")


def test_columns_stay_in_line_whatever_people_are_called(run: Run) -> None:
    lines = run("list", COLUMNS="160").out.splitlines()

    at = lines[0].index("STAGE")
    stages = [cells_from(line, at).split()[0] for line in lines[1:]]
    assert set(stages) == {"interest", "trial", "unknown", "active"}
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e]", "".join(lines))


def cells_from(line: str, column: int) -> str:
    """Return what a terminal shows from *column* on."""
    place = next(n for n in range(len(line)) if width(line[:n]) == column)
    assert line[place - 2 : place] == "  "
    return line[place:]


def test_offers_that_were_never_counted_are_counted_at_once(run: Run) -> None:
    counted = run("offers", "--now", "-o", "json").document

    assert {one["offer"]: (one["leads"], one["tests"]) for one in counted} == {
        OFFER: (9, 1),
        OTHER: (1, 0),
    }


def test_a_lead_is_shown_with_its_journey_and_elsewhere(run: Run) -> None:
    (shown,) = run("show", "Ada@Example.com", "--offer", OFFER, "-o", "json").document
    by_key = run("show", shown["Lead"]["LeadKey"], "-o", "json").document
    journey = csv.DictReader(io.StringIO(run("show", "ada@example.com", "-o", "csv").out))

    assert [one["Action"] for one in shown["Journey"]] == ["INS", "PLT", "Create"]
    assert [one["PartitionKey"] for one in shown["Elsewhere"]] == [OTHER]
    assert len(by_key) == 2
    assert [one["Action"] for one in journey] == ["INS", "PLT", "Create", "INS"]


@pytest.mark.parametrize(
    "asked",
    [("nobody@example.com",), ("e" + "0" * 32,), ("ada@example.com", "--offer", "no.such")],
    ids=" ".join,
)
def test_a_lead_that_is_not_there_is_told_by_the_exit_code(
    asked: tuple[str, ...], run: Run
) -> None:
    said = run("show", *asked)

    assert (said.code, said.out, said.err.count("\n")) == (3, "", 1)


@pytest.mark.parametrize("command", [("list",), ("offers",), ("show", "ada@example.com")])
@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (lambda _: "", "LeadsStorage is not set"),
        (lambda _: "nonsense", "LeadsStorage is malformed"),
        (lambda known: re.sub("AccountKey=....", "AccountKey=AAAA", known), "key is wrong"),
        (lambda known: re.sub(r"(127\.0\.0\.1):\d+", r"\1:9", known), "is the storage there?"),
    ],
    ids=["no connection", "no connection string", "wrong key", "nobody there"],
)
def test_what_stands_between_us_and_the_leads_is_told_in_one_line(
    command: tuple[str, ...], wrong: Callable[[str], str], told: str, run: Run, storage: str
) -> None:
    said = run(*command, storage=wrong(storage))

    assert (said.code, said.out, said.err.count("\n")) == (1, "", 1)
    assert told in said.err


def test_where_nothing_came_yet_there_is_nothing_and_no_error(run: Run) -> None:
    with Azurite() as azurite:
        listed = run("list", storage=azurite.connection_string)
        offers = run("offers", "-o", "json", storage=azurite.connection_string)
        shown = run("show", "ada@example.com", storage=azurite.connection_string)

    assert (listed.code, listed.err) == (0, "0 leads\n")
    assert (offers.code, offers.document) == (0, [])
    assert shown.code == 3


@pytest.mark.parametrize(
    "command",
    [
        *(("list", "-o", form) for form in ("table", "json", "jsonl", "csv", "tsv")),
        ("list", "-o", "tsv", "--query", "[].Email"),
        ("show", "ada@example.com"),
        ("export",),
        ("export", "--format", "jsonl"),
    ],
    ids=" ".join,
)
def test_who_stops_reading_hears_nothing(
    command: tuple[str, ...], storage: str, tmp_path: Path
) -> None:
    reading, writing = os.pipe()
    os.close(reading)  # as `head` does when it has enough

    ran = subprocess.run(
        [sys.executable, "-m", "leads", *command],
        cwd=tmp_path,
        env=os.environ | PYTHON | {"LeadsStorage": storage},
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
        check=False,
    )
    os.close(writing)

    assert (ran.returncode, ran.stderr) == (1, "")


@pytest.mark.parametrize(
    ("settings", "terminal", "coloured"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"NO_COLOR": "1"}, True, False),
        ({"FORCE_COLOR": "1"}, False, True),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, True, False),
    ],
    ids=str,
)
def test_colours_are_for_terminals_unless_somebody_says_otherwise(
    settings: dict[str, str], terminal: bool, coloured: bool, run: Run, screen: Screen
) -> None:
    out = screen("list", **settings) if terminal else run("list", **settings).out

    assert "LAST SEEN" in out
    assert ("\x1b[1m" in out) is coloured


def test_help_comes_at_once(tmp_path: Path) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    bytecode = kept | PYTHON | {"PYTHONPYCACHEPREFIX": str(tmp_path)}

    def seconds(*arguments: str) -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, *arguments], env=bytecode, capture_output=True, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)

    seconds("-m", "leads", "--help")  # compiles; CPU time, because others may be busy, too
    more = [seconds("-m", "leads", "--help") - seconds("-c", "pass") for _ in range(ROUNDS)]

    assert statistics.median(more) < MOST_SECONDS_OF_HELP
