from __future__ import annotations

import pytest

from leads.model import Stage
from leads.stages import EDITIONS, stage


@pytest.mark.parametrize(
    ("edition", "action", "expected"),
    [
        pytest.param("2018", "INS", Stage.INTEREST, id="2018-get-it-now"),
        pytest.param("2018", "PLT", Stage.ACTIVE, id="2018-contact-me"),
        pytest.param("2018", "Create", Stage.ACTIVE, id="2018-create"),
        pytest.param("2018", "StartTestDrive", Stage.TRIAL, id="2018-test-drive"),
        pytest.param("2019", "INS", Stage.ACTIVE, id="2019-get-it-now"),
        pytest.param("2019", "PLT", Stage.INTEREST, id="2019-contact-me"),
        pytest.param("2019", "Create", Stage.ACTIVE, id="2019-create"),
        pytest.param("2019", "StartTestDrive", Stage.TRIAL, id="2019-test-drive"),
    ],
)
def test_an_action_means_what_its_edition_says(edition: str, action: str, expected: Stage) -> None:
    found = stage(action, source="AzureMarketplace", edition=edition)

    assert found == expected


@pytest.mark.parametrize("edition", sorted(EDITIONS))
@pytest.mark.parametrize("action", ["DNC", "", "FreeTrial", "ins"])
def test_an_action_that_says_nothing_of_the_customer_has_no_stage(
    action: str, edition: str
) -> None:
    found = stage(action, source="SPZA", edition=edition)

    assert found == Stage.UNKNOWN


@pytest.mark.parametrize(
    ("action", "expected"),
    [("", Stage.TRIAL), ("DNC", Stage.UNKNOWN), ("FreeTrial", Stage.UNKNOWN)],
)
def test_the_test_drive_service_means_a_trial_unless_an_action_says_otherwise(
    action: str, expected: Stage
) -> None:
    found = stage(action, source="TestDrive", edition="2018")

    assert found == expected
