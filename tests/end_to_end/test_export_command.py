"""`python -m leads export`: all leads in a file, or none at all."""

from __future__ import annotations

import csv
import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from devhost.azurite import Azurite
from leads.cli.fields import LEADS, TOUCHES
from tests.end_to_end.operating import PYTHON, Said, leads
from tests.end_to_end.recorded import FORMULA, OFFER, OTHER, record_cast

type Export = Callable[..., Said]


@pytest.fixture(scope="module")
def storage() -> Iterator[str]:
    with Azurite() as azurite:
        record_cast(azurite.connection_string)
        yield azurite.connection_string


@pytest.fixture
def export(storage: str, tmp_path: Path) -> Export:
    """Run the command in an empty folder."""

    def export(*arguments: str, **settings: str) -> Said:
        return leads("export", *arguments, cwd=tmp_path, **{"storage": storage, **settings})

    return export


def typed(value: object) -> str:
    return " ".join(value) if isinstance(value, tuple) else str(value)


def in_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def in_json(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def in_sqlite(path: Path, asked: str) -> list[Any]:
    with closing(sqlite3.connect(path)) as file:
        return file.execute(asked).fetchall()


def test_every_format_holds_the_same_leads(export: Export, tmp_path: Path) -> None:
    said = [export(name) for name in ("leads.csv", "leads.jsonl", "leads.sqlite")]

    rows, lines = in_csv(tmp_path / "leads.csv"), in_json(tmp_path / "leads.jsonl")
    asked = "SELECT PartitionKey, LeadKey, Email, TouchCount FROM leads ORDER BY 1, 2"
    stored = in_sqlite(tmp_path / "leads.sqlite", asked)
    assert [one.code for one in said] == [0, 0, 0]
    assert said[0].err == "10 leads in leads.csv\n"
    assert [one["Email"] for one in rows] == [one["Email"] for one in lines]
    assert sorted((one["PartitionKey"], one["LeadKey"]) for one in rows) == [
        one[:2] for one in stored
    ]
    assert sum(one[3] for one in stored) == 12


def test_the_touches_are_exported_with_what_was_sent(export: Export, tmp_path: Path) -> None:
    export("touches.jsonl", "--kind", "touches", "--offer", OFFER)
    export("touches.db", "--kind", "touches")

    lines = in_json(tmp_path / "touches.jsonl")
    ((number, offers, keys),) = in_sqlite(
        tmp_path / "touches.db",
        "SELECT count(*), count(DISTINCT PartitionKey), count(DISTINCT RowKey) FROM touches",
    )
    assert {one["PartitionKey"] for one in lines} == {OFFER}
    whole = [one for one in lines if "Truncated" not in one]
    assert all("UserDetails" in json.loads(one["Payload"]) for one in whole)
    assert len(whole) == len(lines) - 1
    assert (len(lines), number, offers, keys) == (11, 12, 2, 12)


def test_without_a_file_it_goes_to_stdout_with_nothing_before_it(export: Export) -> None:
    in_lines, dashed = export(), export("-", "--format", "jsonl")

    rows = list(csv.DictReader(in_lines.out.splitlines()))
    assert in_lines.out.startswith("PartitionKey,LeadKey,")
    assert (len(rows), in_lines.err) == (10, "10 leads\n")
    assert len([json.loads(line) for line in dashed.out.splitlines()]) == 10


@pytest.mark.parametrize(
    ("arguments", "number"),
    [
        (("--offer", OTHER), 1),
        (("--offer", "nobody.knows"), 0),
        (("--since", "2126-11-22T18:00"), 2),
        (("--since", "2126-11-22T18:00", "--include-tests"), 3),
        (("--kind", "touches", "--since", "2126-11-22T09:00", "--offer", OFFER), 10),
        (("--include-tests",), 11),
    ],
    ids=typed,
)
def test_every_option_chooses_what_it_says(
    arguments: tuple[str, ...], number: int, export: Export
) -> None:
    said = export("--format", "jsonl", *arguments)

    assert (said.code, len(said.out.splitlines())) == (0, number)


def test_csv_is_made_for_spreadsheets_unless_it_is_raw(export: Export, tmp_path: Path) -> None:
    export("safe.csv")
    export("raw.csv", "--raw")

    safe, raw = in_csv(tmp_path / "safe.csv"), in_csv(tmp_path / "raw.csv")
    companies = [{one["Email"]: one["Company"] for one in rows} for rows in (safe, raw)]
    phones = [{one["Phone"] for one in rows} for rows in (safe, raw)]
    assert (tmp_path / "safe.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    assert (tmp_path / "raw.csv").read_bytes().startswith(b"PartitionKey")
    assert [one["red@example.com"] for one in companies] == [f"'{FORMULA}", FORMULA]
    assert phones[0] == phones[1] == {"", "+46 70 123 45 67", "+46701234567", "070-555 12 12"}


def test_a_file_that_exists_stays_unless_forced(export: Export, tmp_path: Path) -> None:
    (tmp_path / "leads.csv").write_text("mine")

    refused = export("leads.csv")
    kept = (tmp_path / "leads.csv").read_text()
    forced = export("leads.csv", "--force")

    assert (refused.code, kept) == (1, "mine")
    assert "--force" in refused.err
    assert (forced.code, len(in_csv(tmp_path / "leads.csv"))) == (0, 10)


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("--format", "sqlite"), 2, "FILE"),
        (("leads.xlsx",), 2, "--format"),
        (("nowhere/leads.csv",), 1, "No such file or directory"),
        ((".",), 2, "directory"),
        (("/dev/null", "--format", "csv", "--force"), 1, "is no file"),
        (("leads.csv", "--kind", "dreams"), 2, "--kind"),
    ],
    ids=typed,
)
def test_what_cannot_be_is_told_and_leaves_nothing(
    arguments: tuple[str, ...], code: int, told: str, export: Export, tmp_path: Path
) -> None:
    said = export(*arguments)

    assert said.code == code
    assert told in said.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["leads.csv", "leads.jsonl", "leads.sqlite"])
