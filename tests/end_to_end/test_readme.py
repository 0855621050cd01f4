"""What the README tells people to paste does what it says."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from urllib.parse import urlsplit

import pytest

from leads.door import PROBLEMS
from leads.sample_leads import ACTIONS
from leads.tables.entities import RECENT_COLUMNS
from tests.end_to_end.app import App, Reply, lead, wait_until
from tests.end_to_end.conftest import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
OFFER = "contoso.sample-saas"  # the one in the README's examples
PRINTED = {"PYTHONIOENCODING": "utf-8", "COLUMNS": "200"}


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def paste(command: str, app: App, **settings: str) -> subprocess.CompletedProcess[str]:
    there = command.replace("http://127.0.0.1:7071", app.url)
    return subprocess.run(
        ["bash", "-c", there.replace("UseDevelopmentStorage=true", f"'{app.connection}'")],
        cwd=ROOT,
        env=os.environ | PRINTED | {"LeadsStorage": app.connection} | settings,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    )


@pytest.mark.parametrize("query", blocks("odata")[0].splitlines())
def test_a_ready_filter_finds_rows_of_its_kind_only(app: App, query: str) -> None:
    app.post(lead(OFFER, ActionCode="Create"))
    wait_until(lambda: "active" in [row["Stage"] for row in app.offer(OFFER, "lead")])

    found = app.rows("Leads", query)

    assert found
    assert len({row["Kind"] for row in found}) == 1


def test_the_python_example_prints_the_leads_of_the_offer(app: App) -> None:
    app.post(lead(OFFER))
    wait_until(lambda: app.offer(OFFER, "lead"))
    (example,) = blocks("python")

    printed = subprocess.run(
        [sys.executable, "-c", example],
        env=os.environ | {"LeadsStorage": app.connection},
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert "ada@example.com" in printed


def test_the_commands_beside_make_run_work_when_pasted(app: App) -> None:
    (commands,) = [block for block in blocks("console") if block.startswith("export")]
    (post,) = [block for block in blocks("console") if block.startswith("curl")]

    printed = paste(commands, app, LEADS_URL=f"{app.url}/api/leads").stdout
    answered = curl(post.strip(), app)

    assert re.findall(r"^(\w+) +stored ", printed, flags=re.MULTILINE) == [*ACTIONS]
    assert "LAST SEEN (UTC)" in printed
    assert answered.status == 202


def curl(command: str, app: App) -> Reply:
    """Do what curl would: not every machine that runs the tests has it."""
    program, include, url, *options = shlex.split(command)
    flag, header, at, body = options
    assert (program, include, flag, at, body[0]) == ("curl", "-i", "-H", "-d", "@")
    address = urlsplit(url)
    assert address.netloc == "127.0.0.1:7071"
    name, value = header.split(": ")
    return app.request("POST", address.path, (ROOT / body[1:]).read_bytes(), {name: value})


def test_every_make_target_of_the_readme_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")

    named = set(re.findall(r"`make (\w+)`", README)) | {
        target
        for block in blocks("console")
        for target in re.findall(r"^make (\w+)$", block, flags=re.MULTILINE)
    }

    missing = [t for t in named if not re.search(rf"^{t}:", makefile, flags=re.MULTILINE)]
    assert named
    assert missing == []


def test_every_problem_type_and_every_lead_column_is_named() -> None:
    names = [*PROBLEMS, *(column for column in RECENT_COLUMNS)]

    assert [name for name in names if f"`{name}`" not in README] == []


def test_every_link_of_the_pages_leads_somewhere() -> None:
    for page in ("README.md", "CONTRIBUTING.md", "devhost/README.md", "tests/samples/README.md"):
        text = (ROOT / page).read_text(encoding="utf-8")
        for link in re.findall(r"\]\((?!https?:)([^)#]+)", text):
            assert ((ROOT / page).parent / link).exists(), f"{page}: {link}"
