"""Calls made at the same moment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier


def all_at_once[T](calls: Sequence[Callable[[], T]]) -> list[T]:
    """Return what *calls* return, each made in a thread of its own and none before the others."""
    barrier = Barrier(len(calls))

    def call(this: Callable[[], T]) -> T:
        barrier.wait()
        return this()

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(call, calls))
