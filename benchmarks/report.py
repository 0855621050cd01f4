"""The figures as one table for people, and as JSON for what comes later."""

from __future__ import annotations

import json
import platform
from dataclasses import asdict
from importlib.metadata import version
from os import process_cpu_count
from typing import TYPE_CHECKING

from benchmarks.figures import Figure

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.figures import Plan

type Found = Mapping[str, Sequence[Figure]]
"""Figures by the title of their question."""

_HEADINGS = ("", "median", "lowest to highest", "bar", "")
_PACKAGES = ("azure-functions", "azure-functions-runtime", "azure-data-tables", "requests")


def table(found: Found) -> str:
    """Return the figures as a table in Markdown, with the notes below it."""
    lines = ["| " + " | ".join(_HEADINGS) + " |", "|---|---:|---:|---:|---|"]
    notes: list[str] = []
    for title, figures in found.items():
        lines.append(f"| **{title}** | | | | |")
        lines += [_line(figure, _note(figure, notes)) for figure in figures]
    return "\n".join([*lines, "", *(f"{n}. {note}" for n, note in enumerate(notes, start=1))])


def document(found: Found, plan: Plan) -> str:
    """Return everything as JSON, with what it was measured on."""
    figures = [
        asdict(figure)
        | {"question": title, "rounds": [float(f"{value:.5g}") for value in figure.rounds]}
        for title, several in found.items()
        for figure in several
    ]
    machine = {
        "cores": process_cpu_count(),
        "python": platform.python_version(),
        "system": platform.system(),
        "packages": {name: version(name) for name in _PACKAGES},
    }
    whole = {"quick": plan.quick, "seed": plan.seed, "machine": machine, "figures": figures}
    return json.dumps(whole, indent=1) + "\n"


def read_document(text: str) -> Found:
    """Return the figures that `document` kept."""
    found: dict[str, list[Figure]] = {}
    for figure in json.loads(text)["figures"]:
        found.setdefault(figure.pop("question"), []).append(Figure(**figure))
    return found


def _note(figure: Figure, notes: list[str]) -> str:
    if not figure.note:
        return ""
    if figure.note not in notes:
        notes.append(figure.note)
    return f" [{notes.index(figure.note) + 1}]"


def _line(figure: Figure, note: str) -> str:
    unit = f" {figure.unit}" if figure.unit else ""
    low, high = min(figure.rounds), max(figure.rounds)
    spread = "" if low == high else f"{_told(low)} to {_told(high)}"
    verdict = "" if not _bar(figure) else "missed" if figure.misses else "ok"
    cells = (f"{figure.name}{note}", f"{_told(figure.value)}{unit}", spread, _bar(figure), verdict)
    return "| " + " | ".join(cells) + " |"


def _bar(figure: Figure) -> str:
    if figure.at_most is not None:
        return f"≤ {_told(figure.at_most)}"
    return "" if figure.at_least is None else f"≥ {_told(figure.at_least)}"


def _told(value: float) -> str:
    """Return three digits that count, as people read them."""
    if value == int(value):
        return f"{value:,.0f}"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
