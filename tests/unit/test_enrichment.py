from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from leads.enrichment import enrich
from leads.model import Contact, EmailKind, Enrichment, Stage, Submission
from leads.stages import EDITIONS

ROOT = Path(__file__).parents[2]

# Every character, lone surrogates too, and words that get past the first checks.
ANYTHING = st.text(st.characters(exclude_categories=())) | st.sampled_from(
    ["", "a@b", "+", "00", "tel:", "xn--a", "mailto:", "<", "@", "\ud800@acme.com"]
)
NEARLY_EMAILS = st.builds("{}@{}.{}".format, ANYTHING, ANYTHING, ANYTHING) | st.emails()
NEARLY_PHONES = st.builds("{}{}".format, st.sampled_from(["+", "00", "tel:+", "+46"]), ANYTHING)

CONTACTS = st.builds(
    Contact,
    email=ANYTHING | NEARLY_EMAILS,
    phone=ANYTHING | NEARLY_PHONES | st.text("+0123456789 -()ex.;", max_size=40),
    country=ANYTHING | st.sampled_from(["US", "Sverige", "XK", "AQ", "Korea"]),
)
SUBMISSIONS = st.builds(Submission, contact=CONTACTS, action=ANYTHING, source=ANYTHING)


def run(program: str) -> str:
    # The program is a literal of the test below.
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def test_a_lead_is_enriched_with_everything_it_implies() -> None:
    contact = Contact(email="someone@mail.contoso.com", phone="16175555555", country="USA")
    submission = Submission(contact=contact, source="AzureMarketplace", action="INS")

    found = enrich(submission, edition="2018")

    assert found == Enrichment(
        email_kind=EmailKind.BUSINESS,
        email_domain="contoso.com",
        phone_e164="+16175555555",
        country_code="US",
        stage=Stage.INTEREST,
    )


def test_a_submission_that_says_nothing_implies_nothing() -> None:
    submission = Submission()

    found = enrich(submission, edition="2018")

    assert found == Enrichment()


@given(submission=SUBMISSIONS, edition=st.sampled_from(sorted(EDITIONS)))
@example(
    submission=Submission(contact=Contact(email="x" * 32_000, phone="1" * 32_000, country="S")),
    edition="2018",
)
@example(
    submission=Submission(contact=Contact(email="a@" + ".".join(["b" * 61] * 4) + ".se")),
    edition="2018",
)
def test_every_submission_is_enriched_and_the_result_is_bounded(
    submission: Submission, edition: str
) -> None:
    before = submission

    found = enrich(submission, edition=edition)

    assert submission == before
    assert isinstance(found.email_kind, EmailKind)
    assert isinstance(found.stage, Stage)
    assert len(found.country_code) in {0, 2}
    assert found.email_domain.isascii()
    assert found.phone_e164 == "" or found.phone_e164[1:].isdigit()
    assert len(json.dumps(asdict(found))) <= 700


@pytest.mark.parametrize(
    ("broken", "expected"),
    [
        pytest.param("classify", {"email_kind": EmailKind.INVALID, "email_domain": ""}, id="email"),
        pytest.param("e164", {"phone_e164": ""}, id="phone"),
        pytest.param("country_code", {"country_code": "", "phone_e164": ""}, id="country"),
    ],
)
def test_a_library_that_fails_costs_only_what_it_would_have_found(
    broken: str, expected: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    contact = Contact(email="j@acme.se", phone="08-123 456 78", country="Sverige")
    submission = Submission(contact=contact, action="INS")
    sound = enrich(submission, edition="2018")

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(f"leads.enrichment.{broken}", fail)
    found = enrich(submission, edition="2018")

    assert asdict(found) == asdict(sound) | expected


def test_an_unknown_edition_is_a_fault_of_the_settings_and_fails() -> None:
    submission = Submission(action="INS")

    with pytest.raises(KeyError):
        enrich(submission, edition="1999")


def test_importing_the_package_loads_no_library_and_no_table() -> None:
    program = """
import sys, leads.enrichment
slow = {"email_validator", "phonenumbers", "publicsuffixlist", "disposable_email_domains", "idna"}
print(sorted(slow & sys.modules.keys()), leads.enrichment.countries._codes.cache_info().currsize)
"""

    said = run(program)

    assert said == "[] 0"


@pytest.mark.parametrize(
    ("contact", "loaded"),
    [
        pytest.param("Contact(country='Sverige')", "[]", id="country"),
        pytest.param("Contact(phone='+46812345678')", "['phonenumbers']", id="phone"),
        pytest.param(
            "Contact(email='j@acme.se')",
            "['disposable_email_domains', 'email_validator', 'publicsuffixlist']",
            id="email",
        ),
    ],
)
def test_a_library_loads_only_for_the_value_that_needs_it(contact: str, loaded: str) -> None:
    program = f"""
import sys
from leads.enrichment import enrich
from leads.model import Contact, Submission
enrich(Submission(contact={contact}), edition="2018")
libraries = {{"email_validator", "phonenumbers", "publicsuffixlist", "disposable_email_domains"}}
network = {{"dns", "urllib.request", "http.client"}}
print(sorted((libraries | network) & sys.modules.keys()))
"""

    said = run(program)

    assert said == loaded
