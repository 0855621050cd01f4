"""How long a listener waits before it asks an empty queue again. Pure."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_MINIMUM = 0.1  # seconds, also the step that is doubled


def _jitter() -> float:
    return random.uniform(0.8, 1.2)  # noqa: S311 - spreads load, guards nothing


@dataclass
class RandomizedExponentialBackoff:
    """Give the next delay: 0.1 s, then 0.1 + 0.1 x 2^(k-1) x jitter, up to the maximum.

    Source: azure-sdk-for-net RandomizedExponentialBackoffStrategy.cs.
    """

    maximum: float
    jitter: Callable[[], float] = _jitter
    _exponent: int = field(default=0, init=False)
    _current: float = field(default=0.0, init=False)

    def next_delay(self, *, found: bool) -> float:
        """Return the seconds to wait; a find starts over, but one step further than a start."""
        if found:
            self._current, self._exponent = _MINIMUM, 1
        elif self._current != self.maximum:
            delay = _MINIMUM
            if self._exponent > 0:
                delay += self.jitter() * 2 ** (self._exponent - 1) * _MINIMUM
            self._current = min(delay, self.maximum)
            self._exponent += delay < self.maximum
        return self._current
