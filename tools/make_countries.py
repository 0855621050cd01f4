"""Build leads/enrichment/countries.json from CLDR (by babel) and from the aliases in this file.

    python -m tools.make_countries            writes the table and its licence note
    python -m tools.make_countries --check    exits with 1 if the committed files differ

A name that means two countries is left out and printed.
"""

from __future__ import annotations

import json
import re
import sys
import unicodedata
from collections import defaultdict
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from babel import Locale
from babel.core import get_cldr_version, get_global

from leads.enrichment.countries import LONGEST_CODE, country_key
from tools.committed import write_or_check

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
TABLE = ROOT / "leads" / "enrichment" / "countries.json"
LICENCE = TABLE.with_name("countries.LICENSE")

LOCALES = """
ar bg ca cs da de el en es et fi fr he hr hu id is it ja ko lt lv nb nl pl pt pt_PT ro ru sk sl
sr_Latn sv th tr uk vi zh zh_Hant
"""

# What CLDR has beyond the 249 of ISO 3166-1 and Kosovo (XK): groups, parts, pseudo-regions.
NOT_COUNTRIES = {"AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"}
COUNTRIES = 250

# Alpha-3 codes of states that are gone; CLDR maps them to what came after. ZAR is also the rand.
WITHDRAWN = {"BUR", "DDR", "FXX", "TMP", "YMD", "ZAR"}

# In every locale: these name two countries, a continent or a union.
AMBIGUOUS = """
korea, corea, corée, coreia, kore, koreja, корея, κορέα, 朝鮮,
congo, kongo, kongó, конго, κονγκό, コンゴ, 콩고, 刚果, 剛果, คองโก, konga, kongas,
america, amerika, américa, amérique, europe, european union, saint martin, st martin,
virgin islands, віргінські острови, antilles, west indies, yugoslavia, czechoslovakia,
soviet union, ussr
"""

UMLAUTS = {"ä": "ae", "ö": "oe", "ü": "ue"}

