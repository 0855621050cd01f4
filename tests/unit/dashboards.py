"""What the pages of the dashboard are tested with: tables in memory, and rows as they hold them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from leads.dashboard.sources import Asked, Page, Row, Sources
from leads.statistics import Statistics, periods
from leads.tables import keys
from leads.tending.status import LetterStatus, OfferStatus, QueueStatus, Status

NOW = datetime(2026, 11, 22, 12, 8, tzinfo=UTC)  # a Sunday
AS_OF = NOW - timedelta(minutes=3)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

OFFER, OTHER_OFFER = "contoso.saas", "fabrikam.saas"
NO_LETTERS = LetterStatus(parked=0, redriven=0, waiting_for_a_person=0, oldest_at=None)

REASONS = "business e-mail +30, director +20, company +20: fit A; active +75: intent 75"
HIDDEN = ("Lovelace", "ada.lovelace", "7946", "Please call")
"""What of the usual lead nobody may see before contact data are shown."""


def key(number: int) -> str:
    """Return the lead key of somebody."""
    return f"e{number:032x}"


def lead(
    number: int = 1, *, ago: timedelta = HOUR, offer: str = OFFER, **columns: object
) -> dict[str, object]:
    """Return the row of a lead last seen so long ago; *columns* are what a test is about."""
    row: dict[str, object] = {
        "PartitionKey": offer,
        "RowKey": f"lead|{key(number)}",
        "Kind": "lead",
        "LeadKey": key(number),
        "FirstName": "Ada",
        "LastName": "Lovelace",
        "Email": "ada.lovelace@contoso.com",
        "Phone": "+44 20 7946 0146",
        "PhoneE164": "+442079460146",
        "Company": "Contoso",
        "Title": "Director",
        "CountryCode": "GB",
        "Stage": "active",
        "ContactStatus": "contactable",
        "Actions": "INS",
        "LeadSource": "AzureMarketplace-INS",
        "TouchCount": 1,
        "FirstSeen": NOW - ago,
        "LastSeen": NOW - ago,
        "IsTest": False,
        "Fit": "A",
        "Intent": 75,
        "ScoreReasons": REASONS,
    }
    return row | columns


def recent(number: int = 1, *, ago: timedelta = HOUR, **columns: object) -> dict[str, object]:
    """Return the row that lists a lead."""
    left = 9_999_999_999_999 - keys.milliseconds(NOW - ago)
    place = {"RowKey": f"recent|{left:013d}|{key(number)}", "Kind": "recent"}
    return {**lead(number, ago=ago), **place, **columns}


def touch(number: int = 1, *, ago: timedelta = HOUR, **columns: object) -> dict[str, object]:
    """Return the row of a touch."""
    at = NOW - ago
    row = f"touch|{key(number)}|{keys.milliseconds(at):013d}|0123456789abcdef"
    said = {"Action": "INS", "Source": "SPZA", "Stage": "active", "Description": "Please call me"}
    return {"PartitionKey": OFFER, "RowKey": row, "ReceivedAt": at, **said, **columns}


@dataclass
class Leads:
    """The table Leads in memory."""

    rows: list[Row] = field(default_factory=list)
    read: int = 0  # rows that somebody took from a list

    def offers(self) -> Iterator[str]:
        return iter(sorted({str(row["PartitionKey"]) for row in self.rows}))

    def recent(
        self,
        offer: str | None = None,
        *,
        since: datetime | None = None,
        after: tuple[str, str] | None = None,
        page: int | None = None,  # noqa: ARG002 - how many come at once makes no difference here
    ) -> Iterator[Row]:
        end = keys.recent_rows_since(since)[1] if since else "recent}"
        listed = [row for row in self._kind("recent") if _order(row) < (end, "")]
        for row in sorted(listed, key=_order):
            is_after = after is None or _order(row) > (after[1], after[0])
            if is_after and offer in {None, row["PartitionKey"]}:
                self.read += 1
                yield row

    def lead(self, offer: str, lead_key: str) -> Row | None:
        rows = (row for row in self._kind("lead") if row["PartitionKey"] == offer)
        return next((row for row in rows if row["RowKey"] == f"lead|{lead_key}"), None)

    def everywhere(self, lead_key: str) -> Iterator[Row]:
        return (row for row in self._kind("lead") if row["RowKey"] == f"lead|{lead_key}")

    def journey(
        self, offer: str, lead_key: str, *, columns: tuple[str, ...] | None = None
    ) -> Iterator[Row]:
        rows = (row for row in self._kind(f"touch|{lead_key}") if row["PartitionKey"] == offer)
        for row in sorted(rows, key=_order):
            yield {name: row[name] for name in columns or row if name in row}

    def _kind(self, kind: str) -> list[Row]:
        return [row for row in self.rows if str(row["RowKey"]).startswith(f"{kind}|")]


@dataclass
class Counts:
    """The table LeadStatus in memory."""

    status: Status | None = None
    offers: Mapping[str, OfferStatus] = field(default_factory=dict)

    def read(self) -> Status | None:
        return self.status

    def offers_with_statistics(self) -> Mapping[str, OfferStatus]:
        return self.offers


def sources(
    *rows: Row, status: Status | None = None, offers: Mapping[str, OfferStatus] | None = None
) -> Sources:
    """Return what the pages read from: these rows, and these counts."""
    return Sources(leads=Leads(list(rows)), status=Counts(status, offers or {}))


def asked(query: Mapping[str, str] | None = None, *, shown: bool = False) -> Asked:
    """Return with what a page is asked."""
    return Asked(query=query or {}, now=NOW, contact_shown=shown)


def status(
    *,
    as_of: datetime = AS_OF,
    queues: Iterable[QueueStatus] = (),
    letters: LetterStatus = NO_LETTERS,
    failures: Iterable[str] = (),
) -> Status:
    """Return a state of the pipeline in which nothing is wrong but what is named."""
    return Status(
        as_of=as_of,
        queues=list(queues),
        letters=letters,
        leads=0,
        tests=0,
        last_real_at=None,
        last_test_at=None,
        failures=list(failures),
    )


def counted(
    *rows: Row, as_of: datetime = AS_OF, offer: str = OFFER, last: datetime | None = None
) -> dict[str, OfferStatus]:
    """Return what tend_leads keeps of an offer with these rows."""
    statistics = {name: Statistics(begins) for name, begins in periods(as_of).items()}
    for row in rows:
        for period in statistics.values():
            period.count(row)
    kept = OfferStatus(
        partition=offer,
        as_of=as_of,
        stages={},
        contact={},
        tests=0,
        last_real_at=last,
        last_test_at=None,
        statistics=statistics,
    )
    return {offer: kept}


def text_of(page: Page) -> str:
    """Return *page* in one line, so that a test need not know where its lines end."""
    return " ".join(page.html.split())


def _order(row: Row) -> tuple[str, str]:
    return str(row["RowKey"]), str(row["PartitionKey"])
