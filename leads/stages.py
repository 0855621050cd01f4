"""From what a customer did to how far the customer is, by named editions. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leads.model import Stage

if TYPE_CHECKING:
    from collections.abc import Mapping

EDITIONS: Mapping[str, Mapping[str, Stage]] = {
    "2018": {
        "INS": Stage.INTEREST,
        "StartTestDrive": Stage.TRIAL,
        "PLT": Stage.ACTIVE,  # "asks to be followed up with"
        "Create": Stage.ACTIVE,
    },
    "2019": {
        "PLT": Stage.INTEREST,
        "StartTestDrive": Stage.TRIAL,
        "INS": Stage.ACTIVE,
        "Create": Stage.ACTIVE,
    },
}
"""Action code to stage. Named after the year of Microsoft's text, which swapped INS and PLT."""

TEST_DRIVE = "TestDrive"


def stage(action: str, *, source: str, edition: str) -> Stage:
    """Return the stage that *action* from *source* stands for in *edition*.

    `DNC`, unknown and absent actions have none, but a lead of the test drive service is a trial
    even when it names no action.

    Raises:
        KeyError: there is no such edition; settings check it, so that no lead meets this.

    Source: DESIGN 5.4; Microsoft's "Customer leads" of 2018 and of 2019.
    """
    stages = EDITIONS[edition]
    implied = "StartTestDrive" if source == TEST_DRIVE and not action else action
    return stages.get(implied, Stage.UNKNOWN)
