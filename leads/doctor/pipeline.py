"""Is it tended, what lies in dead letters, and when did which offer last get a lead? Pure."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

from leads.doctor.facts import TableFacts, Unseen
from leads.doctor.findings import ago, critical, fine, number, span, warning
from leads.errors import LeadFenced

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from leads.doctor.facts import Facts, LetterFacts
    from leads.doctor.findings import Finding
    from leads.letters import StoredLetter
    from leads.tending.status import OfferStatus, Status

LATE = timedelta(minutes=15)
"""Three runs of tending that did not happen."""

TOO_LATE = timedelta(days=1)
"""A message can expire 3 days after the last run: it lives 7, and is renewed at 4."""

_NO_OFFER_ID = ("title~", "id~", "~unknown")


def judge_tending(facts: Facts) -> Iterator[Finding]:
    """Tell whether tend_leads runs, and what it could not do."""
    status = _of_tables(facts, lambda tables: tables.status)
    if isinstance(status, Unseen):
        yield from _unseen("tending", status, facts)
        return
    if status is None:
        yield warning(
            "tending",
            "it never ran",
            "It runs within 5 minutes of the app's start: see whether the app runs, or run"
            " `python -m leads tend`.",
        )
        return
    yield _judge_age(status, facts.now)
    for failure in status.failures:
        advice = "It is tried again every 5 minutes; `python -m leads tend` tries it now."
        yield warning("tending", f"the last run could not {failure}", advice)


def judge_letters(facts: Facts) -> Iterator[Finding]:
    """Tell how many dead letters wait, and for whom."""
    letters = _of_tables(facts, lambda tables: tables.letters)
    if isinstance(letters, Unseen):
        yield from _unseen("dead letters", letters, facts)
        return
    yield from _parked(letters)
    if letters.redriven:
        what = f"{letters.redriven} sent again and not yet seen in the table"
        yield fine("dead letters", what)
    elif not letters.parked:
        yield fine("dead letters", "none wait")


def judge_offers(facts: Facts) -> Iterator[Finding]:
    """Tell when each offer last got a lead, and which leads came without a known offer."""
    offers = _of_tables(facts, lambda tables: tables.offers)
    if isinstance(offers, Unseen):
        yield from _unseen("offers", offers, facts)
        return
    tested = [offer.last_test_at for offer in offers.values() if offer.last_test_at]
    last = f"the last one came {ago(max(tested), facts.now)}" if tested else "none was counted yet"
    yield fine("test leads", last)
    for _, offer in sorted(offers.items()):
        if offer.last_real_at:
            yield _judge_offer(offer, offer.last_real_at, facts.now)


def _judge_age(status: Status, now: datetime) -> Finding:
    age = now - status.as_of
    what = f"it last ran {span(age)} ago"
    advice = "Start the app again, or run `python -m leads tend` until it runs."
    if age > TOO_LATE:
        return critical("tending", f"{what}: messages begin to expire after 3 days", advice)
    if age > LATE:
        return warning("tending", f"{what}, and should every 5 minutes", advice)
    return fine("tending", what)


def _parked(letters: LetterFacts) -> Iterator[Finding]:
    by_person = [letter for letter in letters.parked if letter.next_at is None]
    by_timer = [letter for letter in letters.parked if letter.next_at is not None]
    if by_person:
        yield warning(
            "dead letters",
            f"{_counted(by_person)} for a person to decide",
            "`python -m leads dead list` shows them: redrive those that are leads, drop the rest.",
        )
    if by_timer:
        due = min(letter.next_at for letter in by_timer if letter.next_at)
        yield warning(
            "dead letters",
            f"{_counted(by_timer)} for the timer, which tries from {due:%Y-%m-%d %H:%M} UTC on",
            "Mend the cause; `python -m leads dead redrive --all --yes` need not wait.",
        )
    fenced = [one for one in letters.parked if _cause(one) == LeadFenced.__name__]
    if fenced:
        yield warning(
            "fences",
            f"{number(len(fenced), 'letter')} met a lead whose erasure or move was broken off",
            "`python -m leads tend` finishes it, and redrives them when they are due.",
        )


def _counted(letters: Sequence[StoredLetter]) -> str:
    """Return how many *letters* wait, since when, and for which causes."""
    causes = Counter(_cause(letter) for letter in letters).most_common()
    told = ", ".join(f"{cause} {amount}" for cause, amount in causes)
    oldest = min(letter.buried_at for letter in letters)
    verb = "waits" if len(letters) == 1 else "wait"
    return f"{len(letters)} ({told}) {verb} since {oldest:%Y-%m-%d %H:%M} UTC"


def _cause(letter: StoredLetter) -> str:
    """Return the name of the error, or of the problem for which the door refused it."""
    return letter.letter.cause.partition(":")[0]


def _judge_offer(offer: OfferStatus, last: datetime, now: datetime) -> Finding:
    leads = number(sum(offer.stages.values()), "lead")
    what = f"{offer.partition}: {leads}, the last {ago(last, now)}"
    if not offer.partition.startswith(_NO_OFFER_ID):
        return fine("offer", what)
    return warning(
        "offer",
        f"{what}; no offer id is known for it",
        "If it is one of yours, add its title to LEADS_OFFER_ALIASES, then"
        f" `python -m leads merge-offer '{offer.partition}' <its offer id>`.",
    )


def _of_tables[T](facts: Facts, ask: Callable[[TableFacts], T]) -> T | Unseen:
    return ask(facts.tables) if isinstance(facts.tables, TableFacts) else facts.tables


def _unseen(check: str, unseen: Unseen, facts: Facts) -> Iterator[Finding]:
    """Say that nobody could tell, unless no table can be reached, which is said already."""
    if unseen is not facts.tables:
        yield critical(
            check,
            f"nobody could tell: {unseen.cause}",
            "Run `python -m leads doctor` again; if it stays, look at that table by hand.",
        )
