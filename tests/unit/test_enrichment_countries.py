from __future__ import annotations

import json
from pathlib import Path

import pytest

import leads.enrichment.countries as module
from leads.enrichment.countries import country_code, country_key

TABLE: dict[str, list[str]] = json.loads(
    Path(module.__file__).with_name("countries.json").read_text(encoding="utf-8")
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("US", "US"),
        ("us", "US"),
        (" US ", "US"),
        ("USA", "US"),
        ("U.S.A.", "US"),
        ("U. S.", "US"),
        ("United States", "US"),
        ("UNITED STATES OF AMERICA", "US"),
        ("Estados Unidos", "US"),
        ("UK", "GB"),
        ("U.K.", "GB"),
        ("GBR", "GB"),
        ("England", "GB"),
        ("Scotland", "GB"),
        ("Great Britain", "GB"),
        ("Sverige", "SE"),
        ("SWE", "SE"),
        ("\uff33\uff57eden", "SE"),
        ("Deutschland", "DE"),
        ("Oesterreich", "AT"),
        ("Türkiye", "TR"),
        ("TÜRKİYE", "TR"),
        ("Turkiye", "TR"),
        ("Turkey", "TR"),
        ("Holland", "NL"),
        ("The Netherlands", "NL"),
        ("Ivory Coast", "CI"),
        ("Cote d'Ivoire", "CI"),
        ("Côte d\u2019Ivoire", "CI"),
        ("Swaziland", "SZ"),
        ("Macedonia", "MK"),
        ("Hong Kong SAR", "HK"),
        ("Hong Kong", "HK"),
        ("Kosovo", "XK"),
        ("XK", "XK"),
        ("South Korea", "KR"),
        ("Korea, Republic of", "KR"),
        ("Korea (South)", "KR"),
        ("North Korea", "KP"),
        ("한국", "KR"),
        ("日本", "JP"),
        ("中国", "CN"),
        ("Россия", "RU"),
        ("Ελλάδα", "GR"),
        ("Саудівська Аравія", "SA"),
        ("Áo", "AT"),
        ("ao", "AO"),
        ("España", "ES"),
        ("Espana", "ES"),
        ("S:t Lucia", "LC"),
        ("Saint Lucia", "LC"),
        ("Trinidad & Tobago", "TT"),
        ("Trinidad and Tobago", "TT"),
        ("Guinea Bissau", "GW"),
        ("Viet Nam", "VN"),
        ("Czech Republic", "CZ"),
        ("Russian Federation", "RU"),
        ("Iran, Islamic Republic of", "IR"),
        ("DR Congo", "CD"),
        ("Congo-Brazzaville", "CG"),
        ("Niger", "NE"),
        ("NA", "NA"),
    ],
)
def test_a_country_is_known_by_its_codes_and_by_what_people_call_it(
    text: str, expected: str
) -> None:
    found = country_code(text)

    assert found == expected


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param(" ", id="blank"),
        pytest.param("N/A", id="placeholder"),
        pytest.param("n.a.", id="placeholder-with-dots"),
        pytest.param("na", id="placeholder-that-looks-like-namibia"),
        pytest.param("-", id="dash"),
        pytest.param("A/S", id="company-form-that-looks-like-samoa"),
        pytest.param("EU", id="union"),
        pytest.param("European Union", id="union-by-name"),
        pytest.param("Europe", id="continent"),
        pytest.param("Korea", id="two-koreas"),
        pytest.param("Corée", id="two-koreas-in-french"),
        pytest.param("Congo", id="two-congos"),
        pytest.param("Kongo", id="two-congos-in-swedish"),
        pytest.param("America", id="continent-or-country"),
        pytest.param("Virgin Islands", id="two-owners"),
        pytest.param("Saint Martin", id="two-halves"),
        pytest.param("Yugoslavia", id="gone"),
        pytest.param("SUN", id="gone-code"),
        pytest.param("ZZ", id="cldrs-unknown"),
        pytest.param("XA", id="cldrs-pseudo-accents"),
        pytest.param("UN", id="united-nations"),
        pytest.param("Sé", id="code-with-an-accent"),
        pytest.param("752", id="numeric-code"),
        pytest.param("Sweden, Norway", id="two-countries"),
        pytest.param("Stockholm", id="city"),
        pytest.param("S" * 20_000, id="flood"),
        pytest.param("\ud800", id="lone-surrogate"),
    ],
)
def test_what_is_no_certain_country_stays_open(text: str) -> None:
    found = country_code(text)

    assert found == ""


def test_every_country_is_known_by_its_own_codes() -> None:
    expected = {code: code for code in TABLE}

    found = {code: country_code(code) for code in TABLE}

    assert len(TABLE) == 250
    assert found == expected
    assert all(any(len(key) == 3 for key in keys) for keys in TABLE.values())


def test_no_name_in_the_table_means_two_countries() -> None:
    keys = [key for keys in TABLE.values() for key in keys]

    assert len(keys) == len(set(keys))


def test_every_name_in_the_table_can_be_found() -> None:
    keys = [key for keys in TABLE.values() for key in keys]

    assert [country_key(key) for key in keys] == keys
    assert "" not in keys
