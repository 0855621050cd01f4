from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TABLES = ROOT / "leads" / "enrichment"


@pytest.mark.parametrize("script", ["make_countries", "make_free_mail"])
def test_a_committed_table_is_what_its_script_makes(script: str) -> None:
    command = [sys.executable, "-m", f"tools.{script}", "--check"]

    # The command consists of this interpreter and this project's own scripts.
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)

    assert (done.returncode, done.stdout, done.stderr) == (0, "up to date\n", "")


@pytest.mark.parametrize(
    ("licence", "sentence"),
    [
        pytest.param("countries.LICENSE", "SPDX-License-Identifier: Unicode-3.0", id="unicode"),
        pytest.param("free_mail.LICENSE", "Permission is hereby granted", id="mit"),
    ],
)
def test_a_table_made_of_others_data_comes_with_their_licence(licence: str, sentence: str) -> None:
    text = (TABLES / licence).read_text(encoding="utf-8")

    assert sentence in text


@pytest.mark.parametrize("table", ["countries.json", "free_mail.txt"])
def test_a_table_stays_small(table: str) -> None:
    size = (TABLES / table).stat().st_size

    assert size < 150_000
