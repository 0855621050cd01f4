from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from devhost.azurite import Azurite

if TYPE_CHECKING:
    from collections.abc import Iterator

# A busy machine is no failure: what may not take long measures its own CPU time. On CI a run
# repeats the last one; elsewhere each run looks at new examples.
settings.register_profile("ours", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("ours")


@pytest.fixture(scope="session")
def azurite() -> Iterator[Azurite]:
    """One emulator for the whole run; every test takes names of its own."""
    with Azurite() as running:
        yield running
