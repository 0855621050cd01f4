"""The geometry of the charts. Pure.

What stretches with the page is in percent, what must not is in pixels: so text keeps its size on
every screen, and no script is needed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

BOTTOM_UP = ("active", "trial", "interest", "unknown")
"""Stages as they are piled and laid side by side: what matters most stands on the ground."""

_GAP = 1.5  # pixels between two pieces: colour alone must not part them
_LEAST = 2.0  # pixels: one lead among thousands is seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A part of a bar, which stands for the leads of one stage."""

    stage: str
    leads: int
    start: float
    length: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A standing bar of the chart of weeks; across in percent, upright in pixels."""

    label: str
    leads: int
    left: float
    width: float
    middle: float
    top: float
    pieces: Sequence[Piece]


def columns(
    counts: Sequence[tuple[str, Mapping[str, int]]], *, height: float, fill: float = 0.62
) -> list[Column]:
    """Return the bars of *counts*, each with its label, below *height* pixels."""
    most = max((sum(stages.values()) for _, stages in counts), default=0)
    step = 100 / len(counts) if counts else 0
    found = []
    for place, (label, stages) in enumerate(counts):
        pieces = _piled(stages, most, height)
        found.append(
            Column(
                label=label,
                leads=sum(stages.values()),
                left=round(step * (place + (1 - fill) / 2), 3),
                width=round(step * fill, 3),
                middle=round(step * (place + 0.5), 3),
                top=min((piece.start for piece in pieces), default=height),
                pieces=pieces,
            )
        )
    return found


def row(stages: Mapping[str, int], most: int) -> list[Piece]:
    """Return the pieces of a lying bar in percent; *most* leads fill it."""
    pieces, start = [], 0.0
    for stage in BOTTOM_UP:
        if leads := stages.get(stage, 0):
            length = 100 * leads / most
            pieces.append(
                Piece(stage=stage, leads=leads, start=round(start, 3), length=round(length, 3))
            )
            start += length
    return pieces


def _piled(stages: Mapping[str, int], most: int, height: float) -> list[Piece]:
    pieces, ground = [], height
    for stage in BOTTOM_UP:
        if leads := stages.get(stage, 0):
            length = max(_LEAST, height * leads / most - _GAP)
            ground -= length
            pieces.append(
                Piece(stage=stage, leads=leads, start=round(ground, 2), length=round(length, 2))
            )
            ground -= _GAP
    return pieces
