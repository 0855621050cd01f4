from __future__ import annotations

import pytest

from leads.enrichment.phones import e164


@pytest.mark.parametrize(
    ("phone", "country", "expected"),
    [
        pytest.param("16175555555", "US", "+16175555555", id="microsofts-sample"),
        pytest.param("46812345678", "SE", "+46812345678", id="country-code-without-plus"),
        pytest.param("08-123 456 78", "SE", "+46812345678", id="national"),
        pytest.param("0046812345678", "SE", "+46812345678", id="00-where-00-is-dialled"),
        pytest.param("0046812345678", "US", "+46812345678", id="00-where-011-is-dialled"),
        pytest.param("0046812345678", "", "+46812345678", id="00-without-country"),
        pytest.param("011 46 8 123 456 78", "US", "+46812345678", id="011-from-the-us"),
        pytest.param("+46 (0)8 123 456 78", "SE", "+46812345678", id="trunk-zero-sweden"),
        pytest.param("+46 (0)8 123 456 78", "", "+46812345678", id="trunk-zero-without-country"),
        pytest.param("+44 (0)20 7946 0018", "GB", "+442079460018", id="trunk-zero-britain"),
        pytest.param("tel:+46812345678", "", "+46812345678", id="tel-uri"),
        pytest.param("'+46812345678", "", "+46812345678", id="spreadsheets-apostrophe"),
        pytest.param("'0812345678", "SE", "+46812345678", id="apostrophe-national"),
        pytest.param("'0046812345678", "US", "+46812345678", id="apostrophe-and-00"),
        pytest.param("+46812345678;ext=12", "", "+46812345678", id="extension-rfc3966"),
        pytest.param("617-555-5555 x123", "US", "+16175555555", id="extension-x"),
        pytest.param("+1 617 555 5555", "SE", "+16175555555", id="plus-beats-country"),
        pytest.param("+46\uff18\uff11\uff12345678", "", "+46812345678", id="full-width-digits"),
        pytest.param(" \u00a0+46812345678\n", "", "+46812345678", id="white-space-around"),
        pytest.param("044 123 456", "XK", "+38344123456", id="kosovo"),
        pytest.param("+800 1234 5678", "", "+80012345678", id="international-freephone"),
        pytest.param("1-800-FLOWERS", "US", "+18003569377", id="vanity"),
    ],
)
def test_a_valid_number_is_found_however_it_is_written(
    phone: str, country: str, expected: str
) -> None:
    found = e164(phone, country_code=country)

    assert found == expected


@pytest.mark.parametrize(
    ("phone", "country"),
    [
        pytest.param("", "US", id="empty"),
        pytest.param("   ", "US", id="blank"),
        pytest.param("N/A", "US", id="placeholder"),
        pytest.param("+", "SE", id="plus-alone"),
        pytest.param("00", "SE", id="00-alone"),
        pytest.param("1234567890", "US", id="microsofts-test-lead"),
        pytest.param("1-800-MICROSOFT", "US", id="vanity-too-long"),
        pytest.param("4.6701E+10", "SE", id="spreadsheet"),
        pytest.param("4,6701E+10", "SE", id="spreadsheet-with-comma"),
        pytest.param("46701E10", "SE", id="spreadsheet-that-looks-valid"),
        pytest.param("+46812345678 / +46812345679", "SE", id="two-with-slash"),
        pytest.param("08-12345678 / 070-1234567", "SE", id="two-national-with-slash"),
        pytest.param("08-123 456 78, 070-123 45 67", "SE", id="two-with-comma"),
        pytest.param("0812345678", "", id="national-without-country"),
        pytest.param("16175555555", "", id="no-plus-without-country"),
        pytest.param("0812345678", "XX", id="country-that-is-none"),
        pytest.param("0812345678", "AQ", id="country-without-number-plan"),
        pytest.param("+999123456789", "", id="no-such-country-code"),
        pytest.param("8123", "SE", id="too-short"),
        pytest.param("911", "US", id="emergency"),
        pytest.param("0" * 20_000, "US", id="flood"),
        pytest.param("\ud800", "US", id="lone-surrogate"),
    ],
)
def test_what_is_not_certainly_one_valid_number_is_none(phone: str, country: str) -> None:
    found = e164(phone, country_code=country)

    assert found == ""