def test_a_storage_out_of_reach_leaves_no_file(
    name: str, export: Export, storage: str, tmp_path: Path
) -> None:
    nowhere = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:9", storage)

    said = export(name, storage=nowhere)

    assert (said.code, said.err.count("\n")) == (1, 1)
    assert list(tmp_path.iterdir()) == []


def test_an_export_that_is_interrupted_leaves_no_file(storage: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        nowhere = re.sub(r"127\.0\.0\.1:\d+", f"127.0.0.1:{silent.getsockname()[1]}", storage)
        with subprocess.Popen(
            [sys.executable, "-m", "leads", "export", "leads.csv"],
            cwd=tmp_path,
            env=os.environ | PYTHON | {"LeadsStorage": nowhere},
            stderr=subprocess.PIPE,
            text=True,
        ) as ran:
            asking, _ = silent.accept()  # now it waits for the first row
            half = [path.suffix for path in tmp_path.iterdir()]
            ran.send_signal(signal.SIGINT)
            _, told = ran.communicate(timeout=60)
            asking.close()

    assert half == [".part"]
    assert (ran.returncode, "Traceback" in told) == (1, False)
    assert list(tmp_path.iterdir()) == []


def test_the_columns_are_those_that_are_documented(export: Export) -> None:
    leads_, touches = export("--raw"), export("--raw", "--kind", "touches")

    assert leads_.out.splitlines()[0].split(",") == list(LEADS.columns)
    assert touches.out.splitlines()[0].split(",") == list(TOUCHES.columns)


def test_times_are_iso_8601_in_utc_everywhere(export: Export, tmp_path: Path) -> None:
    export("leads.csv", "--offer", OTHER)
    export("leads.sqlite", "--offer", OTHER)

    (row,) = in_csv(tmp_path / "leads.csv")
    ((stored,),) = in_sqlite(tmp_path / "leads.sqlite", "SELECT LastSeen FROM leads")
    assert row["LastSeen"] == stored == "2126-11-22T10:00:00.000Z"
    assert datetime.fromisoformat(stored) == datetime(2126, 11, 22, 10, tzinfo=UTC)
