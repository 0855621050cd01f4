from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.seniority import LONGEST_TITLE, TITLES, Seniority, seniority


@pytest.mark.parametrize(
    ("title", "level"),
    [
        ("CTO", "executive"),
        ("Chief Technology Officer", "executive"),
        ("Co-Founder & CEO", "executive"),
        ("Owner", "executive"),
        ("Managing Director", "executive"),
        ("President", "executive"),
        ("Geschäftsführer", "executive"),
        ("GESCHÄFTSFÜHRERIN", "executive"),
        ("Directeur général", "executive"),
        ("Vice President, Sales", "director"),
        ("Senior Vice-President", "director"),
        ("VP Engineering", "director"),
        ("Director of IT", "director"),
        ("Head of Procurement", "director"),
        ("IT-Bereichsleiter", "director"),
        ("IT Manager", "manager"),
        ("Team lead", "manager"),
        ("Responsable informatique", "manager"),
        ("Student", "junior"),
        ("Marketing Intern", "junior"),
        ("Werkstudent", "junior"),
        ("Étudiant", "junior"),
        ("Product Owner", "unknown"),
        ("Assistant to the CEO", "unknown"),
        ("Account Executive", "unknown"),
        ("Software engineer", "unknown"),
        ("Internal auditor", "unknown"),
        ("Header designer", "unknown"),
        ("", "unknown"),
    ],
)
def test_a_title_tells_how_senior_somebody_is(title: str, level: str) -> None:
    assert seniority(title) == level


@given(st.text(max_size=3 * LONGEST_TITLE))
def test_every_text_has_an_answer_that_its_end_cannot_change(text: str) -> None:
    level = seniority(text)

    assert level in Seniority
    assert seniority(text[:LONGEST_TITLE] + " CEO" * 9_000) == seniority(text[:LONGEST_TITLE]) or (
        len(text) < LONGEST_TITLE
    )


@pytest.mark.parametrize(
    ("level", "word"),
    [(level, word) for level, words in TITLES for word in words.split(", ")],
    ids=str,
)
def test_every_word_of_the_table_decides_where_it_stands_alone(level: Seniority, word: str) -> None:
    assert seniority(word) is level
