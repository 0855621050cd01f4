"""`python -m leads dead …` and `tend`: the life of a dead letter, as its operator sees it."""

from __future__ import annotations

import re
from uuid import uuid4

from devhost.azurite import Azurite
from tests.end_to_end.app import lead, new_offer, wait_until
from tests.end_to_end.operating import System, buried, delivered, leads, letters, running


def refused(system: System) -> tuple[str, str]:
    """Return the name of the letter of a payload that the door refused, and the payload."""
    body = f'{{"LeadSource": "AzureMarketplace|{new_offer()}" "missing": "a comma"}}'
    before = {one["id"] for one in letters(system)}
    assert system.app.post(body.encode()).status == 400
    wait_until(lambda: {one["id"] for one in letters(system)} - before)
    (name,) = {one["id"] for one in letters(system)} - before
    return name, body


def states(system: System, name: str) -> list[str]:
    return [one["state"] for one in letters(system, id=name)]


def test_a_refused_payload_is_listed_shown_and_dropped(system: System) -> None:
    name, body = refused(system)

    listed = system.leads("dead", "list", "--state", "parked", "--stage", "receive")
    shown = system.leads("dead", "show", name).document
    dropped = system.leads("dead", "drop", name)
    again = system.leads("dead", "drop", name)

    assert (listed.code, name in listed.out, "final" in listed.out) == (0, True, True)
    assert (shown["body"], shown["state"], shown["count"]) == (body, "parked", 1)
    assert (dropped.code, dropped.out) == (0, "1 dropped\n")
    assert again.out == "1 dropped already\n"
    assert states(system, name) == ["dropped"]


def test_a_refused_payload_that_is_redriven_is_refused_again_and_stays(system: System) -> None:
    name, _ = refused(system)

    redriven = system.leads("dead", "redrive", name)

    assert redriven.out == "1 still refused\n"
    assert states(system, name) == ["parked"]


def test_a_failed_letter_that_is_redriven_ends_in_the_table_and_is_stored(system: System) -> None:
    offer = new_offer()
    name = buried(system, delivered(lead(offer)))

    redriven = system.leads("dead", "redrive", name)
    state = states(system, name)
    tended = system.settled("tend")

    assert (redriven.out, state) == ("1 redriven\n", ["redriven"])
    assert [row["TouchCount"] for row in system.app.offer(offer, "lead")] == [1]
    assert (tended.code, "1 letters_stored" in tended.out.splitlines()) == (0, True)
    assert states(system, name) == ["stored"]


def test_redriving_twice_changes_no_count(system: System) -> None:
    offer = new_offer()
    name = buried(system, delivered(lead(offer)))

    for _ in range(2):
        system.leads("dead", "redrive", name)
        system.settled("tend")
    for _ in range(2):
        system.leads("dead", "redrive", name)
    system.settled("tend")

    assert [row["TouchCount"] for row in system.app.offer(offer, "lead")] == [1]
    assert len(system.app.offer(offer, "touch")) == 1
    assert states(system, name) == ["stored"]


def test_all_letters_without_yes_are_only_told(system: System) -> None:
    names = {buried(system, delivered(lead(new_offer()))), refused(system)[0]}
    before = letters(system)

    told = system.leads("dead", "redrive", "--all")
    dropped = system.leads("dead", "drop", "--all", "--stage", "write")

    assert all(name in told.out for name in names)
    assert "Nothing was done: add --yes." in told.err
    assert (told.code, dropped.code) == (0, 0)
    assert "receive/" not in dropped.out
    assert letters(system) == before


def test_all_letters_of_a_stage_are_redriven_with_yes(system: System) -> None:
    offer = new_offer()
    name = buried(system, delivered(lead(offer)))
    other, _ = refused(system)

    redriven = system.leads("dead", "redrive", "--all", "--stage", "write", "--yes")
    system.settled("tend")

    assert redriven.code == 0
    assert (states(system, name), states(system, other)) == (["stored"], ["parked"])
    assert len(system.app.offer(offer, "lead")) == 1


def test_a_letter_that_is_not_there_is_told_in_one_line(system: System) -> None:
    for name in ("write/nobody/0", "nonsense", "a/b/c"):
        shown = system.leads("dead", "show", name)
        assert (shown.code, shown.err.count("\n")) == (3, 1)
        assert "there is no letter" in shown.err


def test_letters_must_be_named_or_all_meant(system: System) -> None:
    assert system.leads("dead", "redrive").code == 2
    assert system.leads("dead", "drop", "--all", "receive/x/0").code == 2


def test_tending_drains_poison_into_a_letter_with_all_that_was_sent(system: System) -> None:
    garbage = f"not an envelope {uuid4()}"
    system.app.put("leads-received-poison", garbage.encode())

    first = system.leads("tend")
    second = system.leads("tend")

    assert (first.code, "1 buried" in first.out.splitlines()) == (0, True)
    assert "buried" not in second.out
    assert system.app.depth("leads-received-poison") == 0
    kept = [one for one in letters(system) if one["cause"].startswith("Poisoned")]
    bodies = [system.leads("dead", "show", one["id"]).document["body"] for one in kept]
    assert garbage in bodies


def test_tending_a_storage_out_of_reach_says_what_it_could_not_do(system: System) -> None:
    nowhere = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:9", system.app.connection)

    tended = leads("tend", storage=nowhere)

    assert tended.code == 1
    assert "drain_poison: StorageUnavailable" in tended.err


def test_leads_that_met_a_faulty_setting_come_home_when_it_is_mended() -> None:
    offer = new_offer()

    with Azurite() as azurite:
        with running(azurite, LEADS_STAGE_EDITION="1999") as broken:
            accepted = broken.app.post(lead(offer)).document["id"]
            wait_until(lambda: broken.app.dead_letters("enrich"))
            (letter,) = letters(broken)
        with running(azurite) as mended:
            redriven = mended.leads("dead", "redrive", "--all", "--yes")
            tended = mended.settled("tend")
            (row,) = mended.app.offer(offer, "lead")
            (after,) = letters(mended)

    assert (letter["id"], letter["class"]) == (f"enrich/{accepted}/0", "retryable")
    assert (redriven.out, tended.code) == ("1 redriven\n", 0)
    assert (row["TouchCount"], after["state"]) == (1, "stored")
    assert after["times_redriven"] == 1
