"""Finds a Chromium on this machine, or unpacks the one that npm brought.

By itself it tells the set-up what is there: `python tests/browser/chromium.py` prints the path of
the browser that a person installed, or ends with 1. Hence it imports the standard library alone.
"""

from __future__ import annotations

import fcntl
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

_HERE = Path(__file__).resolve().parent
_ROOT = _HERE.parents[1]
_PACKAGE = _HERE / "node_modules" / "@sparticuz" / "chromium"
_UNPACKED = _ROOT / ".local" / "browser"

_ON_PATH = (
    *("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"),
    *("microsoft-edge", "microsoft-edge-stable"),
)
_APPLICATIONS = ("Chromium", "Google Chrome", "Microsoft Edge")  # as macOS names them

_NONE_FOUND = """No browser, so that the pages of the dashboard cannot be tested. Do one of these:
  - install Chromium, Chrome or Edge (Debian: apt-get install chromium), or
  - set BROWSER_PATH to the program of one, or
  - on Linux x86-64: run `make browser`, which fetches one from npm, or
  - leave these tests out at home, and not on CI: WITHOUT_BROWSER=1."""

_FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>{fonts}</dir><cachedir>{cache}</cachedir></fontconfig>
"""


class NoBrowser(Exception):
    """There is no browser; the text says what to do about it."""


@dataclass(frozen=True)
class Chromium:
    """A program, and what it needs in its environment."""

    path: Path
    environment: Mapping[str, str] = field(default_factory=dict)


def find(environment: Mapping[str, str] = os.environ) -> Chromium:
    """Return the browser that a person chose, one that is installed, or npm's, in this order.

    Raises:
        NoBrowser: there is none, or the chosen one is no program.
    """
    if installed := find_installed(environment):
        return Chromium(installed)
    if not _PACKAGE.is_dir():
        raise NoBrowser(_NONE_FOUND)
    return unpack(_PACKAGE, _UNPACKED)


def find_installed(environment: Mapping[str, str]) -> Path | None:
    """Return the program that BROWSER_PATH names, or one that is installed."""
    if chosen := environment.get("BROWSER_PATH"):
        if not os.access(chosen, os.X_OK) or Path(chosen).is_dir():
            raise NoBrowser(f"BROWSER_PATH names no program: {chosen}\n{_NONE_FOUND}")
        return Path(chosen)
    on_path = (shutil.which(name, path=environment.get("PATH")) for name in _ON_PATH)
    macs = (f"/Applications/{name}.app/Contents/MacOS/{name}" for name in _APPLICATIONS)
    found = next(filter(None, on_path), None) or next(filter(os.path.exists, macs), None)
    return Path(found) if found else None


def unpack(package: Path, into: Path) -> Chromium:
    """Return the browser of npm's *package*, unpacked once for all; several may ask at a time."""
    version = _version(package)
    folder = into / version
    into.mkdir(parents=True, exist_ok=True)
    with (into / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # let go of when the file is closed, also by a crash
        if not folder.exists():
            _unpack(package, folder)
    return Chromium(folder / "chromium", _environment(folder))


def _unpack(package: Path, folder: Path) -> None:
    begun = folder.with_name("begun")  # renamed when all is there: an end half-way leaves no half
    shutil.rmtree(begun, ignore_errors=True)
    begun.mkdir()
    # The package unpacks into the temporary folder, and leaves its libraries to those on Lambda.
    script = """
        const { default: chromium, inflate } = await import(process.argv[1] + "/build/index.js");
        await inflate(process.argv[1] + "/bin/al2023.tar.br");
        await chromium.executablePath();
    """
    command = [_node(), "--input-type=module", "-e", script, str(package)]
    ran = subprocess.run(
        command, env={**os.environ, "TMPDIR": str(begun)}, capture_output=True, check=False
    )
    if ran.returncode:
        raise NoBrowser(f"npm's Chromium was not unpacked:\n{ran.stderr.decode()}\n{_NONE_FOUND}")
    fonts, cache = folder / "fonts", folder / "fonts-cache"
    (begun / "fonts" / "fonts.conf").write_text(_FONTS.format(fonts=fonts, cache=cache))
    begun.rename(folder)


def _environment(folder: Path) -> Mapping[str, str]:
    """Return what a bare machine lacks: libraries, and fonts."""
    environment = {"LD_LIBRARY_PATH": str(folder / "al2023" / "lib")}
    if not Path("/etc/fonts/fonts.conf").exists():
        environment["FONTCONFIG_FILE"] = str(folder / "fonts" / "fonts.conf")
    return environment


def _version(package: Path) -> str:
    import json  # noqa: PLC0415 - the set-up, which is to cost nothing, never comes here

    version: str = json.loads((package / "package.json").read_text("utf-8"))["version"]
    return version


def _node() -> str:
    beside_python = Path(sys.executable).parent / "node"  # where the set-up put it
    return shutil.which("node") or str(beside_python)


def main() -> int:
    """Print the browser that is installed; 1: none is, and npm's can run here; 2: neither."""
    try:
        installed = find_installed(os.environ)
    except NoBrowser as problem:
        print(problem, file=sys.stderr)  # noqa: T201 - for the set-up
        return 2
    if installed:
        print(installed)  # noqa: T201 - for the set-up
        return 0
    return 1 if (platform.system(), platform.machine()) == ("Linux", "x86_64") else 2


if __name__ == "__main__":
    sys.exit(main())
