"""What Hypothesis draws from: lines that collide, interruptions that hit, times that matter."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import strategies as st

from tests.model.cast import ALPHA, BETA, GAMMA, SPELLINGS, Lines
from tests.model.wire import Event, Interruption

NUMBERS = st.integers(0, 7)
LINES = st.builds(
    Lines,
    spelling=st.sampled_from(["ada", "ada", "ada", *SPELLINGS]),
    offer=st.sampled_from([ALPHA, ALPHA, GAMMA, BETA]),
    action=st.sampled_from(["INS", "INS", "INS", "DNC"]),
    words=st.sampled_from(["", "", "Call me"]),
    test=st.sampled_from([False, False, False, True]),
)


def breaks(*calls: str) -> st.SearchStrategy[Interruption]:
    """Let a process die, or a call fail, at any moment or at one of these calls."""
    return st.builds(
        Interruption,
        at=st.integers(0, 2),
        event=st.sampled_from([Event.CRASH, Event.CRASH, Event.FAILURE]),
        call=st.sampled_from(calls),
    ) | st.builds(Interruption, at=st.integers(0, 24), event=st.just(Event.CRASH))


def others(*calls: str) -> st.SearchStrategy[Interruption]:
    """Let others work in the middle of something, before or after one of these calls."""
    return st.builds(
        Interruption,
        at=st.integers(0, 1),
        event=st.sampled_from(
            [Event.SAME, Event.OTHER, Event.OTHER, Event.FORGET, Event.MERGE, *WORK_OF_OTHERS]
        ),
        number=NUMBERS,
        call=st.sampled_from(calls),
        crash_at=st.none() | st.integers(0, 12),
    )


WORK_OF_OTHERS = (Event.TEND, Event.OBJECT, Event.REBUILD)
STAGE = ("read_lead", "read_person", "find_touches", "commit", "commit", "send", "remove")
UPKEEP = ("put_lead", "put_fence", "remove_touches", "copy_touches", "remove_lead", "write_person")
TENDING = ("bury", "change_letter", "remove_letter", "send", "remove", *UPKEEP)

IN_A_STAGE = st.none() | breaks(*STAGE) | others(*STAGE)
IN_UPKEEP = st.none() | breaks(*UPKEEP) | others(*UPKEEP)
IN_TENDING = st.none() | breaks(*TENDING) | others(*TENDING)
IN_BETWEEN = st.none() | breaks("send", "change_letter")
KEEPING_ALIVE = breaks("send", "remove")
TIMES = st.sampled_from(
    [
        timedelta(milliseconds=1),
        timedelta(seconds=30),
        timedelta(minutes=11),
        timedelta(hours=2),
        timedelta(hours=24, milliseconds=-1),
        timedelta(hours=24),
        timedelta(days=8),
        timedelta(days=40),
    ]
)
