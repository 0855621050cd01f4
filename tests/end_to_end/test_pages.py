"""Every command that a page tells people to type runs, and ends with the exit code it should."""

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

PAGES = ("README.md", "docs/leads.md", "docs/operating.md", "docs/dashboard.md")
OFFER = "contoso.sample-saas"
PEOPLE = ("ada@example.com", "o'brien@example.com")
ELSEWHERE = re.compile(r"https://|<|^watch|^import --table")
"""What needs a deployed app, never ends, or reads a table of Microsoft's: tested on its own."""

CODES = {
    "reconcile": 3,  # the sample names leads that nobody posted here
    "import MarketplaceLeads.csv": 1,  # and it has rows that cannot be read
    "dead show": 3,  # the letters of the page do not exist here
    "dead redrive write/": 3,
    "dead drop receive/": 3,
    "merge-offer": 3,  # nor does the offer
    "doctor": 1,  # nobody tends this system
}


def commands() -> list[str]:
    """Return the commands that stand in the pages' blocks, in their order, each once."""
    texts = [(ROOT / page).read_text(encoding="utf-8") for page in PAGES]
    lines = re.findall(
        r"^ *(?:\$ |\.venv/bin/)?python -m leads (.+)$", "\n".join(texts), flags=re.MULTILINE
    )
    return [line for line in dict.fromkeys(lines) if not ELSEWHERE.search(line)]


@pytest.fixture(scope="module")
def system() -> Iterator[System]:
    """The app on a storage of its own: others leave rows behind that somebody must look after."""
    with Azurite() as azurite, running(azurite) as started:
        yield started


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the files that the pages speak of."""
    samples = ROOT / "tests" / "samples"
    shutil.copytree(samples, tmp_path / "tests" / "samples")
    shutil.copy(samples / "migration" / "storage-explorer.csv", tmp_path / "MarketplaceLeads.csv")
    shutil.copy(samples / "migration" / "referrals.csv", tmp_path / "Leads.csv")
    return tmp_path


@pytest.mark.parametrize("line", commands())
def test_a_command_of_a_page_runs(system: System, folder: Path, line: str) -> None:
    for email in PEOPLE:  # each time: a command may have erased one
        system.app.post(lead(OFFER, UserDetails={"Email": email}))
    system.app.drain()

    ran = leads(
        *shlex.split(line),
        storage=system.app.connection,
        cwd=folder,
        LEADS_URL=f"{system.app.url}/api/leads",
    )

    expected = next((code for start, code in CODES.items() if line.startswith(start)), 0)
    assert ran.code == expected, ran.err
