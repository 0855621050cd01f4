"""What the deployed app needs: packages, imports, memory."""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

import pytest

from devhost.azurite import Azurite
from devhost.launch import DevHost
from tests.end_to_end.app import App, lead, new_offer
from tests.end_to_end.conftest import ROOT

REQUIREMENTS = ROOT / "requirements.txt"
ROUNDS = 10
LEADS = 2_000


@pytest.fixture(scope="module")
def clean_python() -> Path:
    """A Python with requirements.txt and nothing else, kept until that file changes."""
    version = sha256(REQUIREMENTS.read_bytes()).hexdigest()[:16]
    home = ROOT / ".local" / f"clean-{version}"
    python = home / "bin" / "python"
    if not (home / "complete").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(home)], check=True)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "--require-hashes", "-r", str(REQUIREMENTS)], check=True)
        (home / "complete").touch()
    return python


def run(python: Path | str, code: str, **environment: str) -> str:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    command = [str(python), "-c", code]
    return subprocess.run(
        command, cwd=ROOT, env=kept | environment, capture_output=True, text=True, check=True
    ).stdout


EVERY_STAGE = """
import function_app
from leads.enrichment import enrich
from leads.model import Contact, EmailKind, Submission
from leads import wiring
from leads.wiring import operating
names = {function.get_function_name() for function in function_app.app.get_functions()}
stages = {"receive_lead", "enrich_lead", "write_lead", "bury_lead", "tend_leads"}
assert names == stages | {"health", "dashboard"}, names
contact = Contact(email="a@contoso.com", phone="+46812345678", country="Sverige")
found = enrich(Submission(contact=contact, action="INS"), edition="2018")
assert found.email_kind is EmailKind.BUSINESS, found
assert (found.phone_e164, found.country_code) == ("+46812345678", "SE"), found
wiring.ports(), wiring.dead_letters(), operating.tend_ports()
from leads.dashboard import pages
from leads.wiring import dashboard
dashboard.sources(), dashboard.gate()
page = pages.render("message.html", title="Fine", text="")
assert pages.stylesheet() and "<h1>Fine</h1>" in page.html
import azure.identity, azure.storage.queue
"""


@pytest.mark.timeout(300)
def test_the_app_loads_and_runs_every_stage_with_the_deployed_packages_alone(
    clean_python: Path,
) -> None:
    run(clean_python, EVERY_STAGE, LeadsStorage="UseDevelopmentStorage=true")

    with pytest.raises(subprocess.CalledProcessError):
        run(clean_python, "import pytest")


def test_importing_the_app_costs_little_more_than_azure_functions_alone(tmp_path: Path) -> None:
    timed = (
        "import time; begin = time.perf_counter(); import {}; print(time.perf_counter() - begin)"
    )
    bytecode = str(tmp_path)

    def seconds(module: str) -> float:
        return float(run(sys.executable, timed.format(module), PYTHONPYCACHEPREFIX=bytecode))

    seconds("function_app")  # compiles
    pairs = [(seconds("function_app"), seconds("azure.functions")) for _ in range(ROUNDS)]

    ours, alone = (statistics.median(times) for times in zip(*pairs, strict=True))
    assert ours <= 1.25 * alone


@pytest.mark.parametrize(
    "package",
    [
        "azure.data.tables",
        "azure.identity",
        "azure.storage.queue",
        "phonenumbers",
        "leads.pipeline",
    ],
)
def test_what_only_a_stage_needs_is_not_imported_with_the_app(package: str) -> None:
    loaded = run(sys.executable, "import sys, function_app; print(*sys.modules)")

    assert package not in loaded.split()


@pytest.mark.timeout(300)
def test_a_worker_stays_small_after_two_thousand_leads() -> None:
    offer = new_offer()
    settings = {"PYTHON_THREADPOOL_THREAD_COUNT": "24"}

    with (
        Azurite() as azurite,
        DevHost(
            ROOT, "--max-poll", "0.3", env=settings | {"LeadsStorage": azurite.connection_string}
        ) as host,
    ):
        app = App(url=host.url, connection=azurite.connection_string)
        bodies = (lead(offer, UserDetails={"Email": f"p{n}@example.com"}) for n in range(LEADS))
        with ThreadPoolExecutor(16) as pool:
            accepted = sum(reply.status == 202 for reply in pool.map(app.post, bodies))
        app.drain(patience=200)
        stored, size = len(app.offer(offer, "lead")), resident_mb(host.process.pid)

    assert (accepted, stored) == (LEADS, LEADS)
    # devhost's own listeners and queue SDK are in this process, too: the worker alone is smaller.
    assert size < 150


def resident_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    (kilobytes,) = re.findall(r"^VmRSS:\s+(\d+) kB$", status, flags=re.MULTILINE)
    return int(kilobytes) / 1024
