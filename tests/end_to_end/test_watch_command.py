"""`python -m leads watch`: leads as they come, until Ctrl-C."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from devhost.azurite import Azurite
from tests.end_to_end.app import lead, new_offer, wait_until
from tests.end_to_end.operating import PYTHON, ROOT, leads
from tests.end_to_end.recorded import Recorder

HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def storage() -> Iterator[Azurite]:
    with Azurite() as azurite:
        yield azurite


@dataclass
class Watching:
    """A watch that runs, and what it said so far."""

    process: subprocess.Popen[bytes]
    out: Path
    err: Path

    @property
    def rows(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.lines]

    @property
    def lines(self) -> list[str]:
        return self.out.read_text(encoding="utf-8").splitlines()

    @property
    def words(self) -> str:
        return self.err.read_text(encoding="utf-8")

    def emails(self) -> list[str]:
        return [row["Email"] for row in self.rows]

    def ended(self) -> int:
        """Press Ctrl-C, and return the exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=30)


@contextmanager
def watching(
    azurite: Azurite, folder: Path, *arguments: str, output: str = "jsonl", columns: int = 120
) -> Iterator[Watching]:
    """Watch, from the moment on when it says that it does."""
    environment = {"LeadsStorage": azurite.connection_string, "COLUMNS": str(columns)}
    out, err = folder / "out", folder / "err"
    command = [sys.executable, "-m", "leads", "watch", "--interval", "1", "-o", output, *arguments]
    with (
        out.open("wb") as stdout,
        err.open("wb") as stderr,
        subprocess.Popen(
            command, cwd=ROOT, env=os.environ | PYTHON | environment, stdout=stdout, stderr=stderr
        ) as process,
    ):
        try:
            watch = Watching(process, out, err)
            wait_until(lambda: "Ctrl-C ends it." in watch.words)
            yield watch
        finally:
            process.kill()


def person(offer: str, name: str, **said: object) -> dict[str, object]:
    return lead(offer, UserDetails={"Email": f"{name}@example.com"}, **said)


def now() -> datetime:
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def test_leads_are_shown_as_they_come_until_ctrl_c(storage: Azurite, tmp_path: Path) -> None:
    offer, record, moment = new_offer(), Recorder(storage.connection_string), now()
    record(person(offer, "before"), moment)

    with watching(storage, tmp_path, "--offer", offer) as watch:
        for name in ("ada", "grace"):
            record(person(offer, name), moment)
        wait_until(lambda: len(watch.rows) == 2)
        record(person(offer, "ada", ActionCode="Create"), now())
        wait_until(lambda: len(watch.rows) == 3)
        code = watch.ended()

    assert (code, watch.words) == (0, f"Watching {offer}. Ctrl-C ends it.\n")
    assert sorted(watch.emails()[:2]) == ["ada@example.com", "grace@example.com"]
    assert [row["TouchCount"] for row in watch.rows] == [1, 1, 2]
    assert watch.rows[2]["Email"] == "ada@example.com"


def test_an_offer_that_appears_meanwhile_is_watched_too(storage: Azurite, tmp_path: Path) -> None:
    offer, record = new_offer(), Recorder(storage.connection_string)

    with watching(storage, tmp_path) as watch:
        record(person(offer, "ada"), now())
        wait_until(lambda: [row["PartitionKey"] for row in watch.rows] == [offer])


def test_only_leads_that_were_asked_for_are_shown(storage: Azurite, tmp_path: Path) -> None:
    offer, record = new_offer(), Recorder(storage.connection_string)
    asked = ("--offer", offer, "--contactable", "--stage", "active")

    with watching(storage, tmp_path, *asked) as watch:
        record(person(offer, "interested"), now())
        record(person(offer, "declined", ActionCode="DNC"), now())
        record(person(offer, "MSFT_TEST_1", ActionCode="PLT"), now())
        record(person(offer, "active", ActionCode="PLT"), now())
        wait_until(lambda: watch.rows)

    assert watch.emails() == ["active@example.com"]


def test_what_came_since_a_time_is_shown_first(storage: Azurite, tmp_path: Path) -> None:
    offer, record = new_offer(), Recorder(storage.connection_string)
    for name, ago in (("old", 9 * HOUR), ("ada", 2 * HOUR), ("grace", HOUR)):
        record(person(offer, name), now() - ago)

    with watching(storage, tmp_path, "--offer", offer, "--since", "3h") as watch:
        record(person(offer, "radia"), now())
        wait_until(lambda: len(watch.rows) == 3)

    assert watch.emails() == ["ada@example.com", "grace@example.com", "radia@example.com"]


def test_a_storage_that_goes_and_comes_back_is_told_once(tmp_path: Path) -> None:
    offer = new_offer()

    with Azurite(location=tmp_path / "kept") as azurite:
        record = Recorder(azurite.connection_string)
        record(person(offer, "before"), now())
        with watching(azurite, tmp_path) as watch:
            azurite.stop()
            wait_until(lambda: "Still trying" in watch.words)
            azurite.start()
            record(person(offer, "ada"), now())
            wait_until(lambda: watch.rows and "can be read again" in watch.words)
            code = watch.ended()

    assert (code, watch.emails()) == (0, ["ada@example.com"])
    assert watch.words.count("\n") == 3


@pytest.mark.parametrize("columns", [80, 120])
def test_the_table_fits_the_terminal_before_a_lead_is_known(
    columns: int, storage: Azurite, tmp_path: Path
) -> None:
    offer, record = f"{new_offer()}-of-a-very-long-name", Recorder(storage.connection_string)

    with watching(storage, tmp_path, "--include-tests", output="table", columns=columns) as watch:
        record(person(offer, "a.very.long.address.of.somebody.with.patience"), now())
        wait_until(lambda: len(watch.lines) == 2)
        code = watch.ended()

    assert (code, watch.lines[0].startswith("SEEN (UTC)")) == (0, True)
    assert max(len(line) for line in watch.lines) <= columns


def test_a_storage_that_is_not_there_ends_a_watch_that_has_not_begun(storage: Azurite) -> None:
    nowhere = storage.connection_string.replace(f":{storage.ports['Table']}/", ":9/")

    said = leads("watch", storage=nowhere)

    assert (said.code, said.out, said.err.count("\n")) == (1, "", 1)
