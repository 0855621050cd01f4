from __future__ import annotations

from hypothesis import settings

# A busy machine is no failure: what may not take long measures its own CPU time.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")
