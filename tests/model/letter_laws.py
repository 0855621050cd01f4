"""The laws of dead letters, after every step: they say what was done, and forget nothing."""

from __future__ import annotations

from collections import Counter

from leads.letters import LetterState, StoredLetter
from tests.model.broken import Broken
from tests.model.storage import delivery_in
from tests.model.tables import is_covered, letters
from tests.model.world import World

SETTLED = {LetterState.STORED, LetterState.DROPPED}


def check_letters(world: World) -> None:
    """A letter is said to be stored or redriven only where it was, and never forgets."""
    sent = sum((world.queues.open(name).sent for name in world.queues.queues), Counter[str]())
    for letter in letters(world):
        check_truth(letter, world, sent)
        if letter.id in world.letters_before and letter.id not in world.letters.removed:
            check_memory(letter, world.letters_before[letter.id])
    world.letters_before = {letter.id: letter for letter in letters(world)}
    world.letters.removed.clear()


def check_truth(letter: StoredLetter, world: World, sent: Counter[str]) -> None:
    """Hold what a letter says of itself against queues and tables."""
    held = delivery_in(letter.envelope or letter.letter.body)
    posted = world.ledger.accepted.get(held)
    if posted is None:
        return
    if letter.times_redriven > sent[held]:
        raise Broken("L1: a letter is said to be sent, and was not", letter)
    gone = world.ledger.is_erased(posted) or held in world.ledger.dropped
    if letter.state is LetterState.STORED and not gone and not is_covered(world, posted):
        raise Broken("L1: a letter is said to be stored, and is not", letter)


def check_memory(letter: StoredLetter, before: StoredLetter) -> None:
    """Hold a letter against what it was a step before."""
    more = letter.count - before.count, letter.times_redriven - before.times_redriven
    same = letter.buried_at == before.buried_at
    kept = before.envelope in {b"", letter.envelope}
    if min(more) < 0 or not same or not kept:
        raise Broken("a letter forgot what was done about it", (before, letter))
    if before.state in SETTLED and letter.state not in SETTLED and not any(more):
        raise Broken("a letter that was settled came back by itself", (before, letter))
