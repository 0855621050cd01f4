"""Does host.json fit the code? What breaks where it does not. Pure.

Source: azure-functions.md 1 (the defaults of what is left out, and what the host does with it).
"""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import TYPE_CHECKING

from leads.doctor.findings import critical, fine, span, warning
from leads.pipeline.stage import LAST_ATTEMPT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from leads.doctor.facts import Facts
    from leads.doctor.findings import Finding

CHECK = "host.json"

SHORTEST_PAUSE = timedelta(seconds=30)
"""Below it the attempts are over before a short outage is."""

_DEFAULTS: dict[str, object] = {
    "messageencoding": "base64",
    "maxdequeuecount": 5,
    "visibilitytimeout": "00:00:00",
}
_SPAN = re.compile(r"(?:(\d+)\.)?(\d+):(\d+)(?::(\d+))?(?:\.\d+)?")


def judge_host_file(facts: Facts) -> Iterator[Finding]:
    """Compare the host.json of this folder with what the code relies on."""
    if facts.host_json is None:
        yield fine(CHECK, "not compared: there is none in this folder")
        return
    try:
        queues = _DEFAULTS | _queue_settings(json.loads(facts.host_json))
        faults = [*_encoding(queues), *_attempts(queues), *_pause(queues)]
    except (ValueError, TypeError, RecursionError):
        yield critical(CHECK, "it cannot be read", "Mend host.json: take the project's own.")
        return
    yield from faults
    if not faults:
        whole = span(_span(queues["visibilitytimeout"]) * (LAST_ATTEMPT - 1))
        yield fine(CHECK, f"base64; {LAST_ATTEMPT} attempts in {whole}, then a dead letter")


def _queue_settings(host: object) -> dict[str, object]:
    """Return the settings of the queues; the host, too, reads names in any case."""
    for name in ("extensions", "queues"):
        host = _lowered(host).get(name, {})
    return _lowered(host)


def _lowered(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise TypeError("not an object")
    return {str(name).lower(): inner for name, inner in value.items()}


def _encoding(queues: Mapping[str, object]) -> Iterator[Finding]:
    encoding = str(queues["messageencoding"])
    if encoding.lower() != "base64":
        yield critical(
            CHECK,
            "messageEncoding is not base64: what redrive and tend send cannot be read by the app,"
            " and ends in the poison queues",
            'Set extensions.queues.messageEncoding to "base64" in host.json and deploy.',
        )


def _attempts(queues: Mapping[str, object]) -> Iterator[Finding]:
    attempts = queues["maxdequeuecount"]
    if not isinstance(attempts, int):
        raise TypeError("maxDequeueCount is not a number")
    what = f"maxDequeueCount is {attempts}, the code counts on {LAST_ATTEMPT}: "
    advice = f"Set extensions.queues.maxDequeueCount to {LAST_ATTEMPT} in host.json and deploy."
    if attempts < LAST_ATTEMPT:
        yield critical(
            CHECK,
            f"{what}a lead that fails becomes poison, without its cause, before the attempt that"
            " would make a letter of it, and poison is tried 3 times more, not for 30 days",
            advice,
        )
    if attempts > LAST_ATTEMPT:
        yield warning(
            CHECK, f"{what}letters are made as before, what cannot be read is tried longer", advice
        )


def _pause(queues: Mapping[str, object]) -> Iterator[Finding]:
    pause = _span(queues["visibilitytimeout"])
    advice = 'Set extensions.queues.visibilityTimeout to "00:01:00" in host.json and deploy.'
    if not pause:
        yield critical(
            CHECK,
            "visibilityTimeout is 0: all attempts are burnt in seconds, so that the shortest outage"
            " makes a dead letter of every lead",
            advice,
        )
    elif pause < SHORTEST_PAUSE:
        whole = span(pause * (LAST_ATTEMPT - 1))
        yield warning(CHECK, f"all attempts are over after {whole}: outages last longer", advice)


def _span(value: object) -> timedelta:
    found = _SPAN.fullmatch(str(value))
    if found is None:
        raise ValueError("not a time span")
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
