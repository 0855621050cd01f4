"""Generated files that are committed: write them, or tell whether they are up to date."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


def write_or_check(wanted: Mapping[Path, str], arguments: Sequence[str], *, tool: str) -> int:
    """Write the *wanted* files, or with ``--check`` compare them; return the exit code."""
    if "--check" not in arguments:
        for path, content in wanted.items():
            path.write_text(content, encoding="utf-8")
        return 0
    stale = [path.name for path, content in wanted.items() if _read(path) != content]
    print(f"run {tool}: {stale} differ" if stale else "up to date")
    return 1 if stale else 0


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""
