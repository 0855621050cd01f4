"""What an offer's size costs: a list, its next page, a write and a count, of few leads and of many.

Beside each stands the bare SDK, for the time on the wall is mostly the emulator's: Azurite has no
index that an offer of one partition could use, Azure has.
"""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING

from benchmarks.figures import Figure, ratios
from benchmarks.metering import MeteredTables
from benchmarks.shelf import stored
from benchmarks.visits import (
    AGAIN,
    COUNT,
    LIST,
    LIST_ALL,
    NEW,
    PAGE,
    Bare,
    Ours,
    newcomers,
    returners,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from benchmarks.figures import Plan
    from benchmarks.metering import Cost

TITLE = "An offer of few leads and of many"

OURS, BARE = "ours", "bare SDK"
_SMALL = 1_000
_ONCE = (LIST_ALL, COUNT)
"""What takes Azurite long: for each request it sorts the whole table, or it is asked very often."""

_FILTERS = "Azurite tries the filter on every row of the table and sorts what fits, for each page"
_LOOKS = "Azurite goes through the rows of the partition for each row that it is asked for"
_NOTES = {
    LIST: _FILTERS,
    PAGE: _FILTERS,
    LIST_ALL: _FILTERS,
    COUNT: _FILTERS,
    NEW: _LOOKS,
    AGAIN: _LOOKS,
}

_FLAT = (LIST, PAGE, NEW, AGAIN, LIST_ALL)
"""What must take as many requests in a large offer as in a small one."""

_REQUESTS, _CPU, _WALL = attrgetter("requests"), attrgetter("cpu_ms"), attrgetter("wall_ms")

type Side = tuple[str, int, str]
"""What is done, among how many leads, and by whom."""

type Round = Mapping[Side, Cost]


def measure(plan: Plan) -> list[Figure]:
    """Return what each task costs, by the size of the offer; the first run makes the offers."""
    sizes = (_SMALL, plan.pick(quick=5_000, full=100_000))
    times = plan.pick(quick=5, full=9)
    sides: dict[Side, Callable[[], Cost]] = {}
    with ExitStack() as opened:
        for size in sizes:
            azurite = opened.enter_context(stored(size, seed=plan.seed))
            tables = opened.enter_context(MeteredTables(azurite.connection_string))
            sides |= _sides(tables, size, times=times + 1, seed=plan.seed)
        found = {task: _rounds(task, sides, times) for task in (*_FLAT, COUNT)}
    return [figure for task, rounds in found.items() for figure in _figures(task, rounds, sizes)]


def _sides(
    tables: MeteredTables, size: int, *, times: int, seed: int
) -> dict[Side, Callable[[], Cost]]:
    """Return what is measured in one offer; each side writes the leads of its own customers."""
    doers = {
        who: doer(
            tables,
            new=newcomers(range(size + first, size + first + times), seed=seed),
            again=returners(range(first, first + times), seed=seed),
        )
        for who, doer, first in ((OURS, Ours, 0), (BARE, Bare, times))
    }
    return {
        (task, size, who): partial(tables.cost, work)
        for who, doer in doers.items()
        for task, work in doer.works.items()
    }


def _rounds(task: str, sides: Mapping[Side, Callable[[], Cost]], times: int) -> Sequence[Round]:
    """Measure *task* on all its sides in turn."""
    some = {side: measured for side, measured in sides.items() if side[0] == task}
    warm_up, times = (0, 1) if task in _ONCE else (1, times)
    rounds = [{side: measured() for side, measured in some.items()} for _ in range(warm_up + times)]
    return rounds[warm_up:]


def _figures(task: str, rounds: Sequence[Round], sizes: tuple[int, int]) -> list[Figure]:
    small, large = sizes
    requests = {size: _each(_REQUESTS, rounds, (task, size, OURS)) for size in sizes}
    bare = {size: _each(_WALL, rounds, (task, size, BARE)) for size in sizes}
    growth = f"{large:,} leads to {small:,}"
    return [
        Figure(
            name=f"{task}: requests, {growth}",
            rounds=ratios(requests[large], requests[small]),
            at_most=1 if task in _FLAT else None,
            note=f"{requests[large][0]:g} requests, and {requests[small][0]:g}",
        ),
        *(figure for size in sizes for figure in _costs(task, size, rounds)),
        Figure(
            name=f"{task}: wall of the bare SDK, {growth}",
            rounds=ratios(bare[large], bare[small]),
            note=_NOTES[task],
        ),
    ]


def _costs(task: str, size: int, rounds: Sequence[Round]) -> list[Figure]:
    name, ours = f"{task}, {size:,} leads", (task, size, OURS)
    wall, bare = (_each(_WALL, rounds, (task, size, who)) for who in (OURS, BARE))
    return [
        Figure(name=f"{name}: CPU", rounds=_each(_CPU, rounds, ours), unit="ms"),
        Figure(name=f"{name}: wall", rounds=wall, unit="ms"),
        Figure(
            name=f"{name}: wall to bare SDK",
            rounds=ratios(wall, bare),
            note="measured once" if task in _ONCE else "",
        ),
    ]


def _each(measure: Callable[[Cost], float], rounds: Sequence[Round], side: Side) -> list[float]:
    return [measure(one[side]) for one in rounds]
