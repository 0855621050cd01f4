"""Every command of docs/leads.md does what the page says, as far as its exit code tells."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from devhost.azurite import Azurite
from tests.end_to_end.app import lead
from tests.end_to_end.conftest import ROOT
from tests.end_to_end.operating import System, leads, running

PAGE = (ROOT / "docs" / "leads.md").read_text(encoding="utf-8")
OFFER = "contoso.sample-saas"
PEOPLE = ("ada@example.com", "o'brien@example.com")
ELSEWHERE = re.compile(r"https://|<|^watch|^import --table")
"""What needs a deployed app, never ends, or reads a table of Microsoft's: tested on its own."""

COMMANDS = [
    line
    for line in re.findall(r"^ *python -m leads (.+)$", PAGE, flags=re.MULTILINE)
    if not ELSEWHERE.search(line)
]
CODES = {
    "reconcile": 3,  # the sample names leads that nobody posted here
    "import MarketplaceLeads.csv": 1,  # and it has rows that cannot be read
}


@pytest.fixture(scope="module")
def system(azurite: Azurite) -> Iterator[System]:
    with running(azurite) as started:
        for email in PEOPLE:
            started.app.post(lead(OFFER, UserDetails={"Email": email}))
        started.app.drain()
        yield started


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the files that the page speaks of."""
    samples = ROOT / "tests" / "samples"
    shutil.copytree(samples, tmp_path / "tests" / "samples")
    shutil.copy(samples / "migration" / "storage-explorer.csv", tmp_path / "MarketplaceLeads.csv")
    shutil.copy(samples / "migration" / "referrals.csv", tmp_path / "Leads.csv")
    return tmp_path


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_of_the_page_runs(system: System, folder: Path, line: str) -> None:
    ran = leads(
        *shlex.split(line),
        storage=system.app.connection,
        cwd=folder,
        LEADS_URL=f"{system.app.url}/api/leads",
    )

    expected = next((code for start, code in CODES.items() if line.startswith(start)), 0)
    assert ran.code == expected, ran.err
