from __future__ import annotations

import json
from dataclasses import astuple
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.errors import InvalidPayload
from leads.identity import identify
from leads.model import Contact, Submission
from leads.payload import (
    CONTACT_FIELDS,
    LEAD_FIELDS,
    Origin,
    parse,
    parse_campaign,
    parse_lead_source,
)
from tests.unit.samples import SAMPLES, load, names

if TYPE_CHECKING:
    from collections.abc import Mapping

STRICT_SLUGS = {"invalid-json", "duplicate-key", "invalid-number", "too-deep", "too-many-values"}
INVALID = "90-invalid-docs-test-lead.json"


def payload(**top: object) -> str:
    return json.dumps({"LeadSource": "AzureMarketplace", **top})


def test_every_documented_field_of_a_payload_is_read() -> None:
    submission = parse(load("21-docs-partner-center-2020.json"))

    assert submission == Submission(
        contact=Contact(
            first_name="Some",
            last_name="One",
            email="someone@contoso.com",
            phone="16175555555",
            country="USA",
            company="Contoso",
            title="Esquire",
        ),
        offer_title="Test Microsoft",
        lead_source="AzureMarketplace",
        action_code="INS",
        source="AzureMarketplace",
        action="INS",
        description="Test run through Power Automate",
    )


def test_camel_case_says_the_same_as_pascal_case() -> None:
    pascal = parse(load("21-docs-partner-center-2020.json"))

    camel = parse(load("22-docs-camel-case.json"))

    assert camel == pascal


@pytest.mark.parametrize(
    ("name", "source", "action", "offer_id"),
    [
        ("01-ins-azure-marketplace.json", "AzureMarketplace", "INS", "checkpoint.check-point-r77"),
        ("03-plt-same-customer.json", "SPZA", "PLT", "checkpoint.check-point-r77-10sg-byol"),
        ("04-create-same-customer.json", "AzurePortal", "Create", "Checkpoint.Check-Point-R77"),
        ("05-create-azure-portal.json", "AzurePortal", "Create", "bitnami.openedxcypress"),
        ("07-plt-appsource-long-name.json", "SPZA", "PLT", "docusign.3701c77e-1cfa-4c56-91e6"),
        ("08-dnc-cross-listed.json", "SPZA", "DNC", "docusign.3701c77e-1cfa-4c56-91e6"),
        ("09-start-test-drive.json", "TestDrive", "StartTestDrive", "contoso.sample-test-drive"),
        ("10-ins-business-central.json", "SPZA", "INS", "PUBID.fornav|AID.customizable_report"),
        ("13-sparse-office-add-in.json", "SPZA", "INS", "WA102957661"),
        ("14-nulls-numbers-odd-casing.json", "AzureMarketplace", "INS", ""),
        ("15-unknown-source-and-action.json", "MicrosoftTeams", "FreeTrial", "contoso.sample"),
        ("20-docs-cloud-partner-portal-2018.json", "Test run through MS Flow", "", ""),
    ],
)
def test_every_source_and_action_is_read(
    name: str, source: str, action: str, offer_id: str
) -> None:
    submission = parse(load(name))

    assert (submission.source, submission.action) == (source, action)
    assert submission.offer_id.startswith(offer_id)


@pytest.mark.parametrize("name", [name for name in names() if name != INVALID])
def test_every_valid_sample_is_a_lead(name: str) -> None:
    submission = parse(load(name))

    assert submission.is_test == ("test-lead" in name)
    assert not submission.repaired


def test_the_documented_test_lead_is_refused_because_a_comma_is_missing() -> None:
    with pytest.raises(InvalidPayload) as refusal:
        parse(load(INVALID))

    assert refusal.value.problem == "invalid-json"
    assert load(INVALID) == load("23-docs-test-lead-mended.json").replace('Test",\n', 'Test"\n')


def test_the_table_of_samples_lists_every_sample() -> None:
    table = (SAMPLES / "README.md").read_text(encoding="utf-8")

    listed = [line.split("`")[1] for line in table.splitlines() if line.startswith("| `")]

    assert listed == names()


