"""Counts of the leads of a period: by week and stage, source, action, country, campaign. Pure.

Rows are counted as lists show them, one by one. A lead belongs to the ISO week (UTC) of its
`FirstSeen`, and counts if it was first seen when the period had begun. What it counts for:

- ``stage``: once in its week, for the furthest stage that it has reached by now; the stages of a
  week add up to its leads.
- ``contact``: once in its week, for its contact status now; these add up to its leads, too.
- ``source``, ``country``, ``campaign``: once each in the whole period, for what its row shows now;
  each kind adds up to the leads. The source is the part of `LeadSource` before the action.
- ``action``: once for every action that it has in `Actions`, so these add up to more.
- ``test``: a test lead, in its week; it counts for nothing else.

What a lead does not tell counts as `NONE`. Of each kind an offer has `MOST_NAMES` names, its most
frequent ones; the rest of the leads are `OTHER`. That is exact, and the same in whatever order the
rows come, unless an offer has more than 100,000 names of a kind: of these the less frequent half
goes to `OTHER` on the way, so that the memory has a bound, and a name that comes again begins anew.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple, Self

from leads.messages import format_time, parse_time
from leads.model import ContactStatus, Stage
from leads.payload import parse_lead_source
from leads.weeks import first_week, midnight, monday_of, week_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    type Row = Mapping[str, object]
    type Place = tuple[str, str, str]  # kind, offer, week; no week: the whole period

WEEKLY = STAGE, CONTACT, TEST = "stage", "contact", "test"
NAMED = SOURCE, ACTION, COUNTRY, CAMPAIGN = "source", "action", "country", "campaign"
KINDS = (*WEEKLY, *NAMED)

NONE, OTHER = "(none)", "(other)"

MOST_NAMES = 50
_ROOM = 100_000
"""Names of one kind that an offer may have while it is counted: some 20 MB of them.

