from __future__ import annotations

from dataclasses import fields, replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.fold import ACTIONS_LENGTH, INTEREST_ACTIONS, fold, judged, merge
from leads.model import (
    Contact,
    ContactStatus,
    DncPolicy,
    EmailKind,
    Enrichment,
    Person,
    Stage,
    Submission,
    Touch,
)
from tests.unit.factories import (
    HOUR,
    MARGIN,
    MS,
    NOBODY,
    POLICY,
    RULES,
    SECOND,
    START,
    act,
    identity,
    saying,
    touch,
)

KNOWN_ACTIONS = ("INS", "PLT", "Create", "StartTestDrive", "DNC")
VALUES = st.sampled_from(["", "x", "y"])  # few, so that touches overwrite one another

contacts = st.builds(Contact, **{field.name: VALUES for field in fields(Contact)})
submissions = st.builds(
    Submission,
    contact=contacts,
    offer_id=VALUES,
    offer_title=VALUES,
    lead_source=VALUES,
    action_code=VALUES,
    action=st.sampled_from([*KNOWN_ACTIONS, "", "FreeTrial", "a,b"]),
    campaign=VALUES,
    is_test=st.booleans(),
)
enrichments = st.builds(
    Enrichment,
    email_kind=st.sampled_from(EmailKind),
    email_domain=VALUES,
    phone_e164=VALUES,
    country_code=VALUES,
    stage=st.sampled_from(Stage),
)
touches = st.builds(
    touch,
    st.sampled_from(["one", "two", "three"]),
    after=st.integers(0, 5).map(lambda half: half * MARGIN / 2),  # near the margin, often the same
    submission=submissions,
    enrichment=enrichments,
)
histories = st.lists(touches, min_size=1, max_size=6, unique_by=lambda touch: touch.order)


@given(histories.flatmap(lambda history: st.tuples(st.just(history), st.permutations(history))))
def test_every_order_of_touches_gives_the_same_lead(
    orders: tuple[list[Touch], list[Touch]],
) -> None:
    one, other = orders

    assert fold(one) == fold(other)


@given(histories.filter(lambda history: len(history) > 1))
def test_merging_the_last_touch_gives_the_lead_of_the_full_fold(history: list[Touch]) -> None:
    *earlier, last = sorted(history, key=lambda touch: touch.order)

    assert merge(fold(reversed(earlier)), last) == fold(history)


@given(histories)
def test_every_lead_is_what_its_touches_say(history: list[Touch]) -> None:
    ordered = sorted(counted(history), key=lambda touch: touch.order)
    said = [touch.submission for touch in ordered]

    lead = fold(history)

    assert lead.touch_count == len(ordered)
    assert lead.first_seen == ordered[0].received_at
    assert lead.last_seen == ordered[-1].received_at
    assert lead.enrichment.stage.rank == max(touch.enrichment.stage.rank for touch in ordered)
    assert lead.is_test == all(touch.submission.is_test for touch in history)
    assert lead.lead_source == said[-1].lead_source
    assert lead.action_code == said[-1].action_code
    assert lead.offer_title == last_filled([submission.offer_title for submission in said])
    assert lead.offer_id == last_filled([submission.offer_id for submission in said])
    assert lead.campaign == last_filled([submission.campaign for submission in said])
    for field in fields(Contact):
        values = [getattr(submission.contact, field.name) for submission in said]
        assert getattr(lead.contact, field.name) == last_filled(values)


def counted(history: list[Touch]) -> list[Touch]:
    """Return the touches that make the lead: the real ones, where there is any."""
    return [touch for touch in history if not touch.submission.is_test] or history


def last_filled(values: list[str]) -> str:
    return next((value for value in reversed(values) if value), "")


def test_a_lead_has_the_place_and_the_key_of_its_touches() -> None:
    where = identity()

    lead = fold([touch()])

    assert (lead.partition, lead.lead_key) == (where.partition, where.lead_key)


def test_no_touches_are_no_lead() -> None:
    with pytest.raises(ValueError, match="unpack"):
        fold([])


