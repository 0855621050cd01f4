"""Free text to a country code, by a table that is built from CLDR and committed. Pure.

The marketplace's `Country` is open-ended text: a code, an English name, or a name in the
customer's own language. A text that could mean two countries gives none: a wrong country would
send the lead to the wrong team and the telephone number to the wrong plan.
"""

from __future__ import annotations

import json
import re
import unicodedata
from functools import cache
from pathlib import Path

LONGEST_NAME = 200
LONGEST_CODE = 3
"""Letters; what is not longer must match as it is, because it may be a code."""

_ACCENT = re.compile(r"[\u0300-\u036f\u02bc]")  # no others: Indian and Japanese marks make the word
_PADDING = "PSZC"  # the first letters of the categories punctuation, symbol, separator, control


def country_code(text: str) -> str:
    """Return the ISO 3166-1 alpha-2 code that *text* means, or ``""`` when that is not certain.

    Codes (alpha-2, alpha-3) and names match without regard to case, accents, white space and
    punctuation. Kosovo is ``XK``, as everywhere outside ISO.

    Source: DESIGN 4.3 (`CountryCode`); `tools/make_countries.py` decides what is certain.
    """
    if len(text) > LONGEST_NAME:
        return ""  # folding takes time by the square of a hostile text's length
    key = country_key(text)
    if key == "na" and text.strip() != "NA":
        return ""  # "na", "n.a.", "Na": not Namibia's code, somebody had nothing to say
    return _codes().get(key, "")


def country_key(text: str) -> str:
    """Return *text* as the table spells it: folded, without accents, spaces and punctuation.

    What is as short as a code keeps its accents: Vietnamese "Áo" is Austria, "ao" is Angola.

    Source: this rule alone; the builder of the table uses it too.
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    # The slash stays: "A/S" is no American Samoa, "c/o" no Colombia.
    kept = "".join(c for c in folded if c == "/" or unicodedata.category(c)[0] not in _PADDING)
    plain = unicodedata.normalize("NFC", _ACCENT.sub("", unicodedata.normalize("NFD", kept)))
    return plain if len(plain) > LONGEST_CODE else kept


@cache
def _codes() -> dict[str, str]:
    table = json.loads(Path(__file__).with_name("countries.json").read_text(encoding="utf-8"))
    return {key: code for code, keys in table.items() for key in keys}
