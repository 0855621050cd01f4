"""Which browser the tests use, and what they say where there is none."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.browser import chromium
from tests.browser.browser import started
from tests.browser.chromium import Chromium, NoBrowser, find, find_installed, unpack

BROWSER_TESTS = Path(__file__).with_name("test_browser.py")
ROOT = BROWSER_TESTS.parents[2]


def program(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def collected(**settings: str) -> subprocess.CompletedProcess[str]:
    """Run one test that needs a browser, on a machine with these settings."""
    test = f"{BROWSER_TESTS}::test_a_screenshot_is_kept_under_its_name"
    others = {name: value for name, value in os.environ.items() if name != "CI"}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-rs", test],
        cwd=ROOT,
        env=others | settings,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_chosen_browser_comes_before_an_installed_one(tmp_path: Path) -> None:
    program(tmp_path / "bin" / "chromium")
    chosen = program(tmp_path / "mine")

    found = find({"BROWSER_PATH": str(chosen), "PATH": str(tmp_path / "bin")})

    assert found == Chromium(chosen)


@pytest.mark.parametrize("name", ["chromium", "google-chrome", "microsoft-edge"])
def test_an_installed_browser_is_found(tmp_path: Path, name: str) -> None:
    installed = program(tmp_path / name)

    found = find({"PATH": str(tmp_path)})

    assert found == Chromium(installed)


@pytest.mark.parametrize("chosen", ["/nowhere/chromium", "/"], ids=["missing", "folder"])
def test_a_chosen_browser_that_is_no_program_is_no_reason_to_take_another(chosen: str) -> None:
    with pytest.raises(NoBrowser, match=r"(?s)BROWSER_PATH names no program: /.*install Chromium"):
        find_installed({"BROWSER_PATH": chosen, "PATH": ""})


def test_where_there_is_none_one_hears_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chromium, "_PACKAGE", tmp_path / "not-installed")

    with pytest.raises(NoBrowser, match=r"(?s)install Chromium.*BROWSER_PATH.*make browser"):
        find({"PATH": str(tmp_path)})


def test_without_a_browser_a_test_fails_and_says_what_to_do() -> None:
    ran = collected(BROWSER_PATH="/nowhere/chromium")

    assert ran.returncode == 1
    assert "BROWSER_PATH names no program" in ran.stdout
    assert "Traceback" not in ran.stdout


def test_a_person_may_leave_the_tests_out() -> None:
    ran = collected(WITHOUT_BROWSER="1")

    assert ran.returncode == 0
    assert "WITHOUT_BROWSER is set" in ran.stdout


def test_ci_may_not_leave_the_tests_out() -> None:
    ran = collected(WITHOUT_BROWSER="1", CI="true")

    assert ran.returncode == 1
    assert "CI has to test the pages" in ran.stdout


def test_workers_that_ask_at_the_same_time_unpack_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package, unpackings = tmp_path / "package", tmp_path / "unpackings"
    package.mkdir()
    (package / "package.json").write_text(json.dumps({"version": "1.2.3"}))
    program(tmp_path / "node").write_text(
        f'#!/bin/sh\necho once >>{unpackings}\nmkdir "$TMPDIR/fonts"\ntouch "$TMPDIR/chromium"\n'
    )
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")

    with ThreadPoolExecutor(4) as workers:
        found = list(workers.map(lambda _: unpack(package, tmp_path / "into"), range(4)))

    assert {one.path for one in found} == {tmp_path / "into" / "1.2.3" / "chromium"}
    assert all(one.path.exists() for one in found)
    assert unpackings.read_text() == "once\n"


def test_what_was_not_unpacked_is_told_and_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "package"
    package.mkdir()
    (package / "package.json").write_text(json.dumps({"version": "1.2.3"}))
    program(tmp_path / "node").write_text("#!/bin/sh\necho 'no room' >&2\nexit 1\n")
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")

    with pytest.raises(NoBrowser, match="no room"):
        unpack(package, tmp_path / "into")

    assert not (tmp_path / "into" / "1.2.3").exists()


def test_when_the_browser_has_ended_the_thread_has_no_event_loop_left(chromium: Chromium) -> None:
    # Playwright's lives as long as the browser; tests of other files start loops of their own.
    with started(chromium) as browser:
        version = browser.version

    asyncio.run(asyncio.sleep(0))

    assert version
