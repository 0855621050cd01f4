"""One structured log line per outcome, without personal data (DESIGN 5.5).

A line is one JSON object, so that no value can break out of it. The offer is left out: a title may
hold whatever a sender typed. A lead key is personal data, so only its beginning is told.
"""

from __future__ import annotations

import json
import logging
import re
from typing import TYPE_CHECKING

from leads.outcome import Outcome
from leads.rejections import describe

if TYPE_CHECKING:
    from leads.dashboard.wire import Visit
    from leads.pipeline.receive import Reception
    from leads.pipeline.stage import Step
    from leads.tending.run import TendReport

LOG = logging.getLogger("leads")

KEY_LETTERS = 9  # the level and 8 hex digits: enough to find the row, too few to be a name

_DELIVERY_ID = re.compile(r"[0-9a-fA-F-]{1,64}")
_LEAD_KEY = re.compile(r"[epna][0-9a-f]{32}")

_LEVELS = {
    Outcome.REFUSED: logging.WARNING,
    Outcome.REJECTED: logging.ERROR,
    Outcome.BURIED: logging.WARNING,
}


def log_reception(reception: Reception) -> None:
    """Log what the door did; a door that seems shut is an error."""
    level = _LEVELS.get(reception.outcome, logging.INFO)
    if reception.answer.status in {411, 500}:
        level = logging.ERROR
    _log(level, "receive", reception, status=reception.answer.status)


def log_step(stage: str, step: Step) -> None:
    """Log what a queue stage made of a message."""
    _log(_LEVELS.get(step.outcome, logging.INFO), stage, step)


def log_tending(report: TendReport) -> None:
    """Log what a run of tending did; what it could not do is an error."""
    line = {"event": "tend.done", **report.counts, "failures": list(report.failures)}
    LOG.log(logging.ERROR if report.failures else logging.INFO, "%s", json.dumps(line))


def log_visit(visit: Visit) -> None:
    """Log who opened contact data on the dashboard, and what went wrong there; nothing else."""
    if visit.shown:
        line = {
            "event": "dashboard.contact_shown",
            "viewer": visit.viewer,
            "lead": _plain(visit.shown, _LEAD_KEY)[:KEY_LETTERS],
        }
        LOG.info("%s", json.dumps(line))
    if visit.error:
        cause = describe(visit.error)
        LOG.error("%s", json.dumps({"event": "dashboard.failed", "cause": cause}))


def _log(level: int, stage: str, result: Reception | Step, **fields: int) -> None:
    line: dict[str, str | int] = {"event": f"{stage}.{result.outcome}", **fields}
    if result.delivery:
        line["delivery"] = _plain(result.delivery.id, _DELIVERY_ID)
        line["lead"] = _plain(result.delivery.identity.lead_key, _LEAD_KEY)[:KEY_LETTERS]
    if result.error:
        line["cause"] = describe(result.error)
    LOG.log(level, "%s", json.dumps(line))


def _plain(value: str, form: re.Pattern[str]) -> str:
    """Return *value* where it is what we make ourselves: a forged message may hold anything."""
    return value if form.fullmatch(value) else "?"
