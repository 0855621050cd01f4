"""Who posts what: few persons, offers and words, so that they meet often.

Two of the persons are one only to a rule that folds too much; one person writes in two ways.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

ALPHA = "contoso.alpha"
BETA = "contoso.beta"
GAMMA = "Gamma for Teams"
"""An offer of which the marketplace sends no more than the title."""

GAMMA_PARTITION = "title~gamma-for-teams~e6ef247cc9e44221"

OFFERS = (ALPHA, BETA, GAMMA)
ACTIONS = ("INS", "PLT", "DNC")
WORDS = ("", "Call me")

_ADA = {"FirstName": "Ada", "Email": "ada.lovelace@contoso.com", "Company": "Contoso"}

SPELLINGS: dict[str, tuple[str, dict[str, str]]] = {
    "ada": ("ada", _ADA),
    "ADA": ("ada", {**_ADA, "Email": "ADA.LOVELACE@Contoso.COM", "FirstName": " ada"}),
    "strasse": ("strasse", {"Email": "strasse@contoso.com"}),
    "straße": ("straße", {"Email": "straße@contoso.com"}),
    "grace": ("grace", {"LastName": "Hopper", "Phone": "442079460102"}),
    "nobody": ("nobody", {"Title": "Countess"}),
}
"""By name: who it is, and what they write of themselves."""

ANONYMOUS = "nobody"
"""Says nothing of themselves, and is known by what they say."""

WITHOUT_EMAIL = ("grace", ANONYMOUS)


@dataclass(frozen=True)
class Lines:
    """What somebody says: equal lines are one event, unless they are said far apart."""

    spelling: str
    offer: str
    action: str
    words: str
    test: bool = False

    @property
    def person(self) -> str:
        """Who speaks."""
        person, _ = SPELLINGS[self.spelling]
        return person

    @property
    def event(self) -> tuple[str, ...]:
        """What must be one in all payloads of an offer that say the same."""
        return self.person, self.action, self.words, str(self.test)

    def payload(self, canary: str) -> Payload:
        """Return what the marketplace posts; *canary* is a field that nobody knows."""
        _, details = SPELLINGS[self.spelling]
        marked = details | {"Company": "MSFT_TEST"} if self.test else details
        source = f"AzureMarketplace-{self.action}"
        offer = {"LeadSource": f"{source}|{self.offer}"}
        if self.offer == GAMMA:
            offer = {"LeadSource": source, "OfferTitle": GAMMA}
        lead = {"UserDetails": marked, "Description": self.words, "Canary": canary}
        return Payload(lines=self, canary=canary, text=json.dumps(lead | offer))


@dataclass(frozen=True)
class Payload:
    """What is posted, once or several times."""

    lines: Lines
    canary: str
    text: str
