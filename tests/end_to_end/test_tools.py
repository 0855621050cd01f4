"""The commands of the README, run as a person would."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from tests.end_to_end.app import App, lead, new_offer
from tests.end_to_end.conftest import ROOT


def run(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *command],
        cwd=ROOT,
        env=os.environ | {"PYTHONIOENCODING": "utf-8", "COLUMNS": "200"} | environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=100,
        check=False,
    )


def test_the_demo_ends_with_the_table_that_the_samples_give() -> None:
    demo = run("tools.demo")

    assert demo.returncode == 0, demo.stdout + demo.stderr
    assert "18 touches of 15 leads, 1 refused, 1 kept as dead letters" in demo.stdout
    assert demo.stdout.rstrip().endswith("The table is what the samples should give.")


def test_leads_are_listed_newest_first(app: App) -> None:
    offer = new_offer()
    for name in ("first", "second"):
        app.post(lead(offer, UserDetails={"Email": f"{name}@example.com"}))
    app.drain()

    listed = run("leads", "list", "--offer", offer, "-o", "json", LeadsStorage=app.connection)

    emails = [row["Email"] for row in json.loads(listed.stdout)]
    assert emails == ["second@example.com", "first@example.com"]


def test_a_listed_name_cannot_command_the_terminal(app: App) -> None:
    offer = new_offer()
    app.post(lead(offer, UserDetails={"FirstName": "\x9b31mRed\u202e", "LastName": ""}))
    app.drain()

    listed = run("leads", "list", "--offer", offer, LeadsStorage=app.connection)

    assert "?31mRed?" in listed.stdout
    assert not {"\x9b", "\u202e"} & set(listed.stdout)


def test_a_missing_connection_is_told_in_one_line() -> None:
    listed = run("leads", "list", LeadsStorage="")

    assert listed.returncode == 1
    assert listed.stderr.startswith("Error: LeadsStorage is not set")
    assert "Traceback" not in listed.stderr
