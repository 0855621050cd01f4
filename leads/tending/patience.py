"""One piece of work that fails stops no other, unless so many fail that storage must be down. Pure.

One letter that cannot be sent would else stand before all others, in this run and in every other.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

ENDURED = 5
"""Failures in one step after which it is given up: each may have waited long for storage."""

_EVERY = 300  # seconds from one run to the next
_GOLDEN = 0.618_033_988_75  # its multiples, without what stands before the point, lie evenly


class Patience:
    """Lets a step go on after a failure, and raises the first one when the step is done."""

    def __init__(self) -> None:
        self._failures: list[Exception] = []

    @contextmanager
    def with_one(self) -> Iterator[None]:
        """Keep the failure of one piece of work, as long as few failed."""
        try:
            yield
        except Exception as error:
            self._failures.append(error)
            if len(self._failures) >= ENDURED:
                raise

    def end(self) -> None:
        """Raise the first failure, if there was any."""
        if self._failures:
            raise self._failures[0]


def from_another_one[T](work: Sequence[T], now: datetime) -> Sequence[T]:
    """Return *work* beginning elsewhere each time, so that a short run does not always do the same.

    It is for work that is not done with once it was done.
    """
    turn = int(now.timestamp()) // _EVERY
    first = int(turn * _GOLDEN % 1 * len(work))
    return [*work[first:], *work[:first]]