def test_nulls_numbers_and_odd_casing_are_taken() -> None:
    submission = parse(load("14-nulls-numbers-odd-casing.json"))

    assert submission.contact == Contact(
        first_name="Edsger", last_name="Dijkstra", phone="31405550119", title="42"
    )
    assert submission.offer_title == "Contoso Sample SaaS"
    assert submission.description == ""


def test_missing_contact_fields_are_empty() -> None:
    submission = parse(load("13-sparse-office-add-in.json"))

    assert submission.contact == Contact(
        first_name="Radia", last_name="Perlman", email="radia@example.com"
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        pytest.param(" Contoso ", " Contoso ", id="kept as sent"),
        pytest.param("", "", id="empty"),
        pytest.param(" \t\u00a0", "", id="blank"),
        pytest.param(None, "", id="null"),
        pytest.param(42, "42", id="number"),
        pytest.param(True, "true", id="true"),
        pytest.param(False, "false", id="false"),
        pytest.param({"a": ["é", None]}, '{"a":["é",null]}', id="object"),
        pytest.param([], "[]", id="array"),
    ],
)
def test_a_field_is_text_whatever_was_sent(value: object, text: str) -> None:
    submission = parse(payload(UserDetails={"Company": value}, OfferTitle=value))

    assert submission.contact.company == text
    assert submission.offer_title == text


def test_a_number_is_text_as_it_was_written() -> None:
    submission = parse('{"UserDetails": {"Phone": 1.6175555550E10}}')

    assert submission.contact.phone == "1.6175555550E10"


@pytest.mark.parametrize("details", [None, "", "Ada", 7, [], [{"FirstName": "Ada"}], True, {}])
def test_user_details_that_are_no_object_make_an_empty_contact(details: object) -> None:
    submission = parse(payload(UserDetails=details))

    assert submission.contact == Contact()


@pytest.mark.parametrize("name", ["UserDetails", *LEAD_FIELDS])
@pytest.mark.parametrize("casing", [str, str.lower, str.upper, str.swapcase])
def test_one_known_field_makes_a_lead_even_if_it_is_null(name: str, casing: type[str]) -> None:
    submission = parse(json.dumps({casing(name): None}))

    assert submission == Submission()


@pytest.mark.parametrize(
    "text",
    ["{}", '{"FirstName": "Ada"}', '{"action": "Subscribe", "offerId": "x"}', '{"data": {}}'],
)
def test_an_object_without_lead_fields_is_no_lead(text: str) -> None:
    with pytest.raises(InvalidPayload) as refusal:
        parse(text)

    assert refusal.value.problem == "no-lead-fields"
    assert "UserDetails, LeadSource, ActionCode" in refusal.value.detail


@pytest.mark.parametrize(
    "refused", ["\\u0000", "\\u0008", "\\u001b", "\\ud800", "\\udc00", "\\ufffe", "\\uffff"]
)
def test_a_character_that_stores_refuse_is_replaced_and_flagged(refused: str) -> None:
    submission = parse(f'{{"UserDetails": {{"Company": "Con{refused}toso"}}}}')

    assert submission.contact.company == "Con\ufffdtoso"
    assert submission.repaired


def test_a_refused_character_inside_a_campaign_is_replaced_and_flagged() -> None:
    submission = parse(payload(Description='{"mktcmpid": "spring\\ud800"}'))

    assert submission.campaign == "spring\ufffd"
    assert submission.repaired


@pytest.mark.parametrize("kept", ["tab\tstop", "two\r\nlines", "😀", "ﬀ", "e\u0301", "\ufffd"])
def test_a_character_that_stores_take_is_kept(kept: str) -> None:
    submission = parse(payload(Description=kept))

    assert submission.description == kept
    assert not submission.repaired