def test_the_latest_value_of_a_contact_field_wins_and_an_empty_one_says_nothing() -> None:
    before = saying(Contact(first_name="Ada", company="Contoso", phone="1"))
    later = saying(Contact(first_name="Augusta", company="", title="Countess"), after=HOUR)

    lead = fold([before, later])

    assert lead.contact == Contact(
        first_name="Augusta", company="Contoso", phone="1", title="Countess"
    )


def test_of_two_touches_in_one_millisecond_the_greater_fingerprint_comes_last() -> None:
    one, two = sorted([saying(Contact(title="a")), saying(Contact(title="b"))], key=fingerprint)

    lead = fold([two, one])

    assert lead.contact == two.submission.contact


def fingerprint(touch: Touch) -> str:
    return touch.identity.fingerprint


def test_a_late_arrival_widens_what_was_seen_but_does_not_overwrite_what_is_newer() -> None:
    newer = saying(Contact(company="New"), after=HOUR)
    late = saying(Contact(company="Old", title="Countess"))

    lead = fold([newer, late])

    assert (lead.first_seen, lead.last_seen) == (START, START + HOUR)
    assert lead.contact == Contact(company="New", title="Countess")


@pytest.mark.parametrize(
    ("stages", "reached"),
    [
        pytest.param([Stage.UNKNOWN], Stage.UNKNOWN, id="nothing known"),
        pytest.param([Stage.INTEREST, Stage.ACTIVE], Stage.ACTIVE, id="forward"),
        pytest.param([Stage.ACTIVE, Stage.INTEREST], Stage.ACTIVE, id="never backwards"),
        pytest.param([Stage.TRIAL, Stage.INTEREST], Stage.TRIAL, id="a trial is above interest"),
        pytest.param([Stage.TRIAL, Stage.UNKNOWN], Stage.TRIAL, id="DNC has no stage"),
    ],
)
def test_the_stage_is_the_highest_reached(stages: list[Stage], reached: Stage) -> None:
    history = [
        touch(after=number * HOUR, enrichment=Enrichment(stage=stage))
        for number, stage in enumerate(stages)
    ]

    lead = fold(history)

    assert lead.enrichment.stage == reached


def test_stages_are_ordered_as_a_customer_walks() -> None:
    ranked = sorted(Stage, key=lambda stage: stage.rank)

    assert ranked == [Stage.UNKNOWN, Stage.INTEREST, Stage.TRIAL, Stage.ACTIVE]


def test_actions_are_listed_in_the_order_of_their_first_occurrence() -> None:
    actions = ["PLT", "INS", "", "PLT", "Create", "INS"]

    lead = fold(act(action, after=number * HOUR) for number, action in enumerate(actions))

    assert lead.actions == ("PLT", "INS", "Create")


def test_an_action_with_a_comma_stays_one_entry_of_the_comma_list() -> None:
    lead = fold([act("buy,now"), act("buy now", after=HOUR)])

    assert lead.actions == ("buy now",)


def test_a_flood_of_forged_actions_never_outgrows_the_column_where_short_ones_still_fit() -> None:
    flood = [act(f"{number:0200}", after=number * SECOND) for number in range(20)]
    known = [act("INS", after=HOUR), act("PLT", after=HOUR + SECOND)]

    lead = fold([*flood, *known])

    assert len(",".join(lead.actions)) <= ACTIONS_LENGTH
    assert lead.actions[-2:] == ("INS", "PLT")
    assert lead.touch_count == 22


def test_every_enriched_value_stays_with_the_field_that_it_was_derived_from() -> None:
    first = touch(
        "first",
        submission=Submission(contact=Contact(email="a@contoso.com", phone="1", country="GB")),
        enrichment=Enrichment(
            email_kind=EmailKind.BUSINESS,
            email_domain="contoso.com",
            phone_e164="+441",
            country_code="GB",
        ),
    )
    only_a_phone = touch(
        "second",
        after=HOUR,
        submission=Submission(contact=Contact(phone="2")),
        enrichment=Enrichment(email_kind=EmailKind.NONE),
    )

    lead = fold([first, only_a_phone])

    assert lead.contact == Contact(email="a@contoso.com", phone="2", country="GB")
    assert lead.enrichment == Enrichment(
        email_kind=EmailKind.BUSINESS,
        email_domain="contoso.com",
        phone_e164="",  # what was found in the older number says nothing of the newer one
        country_code="GB",
    )


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        pytest.param([True, True], True, id="only test leads"),
        pytest.param([True, False], False, id="a real one after a test lead"),
        pytest.param([False, True], False, id="a test lead after a real one"),
    ],
)
def test_a_lead_is_a_test_lead_only_when_all_its_touches_are(
    flags: list[bool], *, expected: bool
) -> None:
    history = [
        touch(after=number * HOUR, submission=Submission(is_test=flag))
        for number, flag in enumerate(flags)
    ]

    lead = fold(history)

    assert lead.is_test == expected