# Names that CLDR's long forms do not give: short forms, former names, parts that have no code of
# their own, the inverted forms of ISO lists, and what people really type.
ALIASES = {
    "AE": "UAE; U.A.E.; Emirates; Emiratos Árabes",
    "BA": "Bosnia; Bosnia-Hercegovina; Bosnia and Hercegovina; BiH",
    "BN": "Brunei Darussalam",
    "BO": "Bolivia, Plurinational State of; Plurinational State of Bolivia",
    "BS": "The Bahamas",
    "CD": "DRC; DR Congo; Congo (DRC); Congo, Democratic Republic of the; Congo-Kinshasa;"
    " Congo, The Democratic Republic of the; Democratic Republic of Congo; Zaire;"
    " Democratic Republic of the Congo",
    "CG": "Congo-Brazzaville; Republic of Congo; Republic of the Congo; Congo, Republic of the",
    "CH": "Schweiz; Suisse; Svizzera; Swiss; Swiss Confederation",
    "CI": "Ivory Coast; Cote d'Ivoire; Elfenbeinküste; Costa de Marfil",
    "CN": "PRC; P.R. China; PR China; People's Republic of China; Mainland China; 中华人民共和国;"
    " 中華人民共和国",
    "CV": "Cape Verde; Cabo Verde",
    "CZ": "Czech Republic; Czech Rep.; Czechia; Česká republika; Tschechische Republik",
    "DE": "Federal Republic of Germany; Bundesrepublik Deutschland; BRD",
    "DO": "Dominican Rep.",
    "ES": "Kingdom of Spain",
    "FK": "Falkland Islands (Malvinas)",
    "FM": "Micronesia, Federated States of; Federated States of Micronesia",
    "GB": "UK; U.K.; Great Britain; Britain; England; Scotland; Wales; Northern Ireland; Cymru;"
    " Storbritannien; Storbritannia; Großbritannien; Grande-Bretagne; Gran Bretaña; Inglaterra;"
    " Angleterre; United Kingdom of Great Britain and Northern Ireland; The United Kingdom",
    "GM": "The Gambia",
    "GR": "EL; Hellas; Hellenic Republic",
    "HK": "Hong Kong; Hongkong; Hong Kong SAR; Hong Kong S.A.R.; Hong Kong, China; HKSAR;"
    " Hong Kong SAR, PRC; 香港; 中国香港; 中國香港; 홍콩",
    "IE": "Eire; Republic of Ireland; Ireland, Republic of",
    "IL": "State of Israel",
    "IN": "Bharat; Republic of India",
    "IR": "Iran, Islamic Republic of; Islamic Republic of Iran; Persia",
    "IT": "Italian Republic",
    "JP": "Nippon; Nihon; 日本国",
    "KP": "Democratic People's Republic of Korea; Korea, Democratic People's Republic of; DPRK;"
    " Korea, North; Korea (North); Korea DPR",
    "KR": "Republic of Korea; Korea, Republic of; Korea, South; Korea (South); South-Korea; ROK;"
    " Korea Republic; Korea (Republic of); S. Korea; Hanguk; 한국; 남한; Sør Korea",
    "LA": "Lao People's Democratic Republic; Lao PDR; Lao",
    "LK": "Ceylon",
    "LY": "Libyan Arab Jamahiriya",
    "MD": "Moldova, Republic of; Republic of Moldova; Moldavia",
    "MK": "Macedonia; FYROM; Republic of North Macedonia; Republic of Macedonia;"
    " Macedonia, the former Yugoslav Republic of",
    "MM": "Myanmar; Burma; Birma; Birmanie; Birmania",
    "MO": "Macau; Macao; Macau SAR; Macao SAR; Macao, China; 澳门; 澳門; 中国澳门; 中國澳門",
    "MX": "Méjico",
    "MY": "Federation of Malaysia",
    "NL": "Holland; The Netherlands; Nederländerna; Pays Bas; Holanda; Hollande; Olanda; Hollanda",
    "NZ": "Aotearoa",
    "PH": "The Philippines; Pilipinas",
    "PS": "Palestine; State of Palestine; Palestine, State of; Palestinian Territory, Occupied",
    "RS": "Republic of Serbia",
    "RU": "Russian Federation; Russian Fed.; Российская Федерация; РФ",
    "SA": "KSA; Kingdom of Saudi Arabia; Saudi",
    "SH": "Saint Helena; St. Helena, Ascension and Tristan da Cunha",
    "SK": "Slovak Republic; Slovenská republika",
    "ST": "Sao Tome and Principe",
    "SY": "Syrian Arab Republic",
    "SZ": "Swaziland; Kingdom of Eswatini",
    "TL": "East Timor; Timor Leste",
    "TR": "Turkey; Türkiye; Turkiye; Republic of Türkiye; Republic of Turkey",
    "TW": "Taiwan, Province of China; Taiwan, Republic of China; Taiwan R.O.C.; 台灣; 臺灣",
    "TZ": "Tanzania, United Republic of; United Republic of Tanzania",
    "US": "U.S.; U.S.A.; USA; United States of America; The United States; United States (USA);"
    " The United States of America; United States (US); Estados Unidos de América; EE.UU.; EEUU;"
    " EUA; États-Unis d'Amérique; Vereinigte Staaten von Amerika; Stati Uniti d'America;"
    " Amerikas Förenta Stater; Förenta staterna; アメリカ; 米国; 美國; Amerika Birleşik Devletleri",
    "VA": "Holy See; Holy See (Vatican City State); Vatican; Vatikan",
    "VE": "Venezuela, Bolivarian Republic of; Bolivarian Republic of Venezuela",
    "VG": "Virgin Islands, British; BVI",
    "VI": "Virgin Islands, U.S.; US Virgin Islands; United States Virgin Islands; USVI",
    "VN": "Viet Nam; Socialist Republic of Vietnam; Việt Nam",
    "XK": "Kosovo; Kosova; Kosovë; Republic of Kosovo; XKX",
    "ZA": "RSA; Republic of South Africa; Suid-Afrika",
}

