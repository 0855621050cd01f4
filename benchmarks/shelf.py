"""Offers of many leads, in an Azurite that starts with them: the rig of whatever must scale.

The rows are kept in .local/, so that only the first run makes them. Azurite holds them in memory:
what is written to it is gone when it stops, and the next run begins with the same offer.
"""

from __future__ import annotations

import json
import os
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, override

from benchmarks.customers import journey, rows_of
from devhost.azurite import Azurite

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from leads.tables.limits import Entity

_HERE = Path(__file__).resolve().parent
SHELF = _HERE.parent / ".local"

_LOADER = _HERE / "load_rows.js"
_HEAP_MB = 4096  # node takes less by itself on a small machine; 100,000 leads need 1,100
_PORTION = 2_000  # customers
_PROBE = 200  # customers; they did all that a customer can do


def stored(count: int, *, seed: int, shelf: Path = SHELF) -> Azurite:
    """Return an Azurite, to be started, whose table Leads holds an offer of *count* customers.

    Its rows are taken from the *shelf*, or made and put there.
    """
    rows = shelf / f"scale-{count}-{seed}" / "rows.jsonl"
    if not _is_current(rows, count, seed):
        _make(rows, count, seed)
    return _Loaded(rows)


class _Loaded(Azurite):
    def __init__(self, rows: Path) -> None:
        super().__init__()
        self._rows = rows

    @override
    def _command(self) -> list[str]:
        node, *rest = super()._command()
        flags = [f"--max-old-space-size={_HEAP_MB}", "--require", str(_LOADER)]
        return [node, *flags, *rest, str(self._rows)]


def _is_current(rows: Path, count: int, seed: int) -> bool:
    """Tell whether *rows* begin as today's code would write them: older code may have."""
    if not rows.exists():
        return False
    expected = _lines(range(min(count, _PROBE)), seed).splitlines(keepends=True)
    with rows.open(encoding="utf-8") as kept:
        return list(islice(kept, len(expected))) == expected


def _make(rows: Path, count: int, seed: int) -> None:
    rows.parent.mkdir(parents=True, exist_ok=True)
    begun = rows.with_suffix(f".{os.getpid()}")
    try:
        with begun.open("w", encoding="utf-8") as file:
            file.writelines(_portions(count, seed))
        begun.replace(rows)
    finally:
        begun.unlink(missing_ok=True)  # where it was broken off


def _portions(count: int, seed: int) -> Iterable[str]:
    customers = range(count)
    portions = [customers[first : first + _PORTION] for first in range(0, count, _PORTION)]
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        yield from pool.map(partial(_lines, seed=seed), portions)


def _lines(numbers: range, seed: int) -> str:
    rows = (row for number in numbers for row in rows_of(journey(number, seed=seed)))
    return "".join(map(_line, rows))


def _line(row: Entity) -> str:
    return json.dumps(dict(_wire(row)), ensure_ascii=False, separators=(",", ":")) + "\n"


def _wire(row: Entity) -> Iterator[tuple[str, object]]:
    """Yield the columns of *row* as the SDK sends them."""
    for column, value in row.items():
        if isinstance(value, datetime):
            yield f"{column}@odata.type", "Edm.DateTime"
            yield column, value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        else:
            yield column, value