@pytest.mark.parametrize(
    ("lead_source", "origin"),
    [
        ("", ("", "", "")),
        ("AzureMarketplace", ("AzureMarketplace", "", "")),
        ("azuremarketplace-ins|p.o", ("AzureMarketplace", "INS", "p.o")),
        (" Azure Marketplace - INS | p.o ", ("AzureMarketplace", "INS", "p.o")),
        ("AzurePortal-create|p.o", ("AzurePortal", "Create", "p.o")),
        ("TESTDRIVE-starttestdrive|p.o", ("TestDrive", "StartTestDrive", "p.o")),
        ("SPZA-PLT|p.o", ("SPZA", "PLT", "p.o")),
        ("AppSource-PLT|p.o", ("SPZA", "PLT", "p.o")),
        ("appsource(spza) - plt|p.o", ("SPZA", "PLT", "p.o")),
        ("SPZA-DNC|a|b|c", ("SPZA", "DNC", "a|b|c")),
        ("SPZA-INS|a-b-c.d-e", ("SPZA", "INS", "a-b-c.d-e")),
        ("SPZA-INS|My Offer", ("SPZA", "INS", "My Offer")),
        ("SPZA|p.o-x", ("SPZA", "", "p.o-x")),
        ("AzureMarketplace-INS|", ("AzureMarketplace", "INS", "")),
        ("|p.o", ("", "", "p.o")),
        ("-INS|p.o", ("", "INS", "p.o")),
        ("Teams - Free-Trial |p.o", ("Teams", "Free-Trial", "p.o")),
        ("MSFT_TEST_63-MSFT_TEST_63|My Offer", ("MSFT_TEST_63", "MSFT_TEST_63", "My Offer")),
    ],
)
def test_a_lead_source_is_parted_at_its_first_bar_and_first_dash(
    lead_source: str, origin: tuple[str, str, str]
) -> None:
    parsed = parse_lead_source(lead_source)

    assert parsed == Origin(*origin)


@pytest.mark.parametrize(
    ("lead_source", "action_code", "action"),
    [
        pytest.param("SPZA-INS|p.o", "PLT", "PLT", id="the code wins"),
        pytest.param("SPZA-INS|p.o", "", "INS", id="no code"),
        pytest.param("SPZA-INS|p.o", " ", "INS", id="blank code"),
        pytest.param("SPZA", "create", "Create", id="code alone, in lower case"),
        pytest.param("SPZA-DNC|p.o", "INS", "DNC", id="DNC in the source"),
        pytest.param("SPZA-INS|p.o", "dnc", "DNC", id="DNC in the code"),
        pytest.param("SPZA-INS|p.o", " Renew ", "Renew", id="unknown code"),
    ],
)
def test_the_action_code_wins_unless_either_is_dnc(
    lead_source: str, action_code: str, action: str
) -> None:
    parsed = parse_lead_source(lead_source, action_code=action_code)

    assert parsed.action == action


@pytest.mark.parametrize("casing", ["MSFT_TEST_636573304831318844", "msft_test"])
@pytest.mark.parametrize("field", ["FirstName", "LastName", "Email", "Company", "Title"])
def test_the_marker_in_a_contact_makes_a_test_lead(field: str, casing: str) -> None:
    submission = parse(payload(UserDetails={field: f"a {casing}"}))

    assert submission.is_test


@pytest.mark.parametrize("field", ["LeadSource", "Description"])
def test_the_marker_in_source_or_description_makes_a_test_lead(field: str) -> None:
    submission = parse(payload(**{field: "MSFT_TEST_63-MSFT_TEST_63|My Offer"}))

    assert submission.is_test


def test_a_real_lead_for_an_offer_with_test_in_its_title_is_no_test_lead() -> None:
    submission = parse(payload(OfferTitle="Contoso Test", UserDetails={"Company": "MSFT Test"}))

    assert not submission.is_test


@pytest.mark.parametrize(
    ("description", "campaign"),
    [
        pytest.param("", "", id="empty"),
        pytest.param("Please call me", "", id="a customer's words"),
        pytest.param("Our campaigns: none yet", "", id="the word inside a sentence"),
        pytest.param("Campaigns: ", "", id="no campaign"),
        pytest.param("Campaigns: ignite-2024 ", "ignite-2024", id="as text"),
        pytest.param("campaigns:ignite", "ignite", id="as text, lower case"),
        pytest.param('{"mktcmpid":"1234","partnerid":"98765"}', "1234", id="as JSON"),
        pytest.param('\n {"MktCmpId": 1234} ', "1234", id="as JSON, number, odd casing"),
        pytest.param('{"utm_source":"s","utm_campaign":"c"}', "c", id="name before place"),
        pytest.param('{"utm_campaign":"c","mktcmpid":"m"}', "m", id="id before name"),
        pytest.param('{"ref":"r","src":"s"}', "s", id="src before ref"),
        pytest.param('{"ref":"r","utm_source":"u","src":"s"}', "u", id="utm_source before src"),
        pytest.param('{"mktcmpid":" ","ref":"r"}', "r", id="a blank one is passed over"),
        pytest.param('{"mktcmpid":null}', "", id="null"),
        pytest.param('{"partnerid":"98765"}', "", id="no parameter that names one"),
        pytest.param('{"mktcmpid":"1234"', "", id="broken JSON"),
        pytest.param('{"mktcmpid":"1","mktcmpid":"2"}', "", id="two of them"),
        pytest.param('["mktcmpid"]', "", id="no object"),
        pytest.param('{"a":' * 5_000, "", id="bottomless"),
    ],
)
def test_the_campaign_is_found_in_the_description(description: str, campaign: str) -> None:
    found = parse_campaign(description)

    assert found == campaign


