"""Quote the figures where people read them: what has a bar in README.md, all in docs/costs.md.

A test fails where a page differs from results.json.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from benchmarks.report import table
from benchmarks.rig import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from benchmarks.report import Found

RESULTS = ROOT / "benchmarks" / "results.json"
_QUOTE = re.compile(r"(?<=<!-- measured -->\n).*?(?=<!-- /measured -->)", re.DOTALL)


def with_bars(found: Found) -> Found:
    """Return only the figures that have a bar to reach, without their notes."""
    chosen = {title: [one for one in figures if one.has_bar] for title, figures in found.items()}
    return {title: figures for title, figures in chosen.items() if figures}


PAGES: Mapping[str, Callable[[Found], Found]] = {
    "README.md": with_bars,
    "docs/costs.md": lambda found: found,
}


def quoted(page: str, found: Found) -> str:
    """Return *page* with the table of *found* in its place."""
    return _QUOTE.sub(lambda _: f"\n{table(found)}\n\n", page)


def write(found: Found) -> None:
    """Write the figures into every page."""
    for name, chosen in PAGES.items():
        page = ROOT / name
        page.write_text(quoted(page.read_text(encoding="utf-8"), chosen(found)), encoding="utf-8")
