"""Nothing of a person is shown that was not agreed on, whatever stands in which field."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

from leads.dashboard import masking

TYPED = st.text(max_size=60) | st.from_regex(
    r"[a-z]{1,8}[@.][a-z]{1,8}\.[a-z]{2,3}", fullmatch=True
)
LETTERS = st.text(st.characters(categories=["Lu", "Ll"]), min_size=2, max_size=15)


@pytest.mark.parametrize(
    ("first", "last", "shown"),
    [
        pytest.param("Ada", "Lovelace", "Ada L.", id="both names"),
        pytest.param("Ada Augusta", "King Lovelace", "Ada K.", id="several words"),
        pytest.param("Mary-Ann", "O'Neil", "Mary-Ann O.", id="signs within a name"),
        pytest.param("Siobhán", "Ní Bhriain", "Siobhán N.", id="letters of other alphabets"),
        pytest.param("प्रिया", "शर्मा", "प्रिया श.", id="a script with marks"),
        pytest.param("Ada", "", "Ada", id="no last name"),
        pytest.param("", "Lovelace", "… L.", id="no first name"),
        pytest.param("", "", "", id="no name"),
        pytest.param(None, 5, "…", id="no text"),
        pytest.param("ada@contoso.com", "x", "… x.", id="an address for a name"),
        pytest.param("+44 20 7946 0146", "+44", "…", id="a number for a name"),
        pytest.param("Adaaaaaaaaaaaaaaaaaaaaaaa", "L", "… L.", id="a name too long to be one"),
    ],
)
def test_a_name_shows_the_first_and_one_letter_of_the_last(
    first: object, last: object, shown: str
) -> None:
    found = masking.name({"FirstName": first, "LastName": last})

    assert found.text == shown


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        pytest.param("ada.lovelace@contoso.com", "a…@contoso.com", id="an address"),
        pytest.param("Ada@mail.contoso.co.uk", "A…@mail.contoso.co.uk", id="a longer domain"),
        pytest.param("åsa@bücher.example", "å…@bücher.example", id="other letters"),
        pytest.param("a@contoso.com", "…@contoso.com", id="one letter is the whole person"),
        pytest.param(".ada@contoso.com", "…@contoso.com", id="a sign in front"),
        pytest.param("ada", "…", id="no address"),
        pytest.param("ada@localhost", "…", id="no domain"),
        pytest.param("ada@lovelace@contoso.com", "…", id="two signs"),
        pytest.param("Ada <ada@contoso.com>", "…", id="with a display name"),
        pytest.param("@contoso.com", "…", id="nobody"),
        pytest.param("", "", id="nothing"),
        pytest.param(5, "…", id="no text"),
    ],
)
def test_an_address_shows_its_domain_and_one_letter(typed: object, shown: str) -> None:
    found = masking.email(typed)

    assert found.text == shown


@pytest.mark.parametrize(
    ("number", "typed", "shown"),
    [
        pytest.param("+442079460146", "020 7946 0146", "+44 … 46", id="two digits of country"),
        pytest.param("+14255550100", "", "+1 … 00", id="one digit"),
        pytest.param("+353201234567", "", "+353 … 67", id="three digits"),
        pytest.param("", "020 7946 0146", "…", id="not understood"),
        pytest.param("+44", "", "…", id="too short"),
        pytest.param("442079460146", "", "…", id="not international"),
        pytest.param("", "", "", id="none"),
        pytest.param(None, None, "", id="no columns"),
    ],
)
def test_a_number_shows_its_country_and_two_digits(
    number: object, typed: object, shown: str
) -> None:
    found = masking.phone(number, typed)

    assert found.text == shown


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        pytest.param("Contoso Ltd.", "Contoso Ltd.", id="a company"),
        pytest.param("Studio 54", "Studio 54", id="a number in a name"),
        pytest.param("ada@contoso.com", "…", id="an address"),
        pytest.param("CTO, ada@contoso.com", "CTO, …", id="an address among words"),
        pytest.param("call 020 7946 0146 now", "call … now", id="a telephone number"),
    ],
)
def test_a_company_shows_no_address_and_no_number(typed: str, shown: str) -> None:
    found = masking.words(typed)

    assert found.text == shown


@given(first=LETTERS, last=LETTERS)
def test_of_every_last_name_one_letter_is_shown(first: str, last: str) -> None:
    found = masking.name({"FirstName": first, "LastName": last}).text

    assert found in {f"{first} {last[0]}.", f"{first} …"}


@given(first=TYPED, last=TYPED)
def test_every_masked_name_is_a_word_of_letters_at_most(first: str, last: str) -> None:
    found = masking.name({"FirstName": first, "LastName": last}).text

    word, _, initial = found.partition(" ")
    assert not re.search(r"[\d@/:]", word)
    assert len(word) <= 20
    assert re.fullmatch(r"(\w\.)?", initial)


@given(TYPED)
def test_every_masked_address_hides_all_but_a_letter_before_the_domain(typed: str) -> None:
    found = masking.email(typed).text

    local, at, domain = found.rpartition("@")
    assert found in {"", "…"} or (re.fullmatch(r"\w?…", local) and at and "." in domain)


@given(st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True))
def test_every_masked_number_shows_five_digits_at_most(number: str) -> None:
    found = masking.phone(number).text

    assert re.fullmatch(r"\+\d{1,3} … \d\d", found)


@given(TYPED)
def test_every_masked_text_has_neither_address_nor_long_number(typed: str) -> None:
    found = masking.words(typed).text

    assert "@" not in found
    assert not re.search(r"\d(?:[\s().\-/]*\d){4}", found)


@pytest.mark.parametrize("code", sorted(COUNTRY_CODE_TO_REGION_CODE))
def test_the_code_of_every_country_is_told_from_the_rest_of_the_number(code: int) -> None:
    found = masking.phone(f"+{code}23456789").text

    assert found == f"+{code} … 89"