def test_a_description_with_broken_json_is_just_a_description() -> None:
    submission = parse(payload(Description='{"mktcmpid": oops'))

    assert submission.description == '{"mktcmpid": oops'
    assert submission.campaign == ""


def test_a_description_sent_as_an_object_still_names_its_campaign() -> None:
    submission = parse(payload(Description={"mktcmpid": "spring"}))

    assert submission.description == '{"mktcmpid":"spring"}'
    assert submission.campaign == "spring"


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.text(max_size=5) | st.sampled_from(list(CONTACT_FIELDS)), inner, max_size=4
        )
    ),
    max_leaves=10,
)
PAYLOADS = st.dictionaries(
    st.sampled_from(["UserDetails", "userDetails", *LEAD_FIELDS]) | st.text(max_size=5), ANYTHING
)


@given(st.text(max_size=200) | PAYLOADS.map(json.dumps) | ANYTHING.map(json.dumps))
def test_parsing_gives_a_submission_or_a_named_error(text: str) -> None:
    try:
        outcome = type(parse(text)).__name__
    except InvalidPayload as refusal:
        outcome = refusal.problem

    assert outcome in {"Submission", "no-lead-fields", "not-an-object", *STRICT_SLUGS}


# Any character, lone surrogates included.
WILD = st.text(alphabet=st.characters(exclude_categories=()), max_size=12)


@given(
    contact=st.fixed_dictionaries(dict.fromkeys(CONTACT_FIELDS, WILD)),
    top=st.fixed_dictionaries(dict.fromkeys(LEAD_FIELDS, WILD)),
)
def test_every_value_is_text_that_can_be_stored(
    contact: Mapping[str, str], top: Mapping[str, str]
) -> None:
    submission = parse(json.dumps({"UserDetails": contact, **top}))

    values = (*astuple(submission.contact), *astuple(submission))
    texts = "".join(value for value in values if isinstance(value, str))
    assert texts.encode("utf-8").decode("utf-8") == texts
    assert not set(texts) & set("\0\x01\x1b\ufffe\uffff")


@given(WILD, WILD)
def test_every_lead_source_has_an_origin(lead_source: str, action_code: str) -> None:
    origin = parse_lead_source(lead_source, action_code=action_code)

    assert all(part == part.strip() for part in origin)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(
            {"LeadSource": "AzureMarketplace-MSFT_TEST|contoso.saas", "ActionCode": "INS"},
            {"LeadSource": "AzureMarketplace-INS|contoso.saas", "ActionCode": "INS"},
            id="an action that does not count",
        ),
        pytest.param(
            {"LeadSource": "x", "UserDetails": {"Company": "MSFT_\u200bTEST"}},
            {"LeadSource": "x", "UserDetails": {"Company": "msft_test"}},
            id="a character that nobody sees",
        ),
        pytest.param(
            {"LeadSource": "x", "UserDetails": {"Email": "MSFT_TEST <ada@example.com>"}},
            {"LeadSource": "x", "UserDetails": {"Email": "ada@example.com"}},
            id="a display name",
        ),
    ],
)
def test_what_is_one_event_is_a_test_lead_in_both_spellings_or_in_none(
    one: dict[str, object], other: dict[str, object]
) -> None:
    first, second = (parse(json.dumps(document)) for document in (one, other))

    assert identify(first, aliases={}) == identify(second, aliases={})
    assert first.is_test == second.is_test
