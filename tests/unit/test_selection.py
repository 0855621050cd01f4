from __future__ import annotations

from typing import Any

import pytest

from leads.identity import lead_key
from leads.model import Contact
from leads.selection import Row, Selection


def row(**columns: object) -> Row:
    email = str(columns.get("Email", "ada@example.com"))
    return {
        "FirstName": "Ada",
        "LastName": "Lovelace",
        "Email": email,
        "Company": "Contoso",
        "Title": "Countess",
        "Phone": "",
        "OfferDisplayName": "Sample SaaS",
        "LeadKey": lead_key(Contact(email=email), fingerprint=""),
        "Stage": "interest",
        "ContactStatus": "contactable",
        "IsTest": False,
        **columns,
    }


@pytest.mark.parametrize(
    ("asked", "columns", "taken"),
    [
        ({}, {}, True),
        ({}, {"IsTest": True}, False),
        ({"include_tests": True}, {"IsTest": True}, True),
        ({"stage": "interest"}, {}, True),
        ({"stage": "trial"}, {}, False),
        ({"contactable": True}, {}, True),
        ({"contactable": True}, {"ContactStatus": "do-not-contact"}, False),
        ({"contactable": True}, {"ContactStatus": "suppressed"}, False),
        ({"stage": "trial", "contactable": True}, {"Stage": "trial"}, True),
        ({"stage": "trial", "search": "grace"}, {"Stage": "trial"}, False),
    ],
)
def test_a_lead_must_be_all_that_is_asked(
    asked: dict[str, Any], columns: dict[str, object], taken: bool
) -> None:
    assert Selection(**asked).takes(row(**columns)) is taken


@pytest.mark.parametrize("email", ["xo'brien@example.com", "o'brien@example.com.au", "o@brien.com"])
def test_a_whole_address_finds_that_person_and_nobody_else(email: str) -> None:
    search = Selection(search="o'brien@example.com")

    assert search.takes(row(Email="O'Brien@Example.com"))
    assert not search.takes(row(Email=email))


@pytest.mark.parametrize(
    "typed", ["ADA@example.com ", "Ada <ada@example.com>", "mailto:ada@example.com"]
)
def test_an_address_may_be_typed_in_any_spelling_that_means_it(typed: str) -> None:
    assert Selection(search=typed).takes(row())


@pytest.mark.parametrize(
    "typed",
    ["ada", "ADA", "lovelace ada", "contoso countess", "ada@", "@example.com", "ada@example",
     "ada@example.com contoso", "  ", "lov"],
)  # fmt: skip
def test_words_find_who_has_all_of_them_somewhere(typed: str) -> None:
    assert Selection(search=typed).takes(row())


@pytest.mark.parametrize(
    "typed",
    ["grace", "ada hopper", "zz' or Email ne 'q", "sample saas", "ada@example.com fabrikam", "%"],
)
def test_words_do_not_find_who_lacks_one(typed: str) -> None:
    assert not Selection(search=typed).takes(row())


@pytest.mark.parametrize(
    ("typed", "stands"),
    [
        ("Åsa", "A\u030asa"),
        ("STRASSE", "Straße"),
        ("zoë", "Zo\u200be\u0308"),
        ("山田", "山田"),
    ],
    ids=ascii,
)
def test_a_word_is_found_in_every_spelling_that_looks_the_same(typed: str, stands: str) -> None:
    assert Selection(search=typed).takes(row(LastName=stands))


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("+46 70 123 45 67", True),
        ("070-123 45 67", True),
        ("0046701234567", True),
        ("45 67", True),
        ("567", False),
        ("9999", False),
        ("0000", False),
        ("call 4567", False),
    ],
)
@pytest.mark.parametrize("phone", ["+46 70 123 45 67", "+46(0)701234567"])
def test_four_digits_or_more_are_looked_for_in_telephone_numbers(
    typed: str, found: bool, phone: str
) -> None:
    assert Selection(search=typed).takes(row(Phone=phone)) is found


def test_a_lead_key_is_found_by_its_beginning_and_never_by_letters_within() -> None:
    known = row(LeadKey="e0123456789adaed0123456789abcdef0", FirstName="Grace", Email="g@x.org")

    assert Selection(search="e01234567").takes(known)
    assert not Selection(search="adaed").takes(known)
    assert not Selection(search="123456789adaed").takes(known)


def test_a_row_that_lacks_columns_is_only_not_found() -> None:
    assert not Selection(search="ada").takes({"PartitionKey": "contoso.sample-saas"})
    assert Selection().takes({"PartitionKey": "contoso.sample-saas"})
