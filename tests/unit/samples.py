"""Loads the payloads of tests/samples, which are described in the table beside them."""

from __future__ import annotations

from pathlib import Path

SAMPLES = Path(__file__).parent.parent / "samples"


def load(name: str) -> str:
    """Return the payload in the file *name*."""
    return (SAMPLES / name).read_text(encoding="utf-8")


def names() -> list[str]:
    """Return the files in their order, which is the order that tells their story."""
    return sorted(path.name for path in SAMPLES.glob("*.json"))
