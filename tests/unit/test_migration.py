"""Moving over: past leads of Microsoft's own destinations are what the door would have made."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import batched
from pathlib import Path

import pytest

from leads import messages
from leads.identity import fingerprint, identify
from leads.migration.columns import SPELLINGS, Origin, UnknownColumns, named, recognised
from leads.migration.exports import Wording, past_leads
from leads.migration.files import MOST_TOLD, Record, Unreadable, read_records
from leads.migration.importing import Outlet, import_leads
from leads.migration.moments import Calendar, Clue, Dated, dated
from leads.migration.past_leads import PastLead, delivery_of, is_imported, said_by
from leads.migration.reconciling import reconcile
from leads.migration.sending import AT_ONCE, MOST, NobodyTakes, Pace
from leads.migration.sought import Found, Holdings, Seen, is_known, look_for
from leads.migration.tally import Tally
from leads.model import Located
from leads.outcome import Outcome
from leads.payload import parse
from leads.pipeline.enrich import enrich
from leads.pipeline.write import write
from tests.memory import MemoryStore
from tests.unit.factories import ports
from tests.unit.samples import load, names

PAST = Path(__file__).parents[1] / "samples" / "migration"
LATEST = datetime(2026, 11, 23, tzinfo=UTC)
WHEN = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
OFFER = "contoso.sample-saas"
TITLE = "Sample SaaS"
ADA = {"FirstName": "Ada", "LastName": "Lovelace", "Email": "ada@example.com"}
WINDOW = timedelta(hours=24)
MINUTE = timedelta(minutes=1)


@dataclass
class Touches:
    """The tables, as an import sees them."""

    rows: list[tuple[str, str, Seen]] = field(default_factory=list)
    moved: dict[str, str] = field(default_factory=dict)
    erased: dict[str, datetime] = field(default_factory=dict)
    asked: int = 0

    def near(
        self, place: Located, *, after: datetime | None, before: datetime | None
    ) -> Iterator[Seen]:
        self.asked += 1
        for partition, lead_key, seen in self.rows:
            late_enough = after is None or seen.received_at > after
            early_enough = before is None or seen.received_at < before
            here = (partition, lead_key) == (place.partition, place.lead_key)
            if here and late_enough and early_enough:
                yield seen

    def moved_to(self, place: Located) -> str:
        return self.moved.get(place.partition, "")

    def erased_at(self, lead_key: str) -> datetime | None:
        return self.erased.get(lead_key)


@dataclass
class Depths:
    """A queue that tells one depth after the other, then the last one for ever."""

    told: list[int]
    name: str = "leads-received"

    def depth(self) -> int:
        return self.told.pop(0) if len(self.told) > 1 else self.told[0]


def held(*posted: PastLead, aliases: dict[str, str] | None = None, **changed: object) -> Holdings:
    """Return a table that holds the touches of *posted*, as if they had come over HTTPS."""
    touches = Touches([(p.identity.partition, p.identity.lead_key, seen(p)) for p in posted])
    known = Holdings(
        offers=frozenset(partition for partition, *_ in touches.rows),
        touches=touches,
        aliases=aliases or {},
        window=WINDOW,
    )
    return replace(known, **changed)  # type: ignore[arg-type]  # the test names what differs


def seen(past: PastLead, *, delivery_id: str = "0b5c7a30-1111-4222-8333-444455556666") -> Seen:
    assert past.dated
    return Seen(delivery_id=delivery_id, received_at=past.dated.moment, said=past.said)


def table_row(**changed: str) -> dict[str, str]:
    """Return a row of MarketplaceLeads; the test names what matters."""
    return {
        "PartitionKey": "11:2F2:2F2026",
        "RowKey": "row-1",
        "ActionCode": "INS",
        "CreatedTime": WHEN.isoformat(),
        "CustomerInfo": json.dumps(ADA),
        "LeadSource": f"AzureMarketplace-INS|{OFFER}",
        "OfferDisplayName": TITLE,
        **changed,
    }


def referral(**changed: str) -> dict[str, str]:
    """Return a row of the Referrals workspace; the test names what matters."""
    return {
        "Referral ID": "r-1",
        "Creation Date": "11/2/2026",
        "Customer Contact Email Address": ADA["Email"],
        "Lead Source": "Azure Marketplace",
        "Call to action": "Get it now",
        "Offer ID": OFFER,
        **changed,
    }


def wording(**changed: object) -> Wording:
    plain = Wording(calendar=Calendar(latest=LATEST), aliases={})
    return replace(plain, **changed)  # type: ignore[arg-type]  # the test names what differs


def past(row: dict[str, str], **changed: object) -> PastLead:
    """Return what one row says."""
    (one,) = past_leads([Record(2, row)], wording(**changed))
    assert isinstance(one, PastLead), one
    return one


def rows_of(name: str, **changed: object) -> list[PastLead | Unreadable]:
    text = (PAST / name).read_text(encoding="utf-8")
    return list(past_leads(read_records(iter([text])), wording(**changed)))


def run(
    rows: Iterable[PastLead | Unreadable], known: Holdings, *, outlet: Outlet | None = None
) -> Tally:
    tally = Tally(kept_since=known.kept_since)
    import_leads(rows, known, tally, each=map, outlet=outlet)
    return tally


def pace(
    *told: int, patience: float = 10, tell: Callable[[int], None] = lambda _: None
) -> tuple[Pace, list[float]]:
    """Return a pace over one queue, and the seconds slept; its clock is what was slept."""
    slept: list[float] = []
    return Pace(
        queues=[Depths(list(told))],  # type: ignore[list-item]  # it asks for the depth only
        sleep=slept.append,
        clock=lambda: sum(slept),
        tell=tell,
        patience=patience,
    ), slept


# What an export looks like


@pytest.mark.parametrize("size", [1, 7, 65_536])
def test_an_export_reads_alike_however_it_arrives(size: int) -> None:
    text = (PAST / "storage-explorer.csv").read_text(encoding="utf-8")

    records = list(read_records("".join(some) for some in batched(text, size, strict=False)))

    assert [one.line for one in records] == [2, 3, 4, 6, 7]
    assert all(isinstance(one, Record) for one in records)


def test_a_csv_and_the_json_of_the_same_table_make_the_same_deliveries() -> None:
    csv, az = (
        [delivery_of(one) for one in rows_of(name)[:2] if isinstance(one, PastLead)]
        for name in ("storage-explorer.csv", "az-query.json")
    )

    assert csv == az


ELEMENTS = [{"a": "1", "b": {"value": 2}, "c": None, "d@type": "x"}, {"a": "[{\n"}]
EXPECTED = [{"a": "1", "b": "2"}, {"a": "[{\n"}]


@pytest.mark.parametrize("size", [1, 1000])
@pytest.mark.parametrize(
    "text",
    [
        pytest.param(json.dumps(ELEMENTS), id="array"),
        pytest.param(json.dumps(ELEMENTS, indent=2), id="array-on-lines"),
        pytest.param("\n".join(map(json.dumps, ELEMENTS)), id="json-lines"),
        pytest.param(json.dumps({"items": ELEMENTS, "nextMarker": {}}), id="az"),
        pytest.param(json.dumps({"odata.metadata": "x", "value": ELEMENTS}), id="odata"),
        pytest.param('sep=;\r\na;b;c;d@type\r\n1;2;;x\r\n"[{\n";;;\r\n', id="semicolons"),
    ],
)  # fmt: skip
def test_every_form_of_an_export_is_read(text: str, size: int) -> None:
    if size == 1 and text.startswith('{"'):
        size = 64  # what comes first must tell which form it is

    records = list(read_records("".join(some) for some in batched(text, size, strict=False)))

    cells = [one.cells for one in records if isinstance(one, Record)]
    assert [{name: text for name, text in one.items() if text} for one in cells] == EXPECTED


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("a,b\n1,2,3\n4,5\n", [2], id="too-many-cells"),
        pytest.param('{"a":1}\nsecret@example.com\n{"a":2}\n', [2], id="no-json"),
        pytest.param("[1,\n{}]", [1], id="no-object"),
        pytest.param('[{"a":\n{"value":\n1}},\n2]', [4], id="no-object-after-lines"),
        pytest.param('[{"a":1},\n{"a":\n', [2], id="broken-off"),
        pytest.param(f'a\n"{"x" * 200_000}"\n', [2], id="endless-cell"),
    ],
)
def test_what_cannot_be_read_is_told_by_its_line_and_quotes_nothing(
    text: str, told: list[int]
) -> None:
    unreadable = [one for one in read_records(iter([text])) if isinstance(one, Unreadable)]

    assert [one.line for one in unreadable] == told
    assert not any("secret" in one.reason or "xxx" in one.reason for one in unreadable)


def test_an_empty_export_has_no_rows() -> None:
    assert list(past_leads(read_records(iter(["\n"])), wording())) == []


# Which column is what


@pytest.mark.parametrize(
    ("header", "origin"),
    [
        pytest.param("CustomerInfo", Origin.MARKETPLACE_TABLE, id="table"),
        pytest.param("Referral ID", Origin.REFERRALS, id="referrals"),
        pytest.param("Call to action", Origin.REFERRALS, id="insights"),
    ],
)
def test_an_export_is_known_by_its_columns(header: str, origin: Origin) -> None:
    assert recognised({header: ""}) is origin


def test_what_is_not_known_must_be_said() -> None:
    with pytest.raises(UnknownColumns, match="--from"):
        recognised({"Whatever": ""})


@pytest.mark.parametrize("header", ["E-mail", "E MAIL", "email", "Customer Contact Email"])
def test_names_of_columns_are_compared_tolerantly(header: str) -> None:
    assert named({header: "ada@example.com"}, {})["email"] == "ada@example.com"


def test_a_column_that_a_person_names_wins() -> None:
    found = past(referral(Buyer="x@example.com"), columns={"email": "Buyer"})

    assert found.submission.contact.email == "x@example.com"


def test_a_column_that_is_not_there_is_told() -> None:
    with pytest.raises(UnknownColumns, match="Buyer"):
        past(referral(), columns={"email": "Buyer"})


def test_no_two_fields_claim_the_same_column() -> None:
    names = [name.casefold().replace(" ", "") for names in SPELLINGS.values() for name in names]

    assert len(names) - len(set(names)) <= 1  # "Offer ID" and "Offer Id(s)" may meet


# When it came


@pytest.mark.parametrize(
    ("created", "moment"),
    [
        pytest.param("2018-09-28T05:14:10.1234567Z", "2018-09-28T05:14:10.123Z", id="dotnet"),
        pytest.param("2018-09-28T05:14:10", "2018-09-28T05:14:10Z", id="no-zone"),
        pytest.param("2018-09-28 05:14:10 +02:00", "2018-09-28T03:14:10Z", id="offset"),
        pytest.param("9/28/2018 5:14:10 PM", "2018-09-28T17:14:10Z", id="us"),
        pytest.param("9/28/2018 12:05 AM", "2018-09-28T00:05:00Z", id="us-midnight"),
        pytest.param("9/28/2018 17:14", "2018-09-28T17:14:00Z", id="us-24-hours"),
        pytest.param("9/28/2018 5:14:10 PM -07:00", "2018-09-29T00:14:10Z", id="us-offset"),
        pytest.param("09/28/2018 05:14:10 UTC", "2018-09-28T05:14:10Z", id="us-utc"),
        pytest.param("28/09/2018 05:14", "2018-09-28T05:14:00Z", id="no-such-month"),
        pytest.param("28.9.2018", "2018-09-28T12:00:00Z", id="day"),
        pytest.param("2018-09-28", "2018-09-28T12:00:00Z", id="iso-day"),
    ],
)
def test_times_are_read_in_every_form(created: str, moment: str) -> None:
    found = dated({"partition": "", "created": created, "stored": ""}, Calendar(latest=LATEST))

    assert found
    assert found.moment == datetime.fromisoformat(moment)


@pytest.mark.parametrize(
    ("fields", "clue", "day"),
    [
        pytest.param(("9:2F28:2F2018", "", "2019-01-01"), Clue.PARTITION, 28, id="missing"),
        pytest.param(("9:2F28:2F2018", "soon", ""), Clue.PARTITION, 28, id="unreadable"),
        pytest.param(("9:2F28:2F2018", "0001-01-01", ""), Clue.PARTITION, 28, id="none-of-dotnet"),
        pytest.param(("9:2F28:2F2018", "2099-01-01", ""), Clue.PARTITION, 28, id="in-the-future"),
        pytest.param(("x", "", "2018-09-03T01:00:00Z"), Clue.STORED, 3, id="only-stored"),
        pytest.param(("4:2F3:2F2018", "3/4/2018", ""), Clue.CREATED_DAY, 3, id="day-comes-first"),
        pytest.param(("3:2F4:2F2018", "3/4/2018", ""), Clue.CREATED_DAY, 4, id="month-comes-first"),
    ],
)
def test_what_no_creation_time_tells_the_partition_tells_else_the_timestamp(
    fields: tuple[str, str, str], clue: Clue, day: int
) -> None:
    row = dict(zip(("partition", "created", "stored"), fields, strict=True))

    found = dated(row, Calendar(latest=LATEST))

    assert found
    assert (found.clue, found.moment.day) == (clue, day)


def test_a_day_may_come_first() -> None:
    row = {"partition": "", "created": "3/4/2018", "stored": ""}

    found = dated(row, Calendar(latest=LATEST, day_first=True))

    assert found == Dated(datetime(2018, 4, 3, 12, tzinfo=UTC), Clue.CREATED_DAY)


# What it says


@pytest.mark.parametrize("name", [name for name in names() if not name.startswith("90")])
def test_a_row_of_the_table_is_what_the_door_would_have_made_of_it(name: str) -> None:
    text = load(name)
    said = {key.lower(): value for key, value in json.loads(text).items()}
    row = {
        "PartitionKey": "11:2F2:2F2026",
        "RowKey": name,
        "CustomerInfo": json.dumps(said.get("userdetails") or {}),
        "LeadSource": str(said.get("leadsource") or ""),
        "ActionCode": str(said.get("actioncode") or ""),
        "OfferDisplayName": str(said.get("offertitle") or ""),
        "Description": str(said.get("description") or ""),
    }

    found = past(row)

    assert found.identity == identify(parse(text), aliases={})


def test_what_https_does_not_have_is_kept_and_changes_no_identity() -> None:
    with_id, without = past(table_row(ProductId="p-1")), past(table_row())

    assert json.loads(with_id.payload)["ImportedFrom"]["ProductId"] == "p-1"
    assert with_id.identity == without.identity


def test_a_row_without_a_title_is_named_by_its_product() -> None:
    row = table_row(LeadSource="AzureMarketplace", OfferDisplayName="", ProductId="p-1")

    assert past(row).submission.offer_title == "p-1"


def test_the_sample_of_the_table_tells_all_it_can() -> None:
    rows = rows_of("storage-explorer.csv")

    told = [(one.line, one.dated and one.dated.clue) for one in rows if isinstance(one, PastLead)]
    assert told == [
        (2, Clue.CREATED),
        (3, Clue.CREATED),
        (4, Clue.PARTITION),
        (7, Clue.PARTITION),
    ]
    (unreadable,) = [one for one in rows if isinstance(one, Unreadable)]
    assert (unreadable.line, unreadable.reason.split(":")[0]) == (
        6,
        "CustomerInfo is no JSON object",
    )
    assert "Mallory" not in unreadable.reason


def test_a_referral_tells_person_offer_and_action() -> None:
    rows = [one for one in rows_of("referrals.csv") if isinstance(one, PastLead)]

    said = [(one.submission.source, one.submission.action) for one in rows]
    assert said == [("AzureMarketplace", "INS"), ("SPZA", "PLT")]
    assert {one.identity.partition for one in rows} == {OFFER}
    assert [one.identity.lead_key[0] for one in rows] == ["e", "e"]


def test_an_alias_names_the_offer_of_a_referral_as_it_does_over_https() -> None:
    found = past(referral(**{"Offer name": TITLE}), aliases={TITLE: "contoso.other"})

    assert found.identity.partition == "contoso.other"


def test_a_name_in_one_column_is_taken_apart() -> None:
    contact = past(referral(**{"Contact name": "Ada  King Lovelace"})).submission.contact

    assert (contact.first_name, contact.last_name) == ("Ada", "King Lovelace")


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"CreatedTime": "", "PartitionKey": "x"}, id="no-time"),
        pytest.param({"Description": "x" * 50_000}, id="too-large"),
    ],
)
def test_a_row_that_can_be_no_delivery_is_counted_and_the_others_go_on(
    changed: dict[str, str],
) -> None:
    tally = run([past(table_row(**changed)), past(table_row())], held())

    assert (tally.unreadable_rows, tally.new) == (1, 1)


def test_a_referral_that_names_nobody_is_not_imported() -> None:
    # Over HTTPS the same lead said who it is: as nobody's it would count twice.
    rows = rows_of("lead-insights.csv")

    tally = run(rows, held())

    assert [(one.line, one.reason) for one in tally.unreadable] == [(2, Found.UNTELLABLE.value)]
    assert tally.rows == 0


def test_a_row_that_says_nothing_is_no_lead() -> None:
    record = Record(2, {"PartitionKey": "9:2F28:2F2018", "RowKey": "1", "CustomerInfo": ""})

    (one,) = past_leads([record], wording())

    assert one == Unreadable(2, "it says nothing of a lead")


# The same row, the same delivery


def test_the_same_row_is_the_same_delivery_whatever_its_offer_is_called_now() -> None:
    row = table_row(LeadSource="AzureMarketplace")

    first, second = past(row), past(row, aliases={TITLE: OFFER})

    assert first.identity != second.identity
    assert delivery_of(first).id == delivery_of(second).id


@pytest.mark.parametrize(
    "changed",
    [
        {"RowKey": "row-2"},
        {"PartitionKey": "11:2F3:2F2026"},
        {"CustomerInfo": '{"Email": "b@example.com"}'},
    ],
    ids=["row", "partition", "words-of-another-account"],
)
def test_another_row_is_another_delivery(changed: dict[str, str]) -> None:
    assert delivery_of(past(table_row())).id != delivery_of(past(table_row(**changed))).id


def test_a_referral_stays_the_same_delivery_when_somebody_edits_it() -> None:
    first, edited = past(referral()), past(referral(**{"Contact phone": "+46 8 123 456"}))

    assert first.said != edited.said
    assert delivery_of(first).id == delivery_of(edited).id


def test_an_imported_delivery_can_be_told_from_one_of_the_door() -> None:
    assert is_imported(delivery_of(past(table_row())).id)
    assert not is_imported("0b5c7a30-1111-4222-8333-444455556666")


# What is there already


@pytest.mark.parametrize(
    ("posted", "apart", "known"),
    [
        pytest.param({}, 3 * MINUTE, True, id="minutes-apart"),
        pytest.param({}, timedelta(hours=23), True, id="within-the-window"),
        pytest.param({}, timedelta(hours=25), False, id="came-again"),
        pytest.param({"LeadSource": "AzureMarketplace"}, MINUTE, True, id="by-title-alone"),
        pytest.param({"Description": "Hello"}, MINUTE, False, id="said-something-else"),
        pytest.param(
            {"LeadSource": "AzureMarketplace|contoso.other", "OfferDisplayName": "Other"},
            MINUTE,
            False,
            id="another-offer",
        ),
    ],
)
def test_what_came_over_https_is_not_imported_again(
    posted: dict[str, str], apart: timedelta, *, known: bool
) -> None:
    before = past(table_row(**posted) | {"CreatedTime": (WHEN - apart).isoformat()})

    assert is_known(past(table_row(ProductId="p-1")), held(before)) is known


def test_an_alias_that_came_late_changes_nothing() -> None:
    by_title = past(table_row(LeadSource="AzureMarketplace"))

    found = past(table_row(), aliases={TITLE: OFFER})

    assert is_known(found, held(by_title, aliases={TITLE: OFFER}))


def test_an_offer_that_the_table_tells_by_its_product_alone_is_found_under_its_id() -> None:
    by_product = past(table_row(LeadSource="AzureMarketplace", ProductId=OFFER))

    assert is_known(by_product, held(past(table_row())))


def test_the_same_row_is_known_even_where_nothing_is_a_duplicate() -> None:
    row = past(table_row())
    imported = seen(row, delivery_id=delivery_of(row).id)
    touches = Touches([(row.identity.partition, row.identity.lead_key, imported)])

    assert is_known(row, held(row, touches=touches, window=timedelta(0)))


@pytest.mark.parametrize(
    ("info", "created", "apart", "known"),
    [
        pytest.param(ADA, True, timedelta(hours=3), True, id="somebody"),
        pytest.param({"FirstName": "Ada"}, True, 9 * MINUTE, True, id="nobody"),
        pytest.param({"FirstName": "Ada"}, True, 11 * MINUTE, False, id="another-nobody"),
        pytest.param({"FirstName": "Ada"}, False, timedelta(hours=3), True, id="nobody-by-day"),
    ],
)
def test_the_same_words_at_the_door_are_the_same_event_for_a_day_but_not_for_nobody(
    info: dict[str, str], apart: timedelta, *, created: bool, known: bool
) -> None:
    noon = datetime(2026, 11, 2, 12, tzinfo=UTC)
    words = json.dumps(info)
    at_door = past(table_row(CustomerInfo=words, CreatedTime=(noon + apart).isoformat()))
    row = past(table_row(CustomerInfo=words, CreatedTime=noon.isoformat() if created else ""))

    assert is_known(row, held(at_door, window=timedelta(hours=1))) is known


@pytest.mark.parametrize("hours", [-11, 0, 11])
def test_a_row_that_knows_its_day_alone_meets_the_same_words_of_that_day(hours: int) -> None:
    noon = datetime(2026, 11, 2, 12, tzinfo=UTC)
    posted = past(table_row(CreatedTime=(noon + timedelta(hours=hours)).isoformat()))

    assert is_known(past(table_row(CreatedTime="")), held(posted))


def test_a_timestamp_may_be_that_of_a_copy() -> None:
    posted = past(table_row(CreatedTime="2020-01-01T00:00:00Z"))
    copied = past(table_row(PartitionKey="x", CreatedTime="", Timestamp=WHEN.isoformat()))

    assert is_known(copied, held(posted))


def test_rows_of_one_table_are_told_apart_by_the_settings_even_after_a_broken_import() -> None:
    first = past(table_row())
    second = past(table_row(RowKey="row-2", CreatedTime=(WHEN + timedelta(hours=2)).isoformat()))
    imported = seen(first, delivery_id=delivery_of(first).id)
    touches = Touches([(first.identity.partition, first.identity.lead_key, imported)])

    half_done = held(first, touches=touches, window=timedelta(hours=1))

    assert is_known(first, half_done)
    assert not is_known(second, half_done)


def test_nobody_is_asked_about_offers_that_are_not_there() -> None:
    known = held()

    assert not is_known(past(table_row()), known)
    assert isinstance(known.touches, Touches)
    assert known.touches.asked == 0


def test_a_referral_is_known_by_its_person_offer_and_day() -> None:
    posted = past(table_row(Description="By HTTPS it says more"))

    assert is_known(past(referral()), held(posted))
    assert not is_known(past(referral(**{"Creation Date": "11/12/2026"})), held(posted))


# Sending


def test_an_import_sends_what_is_new_once_with_the_time_when_it_came() -> None:
    sent: list[bytes] = []
    new = past(table_row(CustomerInfo='{"Email": "new@example.com"}'))
    posted = past(table_row())

    tally = run([posted, new], held(posted), outlet=Outlet(send=sent.append, pace=pace(0)[0]))

    (message,) = map(messages.decode, sent)
    assert message.delivery == delivery_of(new)
    assert message.delivery.received_at == WHEN
    assert (tally.rows, tally.new) == (2, 1)


def test_nothing_is_sent_while_the_queues_are_long() -> None:
    waiting, slept = pace(MOST + 1, MOST + 1, MOST)
    sent: list[bytes] = []

    run([past(table_row())], held(), outlet=Outlet(send=sent.append, pace=waiting))

    assert (len(slept), len(sent)) == (2, 1)


def test_an_import_looks_at_the_queues_again_and_again() -> None:
    sent: list[bytes] = []
    looks: list[int] = []

    class Watched(Depths):
        def depth(self) -> int:
            looks.append(len(sent))
            return super().depth()

    one = replace(pace(0)[0], queues=[Watched([0])])  # type: ignore[list-item]  # see `pace`
    rows = (past(table_row(RowKey=str(n))) for n in range(2 * AT_ONCE + 1))

    run(rows, held(), outlet=Outlet(send=sent.append, pace=one))

    assert looks == [0, AT_ONCE, 2 * AT_ONCE]


def test_queues_that_nobody_empties_end_an_import() -> None:
    stuck, _ = pace(MOST + 1, patience=5)

    with pytest.raises(NobodyTakes, match="run the app"):
        stuck.wait(most=MOST)


def test_a_person_is_told_once_that_nobody_takes_messages() -> None:
    told: list[int] = []
    stuck, _ = pace(MOST + 1, patience=100, tell=told.append)

    with pytest.raises(NobodyTakes):
        stuck.wait(most=MOST)

    assert told == [MOST + 1]


def test_a_slow_pipeline_is_waited_for() -> None:
    some_at_a_time = [MOST + left for left in (9, 9, 9, 8, 7, 6, 5, 4, 3, 2, 2, 2, 2, 0)]
    slow, slept = pace(*some_at_a_time, patience=5)

    slow.wait(most=MOST)

    assert len(slept) == len(some_at_a_time) - 1


# Through the pipeline


def written(past: PastLead, store: MemoryStore) -> Outcome:
    """Return what the pipeline makes of *past*."""
    body = messages.encode(messages.Message(delivery=delivery_of(past)))
    step = enrich(body, attempt=1, open_ports=lambda: ports(store), now=LATEST)
    if step.enriched is None:
        return step.outcome
    return write(step.enriched, attempt=1, open_ports=lambda: ports(store), now=LATEST).outcome


def test_a_second_import_changes_nothing() -> None:
    store, one = MemoryStore(), past(table_row())

    outcomes = [written(one, store), written(one, store)]

    assert outcomes == [Outcome.RECORDED, Outcome.REDELIVERED]


def test_the_same_words_of_another_row_within_the_window_are_a_duplicate() -> None:
    store = MemoryStore()
    later = table_row(RowKey="row-2", CreatedTime=(WHEN + 3 * MINUTE).isoformat())

    outcomes = [written(past(table_row()), store), written(past(later), store)]

    assert outcomes == [Outcome.RECORDED, Outcome.DUPLICATE]


# Counting


def test_a_tally_tells_offers_spans_and_clues() -> None:
    rows = rows_of("storage-explorer.csv")

    tally = run(rows, held())

    of_id = tally.offers[OFFER]
    assert (of_id.rows, of_id.tests) == (3, 1)
    assert (of_id.first, of_id.last) == (
        datetime(2018, 9, 28, 5, 14, 10, 123_000, tzinfo=UTC),
        datetime(2018, 10, 6, 12, tzinfo=UTC),
    )
    assert tally.clues == {Clue.CREATED: 2, Clue.PARTITION: 2}
    assert (tally.rows, tally.unreadable_rows) == (4, 1)


def test_a_title_whose_id_other_rows_tell_is_named() -> None:
    tally = run(rows_of("storage-explorer.csv"), held())

    assert tally.missing_aliases() == {TITLE: OFFER}


def test_a_title_with_two_ids_is_not_guessed() -> None:
    by_title = past(table_row(LeadSource="AzureMarketplace", ProductId="a"))
    other = past(table_row(LeadSource="AzureMarketplace", ProductId="b"))

    assert run([by_title, other], held()).missing_aliases() == {}


def test_what_retention_would_remove_is_counted() -> None:
    tally = run([past(table_row())], held(kept_since=WHEN + MINUTE))

    assert tally.too_old == 1


def test_of_many_unreadable_rows_some_are_told_and_all_counted() -> None:
    tally = run((Unreadable(n, "no") for n in range(MOST_TOLD + 5)), held())

    assert (len(tally.unreadable), tally.unreadable_rows) == (MOST_TOLD, MOST_TOLD + 5)


# Reconciling


ELSEWHERE = past(table_row(LeadSource="AzureMarketplace|contoso.other", OfferDisplayName="Other"))


@pytest.mark.parametrize(
    ("row", "found"),
    [
        pytest.param({}, Found.GOT, id="got"),
        pytest.param({"Creation Date": ""}, Found.GOT, id="no-date"),
        pytest.param({"Creation Date": "2026-11-04T09:00:00Z"}, Found.GOT, id="near"),
        pytest.param({"Creation Date": "2026-11-04T09:30:00Z"}, Found.GOT, id="at-the-edge"),
        pytest.param({"Creation Date": "2026-11-04T09:31:00Z"}, Found.NO_TOUCH, id="too-far"),
        pytest.param({"Offer ID": "unheard.of"}, Found.GOT, id="offer-unknown-here"),
        pytest.param({"Offer ID": "contoso.other"}, Found.ELSEWHERE, id="in-another-offer"),
        pytest.param(
            {"Customer Contact Email Address": "b@example.com"}, Found.NO_LEAD, id="nobody"
        ),
        pytest.param(
            {"Offer ID": "unheard.of", "Customer Contact Email Address": "b@example.com"},
            Found.NO_OFFER,
            id="nobody-anywhere",
        ),
        pytest.param({"Customer Contact Email Address": ""}, Found.UNTELLABLE, id="no-person"),
    ],
)
def test_a_reconciliation_tells_what_is_missing_and_why(row: dict[str, str], found: Found) -> None:
    other = past(table_row(LeadSource="X|contoso.other", CustomerInfo='{"Email":"z@example.com"}'))
    known = held(past(table_row()), other)

    assert look_for(past(referral(**row)), known, within=timedelta(days=2)) is found


def test_a_lead_that_was_merged_into_another_offer_is_not_missing() -> None:
    known = held(ELSEWHERE)
    touches = Touches(known.touches.rows, moved={OFFER: "contoso.other"})  # type: ignore[attr-defined]
    moved = replace(known, touches=touches, offers=frozenset({OFFER, "contoso.other"}))

    assert look_for(past(referral()), moved, within=timedelta(days=2)) is Found.GOT


def test_who_was_erased_since_is_not_missing() -> None:
    one = past(referral())
    same_day = Touches(erased={one.identity.lead_key: datetime(2026, 11, 2, 8, tzinfo=UTC)})
    before = Touches(erased={one.identity.lead_key: datetime(2026, 10, 31, tzinfo=UTC)})

    found = [look_for(one, held(touches=by), within=timedelta(0)) for by in (same_day, before)]

    assert found == [Found.ERASED, Found.NO_OFFER]


def test_what_retention_removed_is_not_missing() -> None:
    known = held(kept_since=LATEST)

    assert look_for(past(referral()), known, within=timedelta(0)) is Found.RETIRED


def test_a_row_asks_one_question_where_it_is_there() -> None:
    known = held(past(table_row()))

    list(reconcile([past(referral())], known, within=timedelta(days=2), each=map))

    assert isinstance(known.touches, Touches)
    assert known.touches.asked == 1


def test_the_words_without_the_offer_are_those_of_identity() -> None:
    submission = past(table_row()).submission

    assert said_by(submission) == fingerprint(submission, partition="")
