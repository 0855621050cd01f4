"""`python -m leads person | forget | suppress | unsuppress`: a person's rights, all the way."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from collections.abc import Iterator
from urllib.parse import quote, unquote_plus
from uuid import uuid4

from azure.data.tables import TableServiceClient
from azure.storage.queue import QueueServiceClient

from devhost.azurite import Azurite
from tests.end_to_end.app import QUEUES, App, lead, new_offer, wait_until
from tests.end_to_end.operating import System, buried, delivered, failed, letters, running


def new_address() -> str:
    return f"ada.{uuid4().hex[:12]}@example.com"


def touch(offer: str, address: str, **said: object) -> dict[str, object]:
    return lead(offer, UserDetails={"Email": address}, **said)


def refuse(system: System, body: str) -> None:
    known = len(system.app.dead_letters("receive"))
    assert system.app.post(body.encode()).status == 400
    wait_until(lambda: len(system.app.dead_letters("receive")) > known)


def test_everything_held_on_a_person_is_printed_over_all_offers(system: System) -> None:
    address, offers = new_address(), [new_offer(), new_offer()]
    for offer in offers:
        for action in ("INS", "PLT"):
            system.app.post(touch(offer, address, ActionCode=action))
    refuse(system, f'{{"UserDetails": {{"Email": "{address.upper()}"}} "comma": 0}}')
    name = buried(system, delivered(touch(new_offer(), address)))

    held = system.settled("person", f" {address.title()} ").document

    touches = [row for row in held["rows"] if row["Kind"] == "touch"]
    assert sorted(row["PartitionKey"] for row in touches) == sorted(offers * 2)
    assert all(json.loads(row["Payload"])["UserDetails"]["Email"] == address for row in touches)
    assert [row["TouchCount"] for row in held["rows"] if row["Kind"] == "lead"] == [2, 2]
    assert sorted(one["letter"].split("/")[0] for one in held["dead_letters"]) == [
        "receive",
        "write",
    ]
    assert name in [one["letter"] for one in held["dead_letters"]]
    assert all(address in one["body"].lower() for one in held["dead_letters"])
    by_key = system.leads("person", held["lead_key"]).document
    assert by_key == held


def test_what_others_wrote_of_a_person_is_found_when_asked_for(system: System) -> None:
    address, offer = new_address(), new_offer()
    system.app.post(touch(offer, new_address(), Description=f"write to my boss, {address}!"))

    held = system.settled("person", address).document
    everywhere = system.leads("person", address, "--everywhere").document

    assert (held["rows"], "named_elsewhere" in held) == ([], False)
    (found,) = everywhere["named_elsewhere"]
    assert (found["PartitionKey"], "Payload" in found) == (offer, False)


def test_a_person_who_is_forgotten_is_gone_from_all_offers(system: System) -> None:
    address, offers, other = new_address(), [new_offer(), new_offer()], new_address()
    for offer in offers:
        system.app.post(touch(offer, address))
        system.app.post(touch(offer, other))
    buried(system, delivered(touch(new_offer(), address)))

    first = system.settled("forget", address)
    second = system.leads("forget", address)

    assert (first.code, first.out.splitlines()) == (
        0,
        ["leads_erased: 2 leads", "letters_erased: 1 dead letter"],
    )
    assert second.out == "nothing to do\n"
    held = system.leads("person", address).document
    assert (held["rows"], held["dead_letters"]) == ([], [])
    assert len(system.leads("person", other).document["rows"]) == 4


def test_who_forgets_everywhere_is_told_who_else_names_the_person(system: System) -> None:
    address, offer = new_address(), new_offer()
    system.app.post(touch(offer, new_address(), Description=f"my boss is {address}"))

    forgotten = system.settled("forget", address, "--everywhere")

    assert "the address stands in the words of 1 touch:" in forgotten.out
    assert offer in forgotten.out
    assert len(system.app.offer(offer, "touch")) == 1


def test_an_objection_marks_every_lead_of_the_person_and_can_be_taken_back(system: System) -> None:
    address, offers = new_address(), [new_offer(), new_offer()]
    for offer in offers:
        system.app.post(touch(offer, address))

    def statuses() -> set[str]:
        return {row["ContactStatus"] for offer in offers for row in system.app.offer(offer, "lead")}

    suppressed = system.settled("suppress", address)
    then = statuses()
    system.app.post(touch(offers[0], address, ActionCode="Create"))
    again = system.settled("suppress", address)
    still = statuses()
    back = system.leads("unsuppress", address)

    assert suppressed.out.splitlines() == [
        "objections: 1 objection recorded",
        "leads_changed: 2 leads",
    ]
    assert (then, still, statuses()) == ({"suppressed"}, {"suppressed"}, {"contactable"})
    assert (again.out, back.code) == ("nothing to do\n", 0)
    assert system.leads("unsuppress", address).out == "nothing to do\n"


def test_an_objection_outlives_the_erasure_of_its_person(system: System) -> None:
    address, offer = new_address(), new_offer()
    system.app.post(touch(offer, address))
    system.settled("suppress", address)

    system.leads("forget", address)
    system.app.post(touch(offer, address))
    system.app.drain()

    assert [row["ContactStatus"] for row in system.app.offer(offer, "lead")] == ["suppressed"]


def test_an_address_that_names_nobody_is_refused(system: System) -> None:
    for nobody in ("ada", "test@test.com", "none@", ""):
        said = system.leads("forget", nobody)
        assert (said.code, "it names nobody" in said.err) == (2, True)


# One person, spelt in every way that the door takes.
WHO = "grace.hopper"
SPELLINGS = (
    "grace.hopper@example.com",
    " Grace.Hopper@Example.COM ",
    "mailto:grace.hopper@example.com",
    "Grace Hopper <grace.hopper@example.com>",
    "GRACE.HOPPER@EXAMPLE.COM",
)
ESCAPED = json.dumps({"Email": SPELLINGS[0]}).replace("g", "\\u0067").replace("@", "\\u0040")
REFUSED = (
    f'{{"UserDetails": {ESCAPED} "comma": 0}}',
    f'{{"LeadSource": "x", "note": "{SPELLINGS[3]}"',
    f"email={quote(SPELLINGS[0])}&offer=1",
)


def test_a_forgotten_person_is_found_nowhere_and_may_come_back_as_a_new_lead() -> None:
    offers = [new_offer(), new_offer()]

    with Azurite() as azurite:
        with running(azurite) as before:
            plant(before, offers)
            logs = [before.host.log.read_text("utf-8")]
        plant_under_way(before.app, offers)
        planted = {place.partition(":")[0] for place in found(before.app)}

        forgotten = before.leads("forget", SPELLINGS[1])
        with running(azurite) as after:
            after.app.drain()
            tended = [after.leads("tend"), after.leads("dead", "redrive", "--all", "--yes")]
            after.app.drain()
            tended += [after.leads("tend")]
            left = list(found(after.app))
            listed = after.leads("list", "--limit", "1000", "-o", "json")
            parked = letters(after)
            logs.append(after.host.log.read_text("utf-8"))

            assert after.app.post(touch(offers[0], SPELLINGS[0])).status == 202
            after.app.drain()
            rows = after.app.offer(offers[0], "lead")

    assert [said.code for said in [forgotten, *tended, listed]] == [0] * 5
    assert planted == {"Leads", "LeadDeadLetters", *QUEUES, *(f"{name}-poison" for name in QUEUES)}
    assert left == []
    assert WHO not in listed.out.lower()
    assert not any(is_in(log) for log in [*logs, *(said.out + said.err for said in tended)])
    assert parked == []
    assert [row["TouchCount"] for row in rows] == [1]


def plant(system: System, offers: list[str]) -> None:
    """Let every table hold the person."""
    actions = ("INS", "PLT", "Create", "DNC", "StartTestDrive")
    for offer in offers:
        for action, spelling in zip(actions, SPELLINGS, strict=True):
            system.app.post(touch(offer, spelling, ActionCode=action))
    for number, body in enumerate(REFUSED):
        assert system.app.post(body.encode()).status in {400, 415}, number
    system.app.drain()
    wait_until(lambda: len(system.app.dead_letters("receive")) == len(REFUSED))
    buried(system, delivered(touch(offers[0], SPELLINGS[2], Description="a letter")))


def plant_under_way(app: App, offers: list[str]) -> None:
    """Let every queue hold the person, as if the app had been stopped at a bad moment."""
    escaped = json.dumps(touch(offers[1], SPELLINGS[0])).replace("@", "\\u0040")
    for number, queue in enumerate(("leads-received", "leads-enriched")):
        late = touch(offers[0], SPELLINGS[number], Description=f"late {number}")
        app.put(queue, delivered(late))
        app.put(queue, delivered(escaped))
        app.put(f"{queue}-poison", delivered(late | {"Title": "poison"}))
    letter = failed(delivered(touch(offers[0], SPELLINGS[4], Description="a late letter")))
    app.put("leads-rejected", letter)
    app.put("leads-rejected-poison", letter)


def is_in(text: str) -> bool:
    """Tell whether the person stands in *text*, in any spelling."""
    unescaped = re.sub(r"\\+u([0-9a-fA-F]{4})", lambda match: chr(int(match[1], 16)), text)
    return any(WHO in form.lower() for form in (text, unescaped, unquote_plus(text)))


def found(app: App) -> Iterator[str]:
    """Yield where the person stands: rows of all tables, messages of all queues."""
    with TableServiceClient.from_connection_string(app.connection) as tables:
        for table in tables.list_tables():
            for row in tables.get_table_client(table.name).query_entities("PartitionKey ge ''"):
                texts = (
                    v.decode("utf-8", "replace") if isinstance(v, bytes) else str(v)
                    for v in row.values()
                )
                if any(map(is_in, texts)):
                    yield f"{table.name}: {row['RowKey']}"
    with QueueServiceClient.from_connection_string(app.connection) as queues:
        for queue in queues.list_queues():
            for message in queues.get_queue_client(queue).peek_messages(32):
                if is_in(b64decode(message.content).decode("utf-8", "replace")):
                    yield f"{queue.name}: {message.id}"
