"""The tool alone, as `pipx install '.[cli]'` puts it on a person's machine."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from devhost.azurite import Azurite
from tests.end_to_end.operating import ROOT, Said
from tests.end_to_end.recorded import record_cast

PROJECT = ROOT / "pyproject.toml"
PACKAGE = ROOT / "leads"
ALSO_BUILT = ("README.md", "LICENSE")
SHELL_MARKS = {"bash": "complete -o", "zsh": "#compdef leads", "fish": "complete --no-files"}

pytestmark = pytest.mark.timeout(400)  # the first run fetches packages

type Tool = Callable[..., Said]


@pytest.fixture(scope="module")
def home() -> Path:
    """An environment with the tool and what it needs, kept until pyproject.toml changes."""
    home = ROOT / ".local" / f"tool-{digest([PROJECT])[:16]}"
    built, code = home / "code", digest([PROJECT, *code_files()])
    if not built.exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(home)], check=True)
        install(home, f"{wheel(home)}[cli]")
    elif built.read_text(encoding="ascii") != code:
        install(home, "--no-deps", "--force-reinstall", str(wheel(home)))
    built.write_text(code, encoding="ascii")
    return home


@pytest.fixture
def tool(home: Path, tmp_path: Path) -> Tool:
    """Call the console script in an empty folder, where nothing leads to the checkout."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}

    def tool(*arguments: str, **settings: str) -> Said:
        ran = subprocess.run(
            [str(home / "bin" / "leads"), *arguments],
            cwd=tmp_path,
            env=kept | {"COLUMNS": "100"} | settings,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=100,
            check=False,
        )
        assert "Traceback" not in ran.stderr, ran.stderr
        return Said(ran.returncode, ran.stdout, ran.stderr)

    return tool


def code_files() -> list[Path]:
    files = (path for path in PACKAGE.rglob("*") if path.is_file())
    return sorted(path for path in files if "__pycache__" not in path.parts)


def digest(files: list[Path]) -> str:
    return sha256(b"\0".join(str(path).encode() + path.read_bytes() for path in files)).hexdigest()


def wheel(home: Path) -> Path:
    """Build the wheel from a copy: setuptools leaves its traces where it builds."""
    source, wheels = home / "source", home / "wheels"
    for place in (source, wheels):
        shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(PACKAGE, source / "leads", ignore=shutil.ignore_patterns("__pycache__"))
    for name in (PROJECT.name, *ALSO_BUILT):
        shutil.copy(ROOT / name, source)
    pip(home, "wheel", "--no-deps", "--wheel-dir", str(wheels), str(source))
    (built,) = wheels.glob("*.whl")
    return built


def install(home: Path, *what: str) -> None:
    pip(home, "install", *what)


def pip(home: Path, *arguments: str) -> None:
    command = [str(home / "bin" / "python"), "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*command, *arguments], check=True)


def test_help_names_the_program_as_it_was_called(tool: Tool) -> None:
    helped, commanded, mistaken = tool("--help"), tool("list", "--help"), tool("lsit")

    assert helped.out.startswith("Usage: leads [OPTIONS] COMMAND")
    assert "leads list --search ada@example.com" in commanded.out
    assert "python -m" not in helped.out + commanded.out
    assert (mistaken.code, "Try 'leads --help'" in mistaken.err) == (2, True)


def test_leads_are_listed_from_an_empty_folder(tool: Tool) -> None:
    with Azurite() as azurite:
        record_cast(azurite.connection_string)

        listed = tool("list", "--search", "lovelace", LeadsStorage=azurite.connection_string)

    assert (listed.code, listed.err) == (0, "2 leads\n")
    assert listed.out.count("Ada Lovelace") == 2


def test_without_a_storage_it_says_what_is_missing(tool: Tool) -> None:
    listed = tool("list", LeadsStorage="")

    assert (listed.code, listed.err.count("\n")) == (1, 1)
    assert "LeadsStorage is not set" in listed.err


@pytest.mark.parametrize("shell", SHELL_MARKS)
def test_a_shell_learns_to_complete_it(shell: str, tool: Tool) -> None:
    script = tool("completion", shell)

    assert script.code == 0
    assert "_LEADS_COMPLETE" in script.out
    assert SHELL_MARKS[shell] in script.out


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("leads sh", {"show"}),
        ("leads completion ", {"bash", "zsh", "fish"}),
        ("leads list --stage tr", {"trial"}),
        ("leads export --form", {"--format"}),
    ],
)
def test_commands_options_and_their_values_are_completed(
    typed: str, offered: set[str], tool: Tool
) -> None:
    words = typed.split(" ")
    asked = {"COMP_WORDS": typed, "COMP_CWORD": str(len(words) - 1)}

    answered = tool(_LEADS_COMPLETE="bash_complete", **asked).out.splitlines()

    assert {line.partition(",")[2] for line in answered} == offered


@pytest.mark.parametrize("package", ["devhost", "tests", "tools", "benchmarks", "function_app"])
def test_what_only_works_on_the_code_is_not_installed(
    package: str, home: Path, tmp_path: Path
) -> None:
    python = str(home / "bin" / "python")

    found = subprocess.run([python, "-c", f"import {package}"], cwd=tmp_path, check=False,
                           env={"PATH": os.defpath}, capture_output=True)  # fmt: skip

    assert b"ModuleNotFoundError" in found.stderr
