"""Lets the model hunt every bug: `python -m tests.model.mutants [--examples N] [names]`.

It prints one line for each, and ends with 1 where one survives: a model that does not find what
was put in proves nothing about what it does not find.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager

from tests.model.bugs import recording, tending, upkeep
from tests.model.hunt import Hunt, hunt

MUTANTS: Mapping[str, Callable[[], AbstractContextManager[object]]] = {
    "claim first": recording.claim_first,
    "claim last": recording.claim_last,
    "lead upserted, its ETag dropped": recording.lead_upserted,
    "touch and lead in two transactions": recording.two_transactions,
    "seen before it is written": recording.seen_before_written,
    "duplicate dropped in spite of an erasure": recording.dropped_before_an_erasure,
    "window by calendar days": recording.bucket_window,
    "received_at taken in the writer": recording.stamped_by_the_writer,
    "identity computed in the writer": recording.identified_by_the_writer,
    "e-mail casefolded": recording.casefolded_email,
    "acknowledged before it is queued": recording.acknowledged_before_queued,
    "letter buried over itself": tending.buried_over,
    "letter buried over another": tending.buried_by_person,
    "redrive marks before it sends": tending.redriven_marked_first,
    "redriven is taken for stored": tending.stored_as_sent,
    "poison removed before it is buried": tending.poison_removed_first,
    "old message removed before it is sent": tending.renewed_removed_first,
    "time to live ignored": tending.never_renewed,
    "erased without a fence": upkeep.erased_without_a_fence,
    "fence ignored by writers": upkeep.fences_are_passed,
    "erasure known in some offers": upkeep.erasure_known_in_some_offers,
    "moved by removing first": upkeep.moved_by_removing_first,
}

SLOW = {
    "claim last",
    "duplicate dropped in spite of an erasure",
    "redrive marks before it sends",
    "poison removed before it is buried",
    "erased without a fence",
}
"""They take long to find: the test suite leaves them to `make mutants`."""

EXAMPLES = 20_000


def pursue(name: str, *, examples: int, number: int = 0) -> Hunt:
    """Put one bug in and hunt it."""
    with MUTANTS[name]():
        return hunt(examples=examples, number=number)


def main() -> int:
    """Hunt those that the command line names, or all; return 1 where one survives."""
    parser = argparse.ArgumentParser(prog="python -m tests.model.mutants")
    parser.add_argument("names", nargs="*", choices=[*MUTANTS, []], help="default: all")
    parser.add_argument("--examples", type=int, default=EXAMPLES, help="at most (%(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of the examples (%(default)s)")
    given = parser.parse_args()
    survivors = 0
    for name in given.names or MUTANTS:
        found = pursue(name, examples=given.examples, number=given.seed)
        survivors += not found.broken
        sys.stdout.write(f"{name}: {told(found)}\n")
        sys.stdout.flush()
    return 1 if survivors else 0


def told(found: Hunt) -> str:
    """Return how a hunt ended, in a few words."""
    effort = f"{found.examples} examples, {found.seconds:.1f} s"
    return f"killed by «{found.broken}», {effort}" if found.broken else f"SURVIVED {effort}"


if __name__ == "__main__":
    sys.exit(main())
