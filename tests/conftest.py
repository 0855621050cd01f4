from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from devhost.azurite import Azurite

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def azurite() -> Iterator[Azurite]:
    """One emulator for the whole run; every test takes names of its own."""
    with Azurite() as running:
        yield running
