"""The model alone, for longer: `python -m tests.model [--examples N] [--seed S]`."""

from __future__ import annotations

import argparse
import sys

from tests.model.hunt import STEPS, hunt


def main() -> int:
    """Run as many examples as the command line says; return 1 where a law is broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.model")
    parser.add_argument("--examples", type=int, default=10_000, help="how many (%(default)s)")
    parser.add_argument("--steps", type=int, default=STEPS, help="of an example (%(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of the examples (%(default)s)")
    given = parser.parse_args()
    found = hunt(examples=given.examples, number=given.seed, steps=given.steps, shrink=True)
    if found.broken:
        sys.stdout.write(f"{found.broken}\n{found.example}\n")
    figures = ", ".join(f"{number} {name}" for name, number in found.seen.items())
    sys.stdout.write(f"{figures}; {found.seconds:.0f} s, seed {given.seed}\n")
    return 1 if found.broken else 0


if __name__ == "__main__":
    sys.exit(main())
