"""The golden files hold the rules of identity to their word.

tests/golden/identity.v1.json never changes: tables hold keys that were made by these rules, and a
lead whose key comes out otherwise is a second lead. If a test here fails, the change is wrong.
Cases may be added to it only for what it does not cover yet.

Whoever wants other rules raises RULES_VERSION, keeps the old rules callable for the rekey, and adds
identity.v<n>.json, with these payloads and more, beside the old file (DESIGN 5.1).
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from leads.identity import (
    RULES_VERSION,
    WINDOW_OF_ANONYMOUS,
    duplicate_window,
    identify,
    is_usable_email,
    is_usable_phone,
    offer_partition,
)
from leads.model import Contact, Identity, Submission
from leads.normal_form import normalised_email, phone_digits
from leads.payload import parse
from tests.unit.samples import load, names

if TYPE_CHECKING:
    from collections.abc import Callable

GOLDEN = Path(__file__).parent.parent / "golden" / f"identity.v{RULES_VERSION}.json"
FROZEN = json.loads(GOLDEN.read_text(encoding="utf-8"))

ADA = Contact(
    first_name="Ada",
    last_name="Lovelace",
    email="ada.lovelace@contoso.com",
    phone="442079460101",
    country="GB",
    company="Contoso",
    title="CISO",
)
INS = Submission(contact=ADA, offer_id="contoso.sample-saas", source="SPZA", action="INS")


def identity_of(submission: Submission) -> Identity:
    return identify(submission, aliases={})


def with_contact(**fields: str) -> Submission:
    return replace(INS, contact=replace(ADA, **fields))


@pytest.mark.parametrize("case", FROZEN["cases"], ids=lambda case: case["case"])
def test_identities_never_change_within_a_version(case: dict[str, Any]) -> None:
    submission = parse(json.dumps(case["payload"]))

    identity = identify(submission, aliases=FROZEN["aliases"])

    assert identity == Identity(
        partition=case["partition"],
        lead_key=case["lead_key"],
        fingerprint=case["fingerprint"],
        version=FROZEN["version"],
    )


@pytest.mark.parametrize(
    ("contact", "level", "hashed"),
    [
        pytest.param(ADA, "e", "e\x1fada.lovelace@contoso.com", id="e-mail"),
        pytest.param(replace(ADA, email=""), "p", "p\x1f442079460101\x1flovelace", id="phone"),
        pytest.param(
            replace(ADA, email="", phone=""),
            "n",
            "n\x1fada\x1flovelace\x1fcontoso\x1fgb",
            id="name",
        ),
    ],
)
def test_a_lead_key_is_the_level_and_the_hash_of_its_parts(
    contact: Contact, level: str, hashed: str
) -> None:
    identity = identity_of(replace(INS, contact=contact))

    assert identity.lead_key == level + hashlib.sha256(hashed.encode()).hexdigest()[:32]


@pytest.mark.parametrize(
    ("fields", "level"),
    [
        pytest.param({}, "e", id="usable e-mail"),
        pytest.param({"email": "none"}, "p", id="unusable e-mail"),
        pytest.param({"email": "", "last_name": ""}, "a", id="phone without last name"),
        pytest.param({"email": "", "phone": "12345"}, "n", id="phone too short"),
        pytest.param({"email": "", "phone": "7777777"}, "n", id="one digit repeated"),
        pytest.param({"email": "", "phone": "(123) 456-7890"}, "n", id="placeholder phone"),
        pytest.param({"email": "", "phone": "", "first_name": ""}, "a", id="no first name"),
        pytest.param({"email": "", "phone": "", "company": " "}, "a", id="no company"),
        pytest.param({"email": "", "phone": "", "country": "\u200b"}, "a", id="no country"),
    ],
)
def test_the_first_usable_level_is_taken(fields: dict[str, str], level: str) -> None:
    identity = identity_of(with_contact(**fields))

    assert identity.lead_key[0] == level


def test_nobody_known_makes_a_lead_of_what_was_said() -> None:
    anonymous = replace(INS, contact=Contact(title="CISO"))

    identity = identity_of(anonymous)
    said_again = identity_of(anonymous)
    said_otherwise = identity_of(replace(anonymous, action="PLT"))

    hashed = hashlib.sha256(f"a\x1f{identity.fingerprint}".encode()).hexdigest()
    assert identity.lead_key == f"a{hashed[:32]}"
    assert said_again == identity
    assert said_otherwise.lead_key != identity.lead_key


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(with_contact(email="Ada.Lovelace@Contoso.COM"), id="e-mail case"),
        pytest.param(with_contact(phone="+44 (20) 7946-0101"), id="phone format"),
        pytest.param(with_contact(company="Contoso "), id="blank after the company"),
        pytest.param(with_contact(company="CONTOSO"), id="company case"),
        pytest.param(with_contact(first_name="A\u200bda"), id="zero-width space"),
        pytest.param(replace(INS, offer_id=" Contoso.Sample-SaaS"), id="offer case"),
        pytest.param(replace(INS, description=" \n"), id="blank description"),
        pytest.param(replace(INS, offer_title="Sample"), id="title beside an id"),
        pytest.param(replace(INS, lead_source="AppSource (SPZA)-INS|x"), id="raw source"),
        pytest.param(replace(INS, campaign="spring", is_test=True, repaired=True), id="derived"),
    ],
)
def test_the_same_in_other_words_is_the_same_event_of_the_same_lead(other: Submission) -> None:
    identity = identity_of(other)

    assert identity == identity_of(INS)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(replace(INS, action="PLT"), id="action"),
        pytest.param(replace(INS, source="AzureMarketplace"), id="source"),
        pytest.param(replace(INS, description="Call me"), id="description"),
        pytest.param(replace(INS, description="call me"), id="description in lower case"),
        pytest.param(with_contact(first_name="Augusta"), id="first name"),
        pytest.param(with_contact(last_name="King"), id="last name"),
        pytest.param(with_contact(phone="442079460102"), id="phone"),
        pytest.param(with_contact(phone=""), id="no phone"),
        pytest.param(with_contact(country="UK"), id="country"),
        pytest.param(with_contact(company="Contoso Ltd"), id="company renamed"),
        pytest.param(with_contact(title=""), id="no title"),
    ],
)
def test_something_else_said_is_a_new_touch_of_the_same_lead(other: Submission) -> None:
    identity = identity_of(other)

    assert identity.fingerprint != identity_of(INS).fingerprint
    assert identity.lead_key == identity_of(INS).lead_key


def test_case_in_a_description_tells_events_apart() -> None:
    upper = identity_of(replace(INS, description='{"mktcmpid":"A1"}'))
    lower = identity_of(replace(INS, description='{"mktcmpid":"a1"}'))

    assert upper.fingerprint != lower.fingerprint


def test_what_stands_in_one_field_never_counts_for_its_neighbour() -> None:
    one = identity_of(with_contact(first_name="Ada\x1fLovelace", last_name=""))
    two = identity_of(with_contact(first_name="Ada", last_name="Lovelace"))

    assert one.fingerprint != two.fingerprint


def test_a_person_has_the_same_key_in_every_offer_but_another_event() -> None:
    here = identity_of(INS)
    there = identity_of(replace(INS, offer_id="contoso.other"))

    assert there.lead_key == here.lead_key
    assert there.partition != here.partition
    assert there.fingerprint != here.fingerprint


@pytest.mark.parametrize(
    ("name", "partition", "like"),
    [
        ("02-ins-azure-marketplace-again.json", "checkpoint.check-point-r77-10sg-byol", "event"),
        ("03-plt-same-customer.json", "checkpoint.check-point-r77-10sg-byol", "lead"),
        ("04-create-same-customer.json", "checkpoint.check-point-r77-10sg-byol", "lead"),
    ],
)
def test_the_first_customer_of_the_samples_is_one_lead(
    name: str, partition: str, like: str
) -> None:
    first = identity_of(parse(load("01-ins-azure-marketplace.json")))

    identity = identity_of(parse(load(name)))

    assert identity.partition == partition
    assert identity.lead_key == first.lead_key
    assert (identity.fingerprint == first.fingerprint) == (like == "event")


def test_the_samples_make_as_many_touches_and_leads_as_their_table_says() -> None:
    identities = [identity_of(parse(load(name))) for name in names() if "invalid" not in name]

    touches = {(identity.partition, identity.fingerprint) for identity in identities}
    leads = {(identity.partition, identity.lead_key) for identity in identities}
    partitions = {identity.partition for identity in identities}

    assert (len(identities), len(touches), len(leads), len(partitions)) == (20, 18, 15, 12)


@pytest.mark.parametrize(
    ("sent", "normal"),
    [
        ("  ada@contoso.com ", "ada@contoso.com"),
        ("ADA@CONTOSO.COM", "ada@contoso.com"),
        ("mailto:ada@contoso.com", "ada@contoso.com"),
        ("MailTo: ada@contoso.com", "ada@contoso.com"),
        ("<ada@contoso.com>", "ada@contoso.com"),
        ("Ada Lovelace <ada@contoso.com>", "ada@contoso.com"),
        ('"ada@home" <mailto:ada@contoso.com>', "ada@contoso.com"),
        ("ada @ contoso.com", "ada@contoso.com"),
        ("ada@contoso. com.", "ada@contoso.com"),
        ("ada@contoso\u3002com", "ada@contoso.com"),
        ("ada\u200b@contoso.com\ufeff", "ada@contoso.com"),
        ("a.d.a+x@gmail.com", "a.d.a+x@gmail.com"),
        ("ada@B\u00fccher.example", "ada@xn--bcher-kva.example"),
        ("ada@XN--BCHER-KVA.example", "ada@xn--bcher-kva.example"),
        ("ada@bu\u0308cher.example", "ada@xn--bcher-kva.example"),
        ("ada@stra\u00dfe.example", "ada@xn--strae-oqa.example"),
        ("jose\u0301@contoso.com", "jos\u00e9@contoso.com"),
        ("\u017fam@contoso.com", "\u017fam@contoso.com"),
        ("\u00c9VA@contoso.com", "\u00c9va@contoso.com"),
        ("\u2460@contoso.com", "\u2460@contoso.com"),
        ("N/A", "n/a"),
        ("", ""),
    ],
)
def test_an_email_is_normalised_without_merging_people(sent: str, normal: str) -> None:
    normalised = normalised_email(sent)

    assert normalised == normal


@pytest.mark.parametrize(
    ("email", "usable"),
    [
        ("ada@contoso.com", True),
        ("ada@localhost", True),
        ("MSFT_TEST_636573304831318844@test.com", True),
        ("na@contoso.com", True),
        ("", False),
        ("n/a", False),
        ("ada", False),
        ("@contoso.com", False),
        ("ada@", False),
        ("ada@.", False),
        ("ada@home@contoso.com", False),
        ("none@contoso.com", False),
        ("NoReply@contoso.com", False),
        ("no-reply@contoso.com", False),
        ("donotreply@contoso.com", False),
        ("Test@Test.com", False),
        ("a@a.a", False),
    ],
)
def test_an_email_is_usable_if_it_names_somebody(email: str, usable: bool) -> None:
    told = is_usable_email(normalised_email(email))

    assert told == usable


@pytest.mark.parametrize(
    ("phone", "digits", "usable"),
    [
        ("16175555555", "16175555555", True),
        ("+1 (617) 555-5555", "16175555555", True),
        ("\u0661\u0662\u0663\u0664\u0665\u0666\u0667", "1234567", True),
        ("\u00b2\u00b3", "", False),
        ("123456", "123456", False),
        ("1234567890", "1234567890", False),
        ("00000000", "00000000", False),
        ("call me", "", False),
    ],
)
def test_a_phone_is_known_by_its_digits(phone: str, digits: str, usable: bool) -> None:
    found = phone_digits(phone)

    assert found == digits
    assert is_usable_phone(found) == usable


@pytest.mark.parametrize(
    ("offer_id", "title", "partition"),
    [
        pytest.param("bitnami.openedxcypress", "Open edX", "bitnami.openedxcypress", id="id"),
        pytest.param(" Bitnami.OpenEdx ", "", "bitnami.openedx", id="id in capitals"),
        pytest.param("PUBID.a|AID.b", "", "pubid.a|aid.b", id="id with a bar"),
        pytest.param("", "Contoso SaaS", "contoso.saas", id="title with an alias"),
        pytest.param("", " CONTOSO  saas\n", "contoso.saas", id="title written otherwise"),
        pytest.param("p.o", "Contoso SaaS", "p.o", id="an id beats an alias"),
        pytest.param("", "", "~unknown", id="nothing"),
        pytest.param(" ", "\u200b", "~unknown", id="nothing to see"),
    ],
)
def test_an_offer_is_known_by_id_or_alias(offer_id: str, title: str, partition: str) -> None:
    submission = Submission(offer_id=offer_id, offer_title=title)

    found = offer_partition(submission, aliases={"Contoso SaaS": "Contoso.SaaS", "": "x.y"})

    assert found == partition


@pytest.mark.parametrize(
    ("offer_id", "title", "start"),
    [
        pytest.param("My Offer/#2", "", "id~my-offer-2~", id="id that is no key"),
        pytest.param("p~o", "", "id~p-o~", id="id that could be mistaken for ours"),
        pytest.param("x" * 201, "", f"id~{'x' * 64}~", id="long id"),
        pytest.param("", "My Offer", "title~my-offer~", id="title"),
        pytest.param("", "\u898b\u672c", "title~~", id="title without Latin letters"),
        pytest.param("", "x" * 30_000, f"title~{'x' * 64}~", id="long title"),
    ],
)
def test_any_other_offer_gets_a_readable_and_unique_key(
    offer_id: str, title: str, start: str
) -> None:
    submission = Submission(offer_id=offer_id, offer_title=title)

    found = offer_partition(submission, aliases={})

    assert re.fullmatch(re.escape(start) + "[0-9a-f]{16}", found)


def test_leads_of_nobody_are_duplicates_for_ten_minutes_only() -> None:
    day = timedelta(hours=24)

    windows = {level: duplicate_window(f"{level}0123", day) for level in "epna"}

    assert windows == {"e": day, "p": day, "n": day, "a": WINDOW_OF_ANONYMOUS}
    assert timedelta(minutes=10) == WINDOW_OF_ANONYMOUS


def test_a_shorter_window_holds_for_leads_of_nobody_too() -> None:
    minute = timedelta(minutes=1)

    window = duplicate_window("a0123", minute)

    assert window == minute


# Any character, lone surrogates included; and those that the rules are about, often.
WILD = st.text(alphabet=st.characters(exclude_categories=()), max_size=12) | st.text(
    alphabet="aA\u00fc\u0130\u03a3\u212a@.<>: |~\x1f\u200b\u0301\u3002\ud800", max_size=12
)
CONTACTS = st.builds(
    Contact,
    first_name=WILD,
    last_name=WILD,
    email=WILD,
    phone=WILD,
    country=WILD,
    company=WILD,
    title=WILD,
)
SUBMISSIONS = st.builds(
    Submission,
    contact=CONTACTS,
    offer_id=WILD,
    offer_title=WILD,
    source=WILD,
    action=WILD,
    description=WILD,
)
PARTITION = re.compile(r"[a-z0-9._|-]{1,200}|(id|title)~[a-z0-9-]{0,64}~[0-9a-f]{16}|~unknown")


@given(SUBMISSIONS, st.dictionaries(WILD, WILD, max_size=3))
def test_every_submission_has_an_identity_that_fits_into_keys(
    submission: Submission, aliases: dict[str, str]
) -> None:
    identity = identify(submission, aliases=aliases)

    assert PARTITION.fullmatch(identity.partition)
    assert re.fullmatch("[epna][0-9a-f]{32}", identity.lead_key)
    assert re.fullmatch("[0-9a-f]{64}", identity.fingerprint)


@given(WILD)
def test_a_normal_email_stays_as_it_is(email: str) -> None:
    once = normalised_email(email)

    twice = normalised_email(once)

    assert twice == once


OFFER_IDS = st.text(alphabet="abAB01._-|~ /#?\u00fc", min_size=1, max_size=8).map(str.strip)


@given(OFFER_IDS, OFFER_IDS)
def test_different_offer_ids_never_share_a_partition(one: str, two: str) -> None:
    assume(" ".join(one.lower().split()) != " ".join(two.lower().split()))

    partitions = {
        offer_partition(Submission(offer_id=offer_id), aliases={}) for offer_id in (one, two)
    }

    assert len(partitions) == 2


@given(OFFER_IDS.filter(bool))
def test_a_title_never_shares_a_partition_with_an_id(name: str) -> None:
    by_id = offer_partition(Submission(offer_id=name), aliases={})
    by_title = offer_partition(Submission(offer_title=name), aliases={})

    assert by_id != by_title


@given(st.data())
def test_order_and_case_of_keys_and_ways_to_say_nothing_make_no_difference(
    data: st.DataObject,
) -> None:
    case = data.draw(
        st.sampled_from([case for case in FROZEN["cases"] if case["case"] != "nothing"])
    )
    nothing = st.sampled_from(["", None, " ", "\t"])

    def rewritten(document: dict[str, Any]) -> dict[str, Any]:
        order = data.draw(st.permutations(sorted(document)))
        casings: list[Callable[[str], str]] = [str, str.lower, str.upper, str.swapcase]
        casing = data.draw(st.sampled_from(casings))
        said = {casing(key): document[key] or data.draw(nothing) for key in order}
        said |= {"Unknown": data.draw(WILD)}
        return {
            key: rewritten(value) if isinstance(value, dict) else value
            for key, value in said.items()
            if value is not None or data.draw(st.booleans(), label="null, not absent")
        }

    said_otherwise = parse(json.dumps(rewritten(case["payload"])))
    identity = identify(said_otherwise, aliases=FROZEN["aliases"])

    assert identity.fingerprint == case["fingerprint"]
    assert identity.lead_key == case["lead_key"]


def test_a_hostile_email_is_normalised_quickly_because_no_domain_is_that_long() -> None:
    labels = "".join(chr(0x4E00 + number) for number in range(10_000))

    normalised = normalised_email(f"ada@{labels}")

    assert normalised == f"ada@{labels}"


def test_a_long_text_without_blanks_is_one_however_its_letters_are_composed() -> None:
    text = "ガギグゲゴ" * 76  # Japanese has no blanks, and a mark on each of these letters
    apart = unicodedata.normalize("NFD", text)

    one, other = (
        identify(Submission(description=written), aliases={}) for written in (text, apart)
    )

    assert one == other
