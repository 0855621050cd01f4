"""The journey of a lead as a page shows it: touch by touch, the last one first. Pure."""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from leads.dashboard import masking, wording
from leads.dashboard.briefs import stage
from leads.dashboard.terms import ACTIONS, CODES, SOURCES
from leads.dashboard.texts import NOTHING, Said, said, said_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from leads.dashboard.sources import Row
    from leads.dashboard.wording import Time

MOST_TOUCHES = 200

COLUMNS = ("ReceivedAt", "Action", "Source", "Stage", "Campaign", "Description", "IsTest")
"""What a page needs of a touch: a payload is most of it, and nobody sees that here."""

_CAMPAIGNS = "campaigns:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One touch."""

    at: Time | None
    action: Said
    code: Said  # Microsoft's, where *action* is in words
    source: Said
    stage: str
    campaign: Said
    description: Said
    by_machine: bool  # Microsoft wrote the description, and no customer
    is_hidden: bool  # a customer wrote something, and it is not shown
    is_test: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Journey:
    """The touches of a lead."""

    steps: Sequence[Step]
    told: str


def journey(touches: Iterable[Row], *, shown: bool, now: datetime) -> Journey:
    """Return the last of *touches*; with what the customer wrote if contact data are *shown*."""
    last: deque[Row] = deque(maxlen=MOST_TOUCHES)
    count = 0
    for touch in touches:
        last.append(touch)
        count += 1
    told = wording.counted(count, "touch", "touches")
    if count > MOST_TOUCHES:
        told = f"{told}, of which these are the last {MOST_TOUCHES}"
    return Journey(steps=[_step(touch, shown, now) for touch in reversed(last)], told=told)


def _step(touch: Row, shown: bool, now: datetime) -> Step:
    at = wording.moment_in(touch.get("ReceivedAt"))
    action, source = said(touch.get("Action")), said(touch.get("Source"))
    description, campaign = said_lines(touch.get("Description")), touch.get("Campaign")
    by_machine = _is_by_machine(description.text)
    return Step(
        at=wording.full(at, now) if at else None,
        action=Said(ACTIONS.get(action.text, action.text) or "No action named"),
        code=action if action.text in CODES else NOTHING,
        source=Said(SOURCES.get(source.text, source.text)),
        stage=stage(touch),
        campaign=said(campaign) if shown else masking.words(campaign),
        description=description if shown else NOTHING,
        by_machine=by_machine,
        is_hidden=bool(description) and not by_machine and not shown,
        is_test=touch.get("IsTest") is True,
    )


def _is_by_machine(text: str) -> bool:
    """Tell whether *text* is what Microsoft puts where a customer's words may stand."""
    if text.lower().startswith(_CAMPAIGNS):
        return True
    try:
        return text.startswith("{") and isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False