NOTE = f"""\
countries.json is made by tools/make_countries.py. The names in it come from the Unicode Common
Locale Data Repository (CLDR {get_cldr_version()}), https://cldr.unicode.org/, folded for matching,
with aliases and omissions of this project. CLDR's licence (SPDX: Unicode-3.0) follows.

"""


def country_codes() -> set[str]:
    """Return the codes of ISO 3166-1 alpha-2, and XK."""
    codes = {code for code in names("en") if re.fullmatch("[A-Z]{2}", code)} - NOT_COUNTRIES
    if len(codes) != COUNTRIES:
        sys.exit(f"CLDR has {len(codes)} countries, not {COUNTRIES}: look at NOT_COUNTRIES")
    return codes


def names(locale: str) -> dict[str, str]:
    """Return what CLDR calls every territory in *locale*, by code."""
    territories = Locale.parse(locale).territories
    return {str(code): str(name) for code, name in territories.items()}


def spellings(codes: set[str]) -> Iterator[tuple[str, str]]:
    """Yield every (key, country code) that CLDR and the aliases give, in any order."""
    for code in codes:
        yield country_key(code), code
    for alpha3, meant in get_global("territory_aliases").items():
        if re.fullmatch("[A-Z]{3}", alpha3) and alpha3 not in WITHDRAWN and codes >= set(meant):
            yield from ((country_key(alpha3), code) for code in meant)
    for locale in LOCALES.split():
        for code, name in names(locale).items():
            keys = {country_key(each) for each in variants(name, locale=locale)}
            if code in codes:
                # Without accents to tell it by, a name of three letters could be a country's code.
                yield from ((k, code) for k in keys if len(k) > LONGEST_CODE or not k.isascii())
    for code, aliases in ALIASES.items():
        yield from ((country_key(alias), code) for alias in aliases.split(";"))


def variants(name: str, *, locale: str) -> set[str]:
    """Return *name* and the other ways to write it that follow from it by rule."""
    plain = unicodedata.normalize("NFKC", name)  # Chinese brackets are another character
    found = {plain, re.sub(r"\(.*?\)", "", plain)}
    if locale == "en":
        found |= {each.replace("&", "and") for each in found}
        found |= {each.replace("St.", "Saint") for each in found}
    if locale == "de":
        found.add(re.sub("[äöü]", lambda umlaut: UMLAUTS[umlaut[0]], plain.lower()))
    return found


def build() -> tuple[str, dict[str, set[str]]]:
    """Return the table as text, and the names that are left out with what they could mean."""
    meanings: defaultdict[str, set[str]] = defaultdict(set)
    for key, code in spellings(country_codes()):
        meanings[key].add(code)
    ambiguous = {country_key(name) for name in AMBIGUOUS.split(",")}
    left_out = {k: codes for k, codes in meanings.items() if len(codes) > 1 or k in ambiguous}
    table: defaultdict[str, list[str]] = defaultdict(list)
    for key in sorted(meanings.keys() - left_out.keys()):
        table[next(iter(meanings[key]))].append(key)
    rows = (f'"{code}": {json.dumps(table[code], ensure_ascii=False)}' for code in sorted(table))
    return "{\n" + ",\n".join(rows) + "\n}\n", left_out


def main() -> int:
    """Write the two files, or compare them with the committed ones; return the exit code."""
    text, left_out = build()
    licence = files("babel").joinpath("locale-data", "LICENSE.unicode").read_text(encoding="utf-8")
    wanted = {TABLE: text, LICENCE: NOTE + licence}
    if "--check" not in sys.argv[1:]:
        for key, codes in sorted(left_out.items()):
            print(f"left out: {key} ({', '.join(sorted(codes))})")
    return write_or_check(wanted, sys.argv[1:], tool="python -m tools.make_countries")


if __name__ == "__main__":
    sys.exit(main())
