"""What all bugs share: a name, and how one is put in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager

from tests.memory import MemoryStore

type Bug = Callable[[], AbstractContextManager[object]]


@contextmanager
def together(*contexts: AbstractContextManager[object]) -> Iterator[None]:
    """Keep several patches in force."""
    with ExitStack() as stack:
        for context in contexts:
            stack.enter_context(context)
        yield


def beside[T](store: object, name: str, empty: Callable[[], T]) -> T:
    """Return what a bug keeps beside the rows of a store: a table of its own, or a cache."""
    assert isinstance(store, MemoryStore)
    kept: T = store.__dict__.setdefault(name, empty())
    return kept
