"""What a measurement found: a figure with its spread, and the bar that it must reach. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How much is measured: quick is for a look, and for what CI can afford."""

    quick: bool = False
    seed: int = 20261122

    def pick(self, *, quick: int, full: int) -> int:
        """Return how often, or how many, for this plan."""
        return quick if self.quick else full


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One number: the median of its rounds."""

    name: str
    rounds: Sequence[float]
    unit: str = ""  # of the rounds; a ratio has none
    at_most: float | None = None
    at_least: float | None = None
    note: str = ""

    @property
    def value(self) -> float:
        """The median."""
        return median(self.rounds)

    @property
    def has_bar(self) -> bool:
        """Tell whether it has a bar to reach."""
        return self.at_most is not None or self.at_least is not None

    @property
    def misses(self) -> bool:
        """Tell whether it misses its bar."""
        too_much = self.at_most is not None and self.value > self.at_most
        return too_much or (self.at_least is not None and self.value < self.at_least)


def interleaved(
    sides: Mapping[str, Callable[[], float]], *, rounds: int, warm_up: bool = True
) -> dict[str, list[float]]:
    """Measure each side in turn, round by round (A B A B), after a round that does not count.

    What disturbs the machine meanwhile disturbs both sides alike.
    """
    if warm_up:
        for measure in sides.values():
            measure()
    found: dict[str, list[float]] = {side: [] for side in sides}
    for _ in range(rounds):
        for side, measure in sides.items():
            found[side].append(measure())
    return found


def ratios(over: Sequence[float], under: Sequence[float]) -> list[float]:
    """Return the ratio of each round: both sides of it were measured one after the other."""
    return [a / b for a, b in zip(over, under, strict=True)]
