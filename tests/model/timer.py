"""The timer: time that passes, and `tend_leads`, which runs at least every three days.

That is what the system promises to withstand: what a binding sent lives for seven days, and is kept
alive when three are left (DESIGN 5.5).
"""

from __future__ import annotations

from datetime import timedelta

from leads.tending import run
from leads.tending.ports import Bounds
from tests.model.broken import Broken
from tests.model.wire import Interruption
from tests.model.world import World

HANDS_FREE = timedelta(minutes=20)
LONGEST_REST = timedelta(days=2.9)
LONGEST_OUTAGE = timedelta(days=20)
"""Shorter than the 30 days in which wishes are repeated, and letters redriven."""


def pass_time(world: World, much: timedelta) -> None:
    """Let the clock advance; whatever else stands still, the timer does not.

    Before it rests for long it saw every message once that nobody had in hand.
    """
    end = world.now + much
    if much > HANDS_FREE:
        world.now += HANDS_FREE
        tend(world)
    while world.last_tended + LONGEST_REST < end:
        world.now = max(world.now, world.last_tended + LONGEST_REST)
        if world.now - world.down_since > LONGEST_OUTAGE:
            world.wire.tables_are_down = False
        tend(world)
    world.now = max(world.now, end)


def tend(world: World, interruption: Interruption | None = None) -> None:
    """Run the timer's function once."""
    bounds = Bounds(now=world.now, clock=lambda: 0.0, ends_at=1.0)
    with world.wire.interrupted(interruption):
        report = run.tend(world.tend_ports, bounds)
        if interruption:
            return
        world.last_tended = world.now
        if report.failures and world.wire.depth == 1 and not world.wire.tables_are_down:
            raise Broken("tending fails by itself", "; ".join(report.failures))
