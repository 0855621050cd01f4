from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from devhost.azurite import Azurite
from devhost.launch import DevHost
from tests.end_to_end.app import App
from tests.end_to_end.operating import System, running

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def host(azurite: Azurite) -> Iterator[DevHost]:
    """The app in Microsoft's worker library, on the storage that the whole run shares."""
    storage = {"LeadsStorage": azurite.connection_string, "PYTHON_THREADPOOL_THREAD_COUNT": "24"}
    flags = ("--max-poll", "0.3", "--retry-delay", "0", "--invisible", "30")
    with DevHost(ROOT, *flags, env=storage) as running:
        yield running


@pytest.fixture
def app(host: DevHost, azurite: Azurite) -> App:
    return App(url=host.url, connection=azurite.connection_string)


@pytest.fixture(scope="module")
def system() -> Iterator[System]:
    """An app with a storage of its own, for commands that touch everything there."""
    with Azurite() as azurite, running(azurite) as app:
        yield app