The census meets the leads in another order than lists do, and must find the same numbers.
"""
_LONGEST = 64
"""Characters of a name; longer ones that begin alike are one."""
WEEKS = 8
"""What is counted where nobody asks for another period."""


class Number(NamedTuple):
    """How many leads an offer has of a name of a kind, in a week or, where it is empty, in all."""

    kind: str
    offer: str
    week: str  # such as 2026-W47
    name: str
    leads: int


@dataclass(slots=True)
class Statistics:
    """The leads first seen at *since* or later, counted."""

    since: datetime
    counts: dict[Place, Counter[str]] = field(default_factory=dict)

    def count(self, row: Row) -> None:
        """Count the row of a lead; one that does not tell when it was first seen is left out."""
        seen = _moment(row.get("FirstSeen"))
        if seen is None or seen < self.since:
            return
        offer, week = str(row.get("PartitionKey", "")), week_of(seen)
        if row.get("IsTest") is True:
            self._add((TEST, offer, week), "")
            return
        for kind, name in _in_its_week(row):
            self._add((kind, offer, week), name)
        for kind, name in _in_the_period(row):
            self._add((kind, offer, ""), name)

    def numbers(self) -> Iterator[Number]:
        """Yield every number that is not 0, by kind, offer and week, the greatest first."""
        for place in sorted(self.counts, key=lambda place: (KINDS.index(place[0]), *place[1:])):
            for name, leads in ranked(shortened(self.counts[place], MOST_NAMES)):
                yield Number(*place, name, leads)

    def to_json(self) -> dict[str, object]:
        """Return what JSON can say: `since`, and `offers` by offer, kind, week and name."""
        offers: dict[str, dict[str, dict[str, dict[str, int]]]] = {}
        for kind, offer, week, name, leads in self.numbers():
            offers.setdefault(offer, {}).setdefault(kind, {}).setdefault(week, {})[name] = leads
        return {"since": format_time(self.since), "offers": offers}

    @classmethod
    def from_json(cls, fields: Mapping[str, object]) -> Self:
        """Return what `to_json` said; the numbers are the same.

        Raises:
            AttributeError, TypeError, ValueError: it did not say that.
        """
        match fields:
            case {"since": str(since), "offers": dict(offers)}:
                found = cls(parse_time(since))
            case _:
                raise ValueError("these are no statistics")
        for offer, kinds in offers.items():
            for kind, weeks in kinds.items():
                for week, names in weeks.items():
                    found.counts[_place(kind, offer, week)] = _counter(names)
        return found

    def __add__(self, other: Statistics) -> Statistics:
        """Return both together; they begin when the earlier one does."""
        both = Statistics(min(self.since, other.since))
        for part in (self, other):
            for place, names in part.counts.items():
                both.counts.setdefault(place, Counter()).update(names)
        return both

    def _add(self, place: Place, name: str) -> None:
        names = self.counts.setdefault(place, Counter())
        names[name] += 1
        if len(names) > _ROOM:
            self.counts[place] = shortened(names, _ROOM // 2)


def periods(now: datetime) -> dict[str, datetime]:
    """Return when each of the `PERIODS` began: each lies within the next one."""
    return {name: began(now.astimezone(UTC)) for name, began in PERIODS.items()}


PERIODS: Mapping[str, Callable[[datetime], datetime]] = {
    "today": midnight,
    "7d": lambda now: now - timedelta(days=7),
    "30d": lambda now: now - timedelta(days=30),
    f"{WEEKS}w": lambda now: first_week(now, WEEKS),
}
"""What is counted all the time, as `stats --since` names it; the last is that of plain `stats`."""


def shortened(names: Counter[str], most: int) -> Counter[str]:
    """Return *names* with none but the *most* frequent ones; the rest is `OTHER`."""
    named = [(name, leads) for name, leads in ranked(names) if name != OTHER]
    if len(named) <= most:
        return names
    kept = Counter(dict(named[:most]))
    kept[OTHER] = names.total() - kept.total()
    return kept


def ranked(names: Counter[str]) -> list[tuple[str, int]]:
    """Return *names* with their leads, the most frequent first, `OTHER` last."""
    return sorted(names.items(), key=lambda one: (one[0] == OTHER, -one[1], one[0]))


def _in_its_week(row: Row) -> Iterator[tuple[str, str]]:
    """Yield what counts week by week; of what a hand mistyped, what does no harm."""
    yield STAGE, _known(row.get("Stage"), Stage, Stage.UNKNOWN)
    yield CONTACT, _known(row.get("ContactStatus"), ContactStatus, ContactStatus.DO_NOT_CONTACT)


def _in_the_period(row: Row) -> Iterator[tuple[str, str]]:
    yield SOURCE, _name(parse_lead_source(_text(row, "LeadSource")).source)
    for action in dict.fromkeys(map(_name, _text(row, "Actions").split(","))):
        yield ACTION, action
    yield COUNTRY, _name(_text(row, "CountryCode"))
    yield CAMPAIGN, _name(_text(row, "Campaign"))


def _place(kind: str, offer: str, week: str) -> Place:
    if kind in WEEKLY:
        monday_of(week)  # or there is no such week
    return KINDS[KINDS.index(kind)], offer, week


def _counter(names: Mapping[str, int]) -> Counter[str]:
    if any(type(leads) is not int or leads < 1 for leads in names.values()):
        raise ValueError("these are no numbers of leads")
    return Counter(names)


def _known[T: (Stage, ContactStatus)](value: object, kinds: Iterable[T], otherwise: T) -> str:
    return next((kind for kind in kinds if kind == value), otherwise).value


def _text(row: Row, column: str) -> str:
    value = row.get(column)
    return value if isinstance(value, str) else ""


def _name(text: str) -> str:
    """Return *text* so that it takes little room, in memory as in JSON."""
    shown = " ".join(text.split())
    if not shown.isprintable():
        shown = "".join(char if char.isprintable() else "?" for char in shown)
    return (shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 1]}…") or NONE


def _moment(value: object) -> datetime | None:
    try:
        return parse_time(value) if isinstance(value, str) else _as_utc(value)
    except ValueError:  # a hand typed it
        return None


def _as_utc(value: object) -> datetime | None:
    return value.astimezone(UTC) if isinstance(value, datetime) else None
