from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given

from leads.fold import judged, merge
from leads.model import Contact, Lead, Person, Score, Submission, Touch
from leads.tables.columns import moment
from leads.tables.entities import (
    RECENT_UNITS,
    TOUCH_COLUMNS_TO_FOLD,
    lead_from_entity,
    lead_to_entity,
    person_from_entity,
    recent_to_entity,
    touch_from_entity,
    touch_to_entity,
)
from leads.tables.limits import STRING_UNITS, Entity, units
from tests.contract import strategies
from tests.contract.factories import INTEREST, LEAD_KEY, NOON, RULES, at, identity, lead, touch

CONTACT = ["FirstName", "LastName", "Email", "Phone", "Country", "Company", "Title"]
ENRICHMENT = ["EmailKind", "EmailDomain", "PhoneE164", "CountryCode", "Stage"]
MICROSOFT = [
    "LeadSource", "ActionCode", "OfferDisplayName", "Description", "CreatedTime", "CustomerInfo",
]  # fmt: skip
PLACE = ["PartitionKey", "RowKey", "Kind", "LeadKey"]

# DESIGN 4.3: flows and reports are built on these names.
LEAD_COLUMNS = {
    *PLACE, "OfferId", "OfferDisplayName", *CONTACT, *ENRICHMENT, "Campaign", "ContactStatus",
    "Actions", "LeadSource", "ActionCode", "TouchCount", "FirstSeen", "LastSeen", "LastInterestAt",
    "LastDncAt", "IsTest", "FoldVersion", "Fit", "Intent", "ScoreReasons", "ScoreVersion",
}  # fmt: skip
RECENT_COLUMNS = {
    *PLACE, "OfferId", "OfferDisplayName", *CONTACT, "EmailKind", "CountryCode", "Campaign",
    "Stage", "ContactStatus", "Actions", "LeadSource", "TouchCount", "FirstSeen", "LastSeen",
    "IsTest", "FoldVersion", "Fit", "Intent", "ScoreReasons", "ScoreVersion",
}  # fmt: skip
TOUCH_COLUMNS = {
    *PLACE, "DeliveryId", "ReceivedAt", "Fingerprint", "IdentityVersion", "Payload", "IsTest",
    "OfferId", *CONTACT, *ENRICHMENT, "Campaign", "Source", "Action", *MICROSOFT,
}  # fmt: skip


def a_lead() -> Lead:
    found = Score(fit="A", intent=85, reasons="because", version=1)
    return replace(lead(touch(identity())), last_dnc_at=NOON, score=found)


def named(first_name: str, *, received_at: datetime = NOON) -> Touch:
    said = replace(INTEREST, contact=Contact(first_name=first_name))
    return touch(identity(), received_at=received_at, submission=said)


@given(strategies.leads)
def test_every_lead_comes_back_from_its_row(lead: Lead) -> None:
    row = lead_to_entity(lead)

    assert lead_from_entity(row) == lead


@given(strategies.touches)
def test_every_touch_comes_back_from_its_row(touch: Touch) -> None:
    row = touch_to_entity(touch)

    assert touch_from_entity(row) == touch


@given(strategies.touches)
def test_the_columns_that_are_read_to_fold_fold_as_the_touch_does(touch: Touch) -> None:
    row = touch_to_entity(touch)

    read = {name: value for name, value in row.items() if name in TOUCH_COLUMNS_TO_FOLD}

    assert lead(touch_from_entity(read)) == lead(touch)


@pytest.mark.parametrize(
    ("row", "columns"),
    [
        pytest.param(lead_to_entity(a_lead()), LEAD_COLUMNS, id="lead"),
        pytest.param(recent_to_entity(a_lead()), RECENT_COLUMNS, id="recent"),
        pytest.param(touch_to_entity(touch(identity())), TOUCH_COLUMNS, id="touch"),
    ],
)
def test_a_row_has_the_columns_that_are_promised(row: Entity, columns: set[str]) -> None:
    assert set(row) == columns


def test_a_row_of_a_lead_says_what_its_columns_say() -> None:
    of = identity()

    row = lead_to_entity(lead(touch(of)))

    assert row == {
        "PartitionKey": of.partition,
        "RowKey": f"lead|{LEAD_KEY}",
        "Kind": "lead",
        "LeadKey": LEAD_KEY,
        "OfferId": "Contoso.Offer",
        "OfferDisplayName": "An offer",
        "FirstName": "Some",
        "LastName": "One",
        "Email": "someone@contoso.com",
        "Phone": "",
        "Country": "",
        "Company": "",
        "Title": "",
        "EmailKind": "business",
        "EmailDomain": "contoso.com",
        "PhoneE164": "",
        "CountryCode": "",
        "Stage": "interest",
        "Campaign": "",
        "ContactStatus": "contactable",
        "Actions": "INS",
        "LeadSource": "AzureMarketplace-INS|Contoso.Offer",
        "ActionCode": "INS",
        "TouchCount": 1,
        "FirstSeen": NOON,
        "LastSeen": NOON,
        "LastInterestAt": NOON,
        "IsTest": False,
        "FoldVersion": 1,
        "Fit": "C",
        "Intent": 40,
        "ScoreReasons": "business e-mail +30: fit C; interest +40: intent 40",
        "ScoreVersion": 1,
    }


