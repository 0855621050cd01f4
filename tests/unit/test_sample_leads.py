"""Leads of nobody: what the door, identity and enrichment make of them."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from leads.enrichment import enrich
from leads.identity import identify
from leads.model import EmailKind, Identity, Submission
from leads.payload import parse
from leads.sample_leads import ACTIONS, SOURCES, example_lead, marked_lead
from tests.unit.samples import load

type Composer = Callable[..., dict[str, object]]

OFFER = "contoso.sample-saas"
every_action = pytest.mark.parametrize("action", ACTIONS)
every_composer = pytest.mark.parametrize("compose", [example_lead, marked_lead])


def read(payload: dict[str, object]) -> Submission:
    return parse(json.dumps(payload))


def identity(payload: dict[str, object]) -> Identity:
    return identify(read(payload), aliases={})


@every_composer
@every_action
def test_a_lead_says_what_was_asked_for(compose: Composer, action: str) -> None:
    said = read(compose(action, offer=OFFER, word="w"))

    assert (said.action, said.source, said.offer_id) == (action, SOURCES[action], OFFER)


@every_action
def test_an_example_is_no_test_lead(action: str) -> None:
    assert not read(example_lead(action, offer=OFFER, word="w")).is_test


@every_action
def test_a_marked_lead_is_a_test_lead_whoever_is_named(action: str) -> None:
    assert read(marked_lead(action, offer=OFFER, word="w")).is_test
    assert read(marked_lead(action, offer=OFFER, word="w", email="jo@example.com")).is_test


@every_composer
@every_action
def test_another_word_makes_another_event_of_the_same_customer(
    compose: Composer, action: str
) -> None:
    one = identity(compose(action, offer=OFFER, word="one"))
    other = identity(compose(action, offer=OFFER, word="other"))

    assert one.fingerprint != other.fingerprint
    assert one.lead_key == other.lead_key


def test_examples_are_of_one_person_for_each_action() -> None:
    leads = {identity(example_lead(one, offer=OFFER, word="w")).lead_key for one in ACTIONS}

    assert len(leads) == len(ACTIONS)


def test_marked_leads_of_an_offer_are_one_lead() -> None:
    leads = {identity(marked_lead(one, offer=OFFER, word="w")).lead_key for one in ACTIONS}

    assert len(leads) == 1


@every_composer
def test_an_address_makes_all_of_them_one_customer(compose: Composer) -> None:
    sent = [read(compose(one, offer=OFFER, word="w", email="jo@example.com")) for one in ACTIONS]

    assert {said.contact.email for said in sent} == {"jo@example.com"}
    assert len({(said.contact.first_name, said.contact.phone) for said in sent}) == 1


@every_action
def test_an_example_is_complete_so_that_every_column_shows_something(action: str) -> None:
    said = read(example_lead(action, offer=OFFER, word="w"))

    implied = enrich(said, edition="2018")

    assert implied.email_kind == EmailKind.BUSINESS
    assert implied.phone_e164.startswith("+")
    assert implied.country_code == said.contact.country
    assert "" not in (said.contact.company, said.contact.title, said.description)


def test_an_example_comes_from_a_campaign() -> None:
    assert read(example_lead("INS", offer=OFFER, word="w")).campaign == "sample"


def test_the_person_of_a_marked_lead_is_that_of_microsofts_own_test_lead() -> None:
    documented = parse(load("23-docs-test-lead-mended.json"))

    marked = read(marked_lead("INS", offer=OFFER, word="w"))

    assert marked.contact == documented.contact