@pytest.mark.parametrize(
    ("history", "status"),
    [
        pytest.param([act("INS")], "contactable", id="no DNC"),
        pytest.param([act("")], "contactable", id="nothing said"),
        pytest.param([act("DNC")], "do-not-contact", id="DNC alone"),
        pytest.param([act("DNC"), act("INS", after=MARGIN)], "do-not-contact", id="at the margin"),
        pytest.param([act("DNC"), act("INS", after=MARGIN + MS)], "contactable", id="beyond it"),
        pytest.param([act("INS"), act("DNC", after=HOUR)], "do-not-contact", id="DNC comes last"),
        pytest.param(
            [act("DNC"), act("INS", after=HOUR), act("DNC", after=2 * HOUR, said="again")],
            "do-not-contact",
            id="DNC, interest, DNC again",
        ),
        pytest.param(
            [act("DNC"), act("INS", after=HOUR), act("", after=2 * HOUR)],
            "contactable",
            id="DNC, interest, nothing",
        ),
        pytest.param([act("DNC"), act("FreeTrial", after=HOUR)], "do-not-contact", id="unknown"),
        pytest.param([act("DNC"), act("", after=HOUR)], "do-not-contact", id="no action"),
    ],
)
def test_interest_weighs_more_than_dnc_only_beyond_the_margin(
    history: list[Touch], status: str
) -> None:
    lead = judged(fold(history), NOBODY, RULES)

    assert lead.contact_status == status


@pytest.mark.parametrize("action", sorted(INTEREST_ACTIONS))
def test_every_known_action_but_dnc_is_interest(action: str) -> None:
    lead = fold([act("DNC"), act(action, after=HOUR)])

    asked_again = judged(lead, NOBODY, RULES)

    assert {*INTEREST_ACTIONS, "DNC"} == set(KNOWN_ACTIONS)
    assert asked_again.contact_status == ContactStatus.CONTACTABLE


@given(histories, st.timedeltas(timedelta(0), HOUR))
def test_every_dnc_wins_under_the_sticky_policy(history: list[Touch], margin: timedelta) -> None:
    sticky = replace(RULES, dnc=DncPolicy(margin=margin, sticky=True))

    lead = judged(fold(history), NOBODY, sticky)

    listed = any(touch.submission.action == "DNC" for touch in counted(history))
    assert (lead.contact_status == ContactStatus.DO_NOT_CONTACT) == listed


def test_a_test_lead_with_a_real_address_neither_renames_nor_reopens_nor_counts() -> None:
    listed = touch(submission=Submission(contact=Contact(first_name="Ada"), action="DNC"))
    marked = Contact(first_name="MSFT_TEST_1")
    tried = touch(
        "tried", after=HOUR, submission=Submission(contact=marked, action="INS", is_test=True)
    )

    lead = judged(fold([listed, tried]), NOBODY, RULES)

    assert lead.contact.first_name == "Ada"
    assert lead.contact_status == ContactStatus.DO_NOT_CONTACT
    assert (lead.touch_count, lead.last_seen, lead.is_test) == (1, START, False)


@given(histories, st.booleans())
def test_who_has_objected_is_suppressed_whatever_the_touches_say(
    history: list[Touch],
    sticky: bool,
) -> None:
    rules = replace(RULES, dnc=replace(POLICY, sticky=sticky))

    lead = judged(fold(history), Person(suppressed_at=START), rules)

    assert lead.contact_status == ContactStatus.SUPPRESSED