def test_a_row_of_a_lead_that_is_never_ranked_has_no_score_but_says_why() -> None:
    row = lead_to_entity(lead(touch(identity(), submission=replace(INTEREST, is_test=True))))

    assert not {"Fit", "Intent"} & row.keys()
    assert row["ScoreReasons"] == "not ranked: test lead"


@pytest.mark.parametrize(
    "edit",
    [
        {"Fit": None},
        {"Fit": 5},
        {"Intent": "85"},
        {"ScoreReasons": 1},
        {"ScoreVersion": "one"},
    ],
    ids=str,
)
def test_a_score_that_a_hand_edited_beyond_recognition_is_none(edit: Entity) -> None:
    lead = a_lead()

    row = lead_to_entity(lead) | edit

    assert lead_from_entity(row) == replace(lead, score=None)


def test_values_of_enums_are_plain_texts() -> None:
    row = lead_to_entity(a_lead())

    kinds = {type(row[name]) for name in ("EmailKind", "Stage", "ContactStatus")}

    assert kinds == {str}


def test_the_columns_of_microsoft_say_what_its_own_table_says() -> None:
    row = touch_to_entity(touch(identity()))

    assert {name: row[name] for name in MICROSOFT} == {
        "LeadSource": "AzureMarketplace-INS|Contoso.Offer",
        "ActionCode": "INS",
        "OfferDisplayName": "An offer",
        "Description": "Tell me more",
        "CreatedTime": "2026-11-22T12:00:00.000Z",
        "CustomerInfo": '{"FirstName":"Some","LastName":"One","Email":"someone@contoso.com"}',
    }


@given(strategies.contacts)
def test_customer_info_is_json_of_all_that_was_said(contact: Contact) -> None:
    row = touch_to_entity(touch(identity(), submission=Submission(contact=contact)))

    cut = "CustomerInfo" in row.get("Truncated", "")
    said = {name: row[name] for name in CONTACT if row[name]}
    assert cut or json.loads(row["CustomerInfo"]) == said


def test_a_repaired_payload_is_marked_and_only_that() -> None:
    repaired = touch(identity(), submission=replace(INTEREST, repaired=True))

    assert touch_to_entity(repaired)["Repaired"] is True
    assert "Repaired" not in touch_to_entity(touch(identity()))


def test_a_list_shows_the_beginning_of_a_long_text_and_says_so() -> None:
    long = named("é" * 300)

    row = recent_to_entity(lead(long))

    assert (row["FirstName"], row["Truncated"]) == ("é" * RECENT_UNITS, "FirstName")


@given(strategies.leads)
def test_every_recent_row_is_short(lead: Lead) -> None:
    row = recent_to_entity(lead)

    whole = lead_to_entity(lead)
    shortened = {
        name
        for name in (RECENT_COLUMNS & whole.keys()) - {"RowKey", "Kind"}
        if isinstance(whole[name], str) and whole[name] != row[name]
    }
    assert all(units(row[n]) <= RECENT_UNITS for n in row if isinstance(row[n], str))
    assert ",".join(sorted(shortened)) == ",".join(sorted(_marked(row)))


def _marked(row: Entity) -> list[str]:
    return [name for name in row.get("Truncated", "").split(",") if name]


@pytest.mark.parametrize("char", ["x", "😀"])
def test_a_lead_says_that_a_text_was_cut_whenever_the_touch_came(char: str) -> None:
    long = named(char * (STRING_UNITS + 1))
    later = named("", received_at=at(hours=1))

    at_once = lead_to_entity(lead(long, later))
    first = lead_from_entity(lead_to_entity(lead(long)))
    in_turn = lead_to_entity(judged(merge(first, later), Person(), RULES))
    from_the_table = lead_to_entity(lead(touch_from_entity(touch_to_entity(long)), later))

    assert at_once["Truncated"] == "FirstName"
    assert at_once | {"PartitionKey": ""} == in_turn | {"PartitionKey": ""}
    assert at_once | {"PartitionKey": ""} == from_the_table | {"PartitionKey": ""}


def test_a_column_that_an_older_row_lacks_is_empty() -> None:
    row = touch_to_entity(touch(identity()))
    del row["Company"], row["Campaign"]

    read = touch_from_entity(row)

    assert (read.submission.contact.company, read.submission.campaign) == ("", "")


@pytest.mark.parametrize(
    ("row", "person"),
    [
        ({}, Person()),
        ({"ErasedAt": NOON}, Person(erased_at=NOON)),
        ({"SuppressedAt": NOON}, Person(suppressed_at=NOON)),
    ],
    ids=["nothing", "erased", "suppressed"],
)
def test_a_person_has_the_wishes_of_the_row(row: Entity, person: Person) -> None:
    assert person_from_entity(row) == person


def test_a_moment_of_another_zone_is_the_same_moment_in_utc() -> None:
    elsewhere = NOON.astimezone(timezone(timedelta(hours=2)))

    assert (moment(elsewhere), moment(elsewhere).tzinfo) == (NOON, UTC)
