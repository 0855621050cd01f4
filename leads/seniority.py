"""How senior a person is, as far as a job title tells. Pure.

Titles are free text in any language. The table is short on purpose: a word that is missing costs a
lead some points, a word that means two things would give them to the wrong one.
"""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum
from functools import cache

from leads.normal_form import folded

LONGEST_TITLE = 200
"""Characters that are looked at: what a store cuts off must make no difference."""


class Seniority(StrEnum):
    """What a title tells."""

    EXECUTIVE = "executive"
    DIRECTOR = "director"
    MANAGER = "manager"
    JUNIOR = "junior"
    UNKNOWN = "unknown"


TITLES: tuple[tuple[Seniority, str], ...] = (
    (
        Seniority.JUNIOR,
        (
            "student, studentin, etudiant, estudiante, werkstudent, intern, internship, trainee, "
            "apprentice, praktikant, praktikantin, stagiaire"
        ),
    ),
    (
        Seniority.UNKNOWN,  # these would be found below by one of their words
        (
            "assistant, assistent, assistentin, assistante, asistente, secretary, product owner, "
            "process owner, data owner, account executive, sales executive, head hunter, "
            "lead generation"
        ),
    ),
    (Seniority.DIRECTOR, "vice president, vice presidente, vicepresidente, vp, svp, evp, avp"),
    (
        Seniority.EXECUTIVE,
        (
            "chief, ceo, cto, cio, cfo, coo, cmo, ciso, cdo, cpo, cro, founder, cofounder, owner, "
            "president, presidente, managing director, general director, managing partner, "
            "geschaftsfuhrer, geschaftsfuhrerin, vorstand, inhaber, inhaberin, pdg, "
            "directeur general, directrice generale, director general, directora general, "
            "fondateur, fundador, verkstallande direktor, toimitusjohtaja"
        ),
    ),
    (
        Seniority.DIRECTOR,
        (
            "director, head, direktor, direktorin, directeur, directrice, directora, "
            "diretor, diretora, direttore, bereichsleiter, bereichsleiterin, abteilungsleiter, "
            "abteilungsleiterin"
        ),
    ),
    (
        Seniority.MANAGER,
        (
            "manager, managerin, lead, leader, supervisor, teamleiter, teamleiterin, leiter, "
            "leiterin, gerente, jefe, jefa, responsable, responsabile, chef, chefe, projektledare"
        ),
    ),
)
"""From the top: the first line one of whose words stands in the title decides. No accents."""


def seniority(title: str) -> Seniority:
    """Return how senior *title* sounds."""
    words = _plain(title[:LONGEST_TITLE])
    found = (level for level, pattern in _patterns() if pattern.search(words))
    return next(found, Seniority.UNKNOWN)


@cache
def _patterns() -> list[tuple[Seniority, re.Pattern[str]]]:
    return [
        (level, re.compile(rf"\b(?:{'|'.join(words.split(', '))})\b")) for level, words in TITLES
    ]


def _plain(title: str) -> str:
    """Return the words of *title* in lower case, without accents, one blank between them."""
    text = folded(title)
    if not text.isascii():
        split = unicodedata.normalize("NFKD", text)
        text = "".join(char for char in split if not unicodedata.combining(char))
    return " ".join(re.findall(r"\w+", text))
