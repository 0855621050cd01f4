"""Can storage be reached, may we use it, and do the clocks agree? Pure."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from leads.doctor.facts import TableFacts, Unseen
from leads.doctor.findings import critical, fine, number, span, warning
from leads.names import POISON_QUEUES, QUEUES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from leads.doctor.facts import Facts, QueueFacts
    from leads.doctor.findings import Finding

MOST_SKEW = timedelta(seconds=5)
EXPIRES_SOON = timedelta(days=3)
"""Tending renews what expires within so long (tending/aging.py): what is found here, it did not."""

_ROLES = "the roles Storage Queue Data Contributor and Storage Table Data Contributor"
_REFUSED = (" 401", " 403")


def judge_settings(facts: Facts) -> Iterator[Finding]:
    """Name every fault of the settings, and every doubt."""
    advice = "Mend it where the app has its settings, and where you run this."
    for fault in facts.setting_faults:
        yield critical("settings", fault, advice)
    for doubt in facts.setting_doubts:
        yield warning("settings", doubt, advice)
    if not facts.setting_faults and not facts.setting_doubts:
        yield fine("settings", "no faults")


def judge_tables(facts: Facts) -> Iterator[Finding]:
    """Tell whether the tables can be reached, read and written."""
    tables = facts.tables
    if isinstance(tables, Unseen):
        yield _out_of_reach("tables", tables)
        return
    if isinstance(tables.skew, Unseen):
        what = f"a row cannot be written, read and removed: {tables.skew.cause}"
        yield critical("tables", what, _advice_on(tables.skew))
        return
    made = f"; {_listed(tables.missing)} made on first use" if tables.missing else ""
    yield fine("tables", f"a row was written, read and removed{made}")


def judge_clock(facts: Facts) -> Iterator[Finding]:
    """Compare the clocks of this machine, of storage and of the app."""
    if not isinstance(facts.tables, TableFacts) or isinstance(facts.tables.skew, Unseen):
        return
    skew, status = facts.tables.skew, facts.tables.status
    if abs(skew) > MOST_SKEW:
        way = "behind" if skew > timedelta() else "ahead of"
        yield warning(
            "clock",
            f"this machine is {span(skew)} {way} storage: `forget` would set ErasedAt wrongly, and"
            " an app that runs here stamps leads so",
            "Let this machine set its clock by network time, then go on.",
        )
        return
    yield fine("clock", f"this machine and storage agree to {span(MOST_SKEW)}")
    if status is None or isinstance(status, Unseen) or status.as_of - facts.now <= MOST_SKEW:
        return
    yield warning(
        "clock",
        f"the app is {span(status.as_of - facts.now)} ahead of this machine: it stamps leads so",
        "Look whether tend_leads runs on a machine of yours whose clock is wrong.",
    )


def judge_queues(facts: Facts) -> Iterator[Finding]:
    """Tell of each queue whether it can be used, and how long its messages wait."""
    if isinstance(facts.queues, Unseen):
        yield _out_of_reach("queues", facts.queues)
        return
    for queue in facts.queues:
        if queue.name in QUEUES:
            yield _judge_queue(queue, facts)
    poison = [queue for queue in facts.queues if queue.name in POISON_QUEUES and queue.depth]
    if not poison:
        yield fine("poison queues", "empty")
    for queue in poison:
        yield warning(
            queue.name,
            f"{number(queue.depth, 'message')} ended the process or could not be read",
            "`python -m leads tend` makes dead letters of them, as the app does every 5 minutes;"
            " then see `python -m leads dead list`.",
        )
    yield from _expiring(facts.queues, facts)


def _judge_queue(queue: QueueFacts, facts: Facts) -> Finding:
    if not queue.exists:
        return fine(queue.name, "made on first use")
    if queue.refused:
        what = f"nothing can be put there: {queue.refused.cause}"
        return critical(queue.name, what, _advice_on(queue.refused))
    if queue.unencoded:
        return warning(
            queue.name,
            f"{number(queue.unencoded, 'message')} not in base64: the host makes poison of them",
            "Let whoever sends there encode them; `python -m leads tend` keeps what became poison.",
        )
    waiting = number(queue.depth, "message") if queue.depth else "empty"
    if queue.oldest_at is None:
        return fine(queue.name, waiting)
    age = facts.now - queue.oldest_at
    what = f"{waiting}, the oldest of those that wait since {span(age)}"
    if age <= facts.max_age:
        return fine(queue.name, what)
    advice = "See whether the app runs, and its log, for why nothing takes them."
    return warning(queue.name, what, advice)


def _expiring(queues: Sequence[QueueFacts], facts: Facts) -> Iterator[Finding]:
    for queue in queues:
        if queue.expires_at and queue.expires_at - facts.now < EXPIRES_SOON:
            yield critical(
                queue.name,
                f"a message expires on {queue.expires_at:%Y-%m-%d %H:%M} UTC and is lost then",
                "`python -m leads tend` sends it anew without an end; then start the app.",
            )


def _out_of_reach(check: str, unseen: Unseen) -> Finding:
    return critical(check, f"they could not be looked at: {unseen.cause}", _advice_on(unseen))


def _advice_on(unseen: Unseen) -> str:
    if any(status in unseen.cause for status in _REFUSED):
        return f"Renew the key in LeadsStorage; where it holds none, you and the app need {_ROLES}."
    return "See whether LeadsStorage is right, and whether the storage is there."


def _listed(names: Sequence[str]) -> str:
    return f"{', '.join(names)} {'is' if len(names) == 1 else 'are'}"
