from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from devhost.azurite import Azurite
from tests.browser.browser import started
from tests.browser.chromium import Chromium, NoBrowser, find
from tests.browser.dashboard import Dashboard, fill, opened


@pytest.fixture(scope="session")
def chromium() -> Chromium:
    """Whoever has no browser hears of it: only a person, at home, may do without these tests."""
    if os.environ.get("WITHOUT_BROWSER"):
        if os.environ.get("CI"):
            pytest.fail("WITHOUT_BROWSER is for people at home, CI has to test the pages", False)
        pytest.skip("WITHOUT_BROWSER is set")
    try:
        return find()
    except NoBrowser as nothing:
        pytest.fail(str(nothing), pytrace=False)


@pytest.fixture(scope="module")
def browser(chromium: Chromium) -> Iterator[Browser]:
    with started(chromium) as browser:
        yield browser


@pytest.fixture(scope="session")
def dashboard() -> Iterator[Dashboard]:
    """The app with leads of seven weeks and a storage of its own."""
    with Azurite() as azurite, opened(azurite) as dashboard:
        fill(dashboard)
        yield dashboard
