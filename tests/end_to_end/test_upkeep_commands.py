"""`python -m leads rebuild | merge-offer`: the tables are put in order while the app runs."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from azure.data.tables import TableClient

from tests.end_to_end.app import App, Row, lead, new_offer
from tests.end_to_end.operating import System, delivered


def remove(app: App, row: Row) -> None:
    with TableClient.from_connection_string(app.connection, "Leads") as table:
        table.delete_entity(row["PartitionKey"], row["RowKey"])


def columns(rows: list[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: str(row["RowKey"]))


def test_a_lead_row_that_a_hand_removed_comes_back_right(system: System) -> None:
    offer, other = new_offer(), new_offer()
    for action in ("INS", "PLT", "Create"):
        system.app.post(lead(offer, ActionCode=action))
        system.app.post(lead(other, ActionCode=action))
    system.app.drain()
    right = {kind: columns(system.app.offer(offer, kind)) for kind in ("lead", "recent")}
    remove(system.app, right["lead"][0])

    first = system.leads("rebuild", "--offer", offer)
    second = system.leads("rebuild")

    assert (first.code, first.out) == (0, "1 rebuilt\n")
    assert {kind: columns(system.app.offer(offer, kind)) for kind in right} == right
    assert (second.code, "rebuilt" in second.out) == (0, False)


def test_a_listed_row_that_a_hand_removed_comes_back(system: System) -> None:
    offer = new_offer()
    system.app.post(lead(offer))
    system.app.drain()
    (recent,) = system.app.offer(offer, "recent")
    remove(system.app, recent)

    rebuilt = system.leads("rebuild", "--offer", offer)

    assert rebuilt.out == "1 rebuilt\n"
    assert system.app.offer(offer, "recent") == [recent]


def titled(title: str, **said: object) -> Row:
    """Return a lead that names its offer by title alone."""
    return lead("", OfferTitle=title, **said) | {"LeadSource": "AzureMarketplace"}


def partition_of(message: bytes) -> str:
    partition: str = json.loads(message)["delivery"]["partition"]
    return partition


def test_a_move_is_told_first_and_done_with_yes(system: System) -> None:
    title, offer = f"A title {uuid4().hex}", new_offer()
    a_minute_ago = datetime.now(UTC) - timedelta(minutes=1)  # else both may bear one millisecond
    early = delivered(titled(title), received_at=a_minute_ago)
    late = delivered(titled(title, ActionCode="Create"))
    untitled = partition_of(early)
    system.app.put("leads-received", early)
    system.app.drain()
    before = system.app.offer(untitled, "touch")

    told = system.leads("merge-offer", untitled, offer)
    untouched = system.app.offer(untitled, "touch"), system.app.offer(offer, "touch")
    moved = system.leads("merge-offer", untitled, offer, "--yes")
    again = system.leads("merge-offer", untitled, offer, "--yes")
    system.app.put("leads-received", early)  # delivered twice
    system.app.put("leads-received", late)  # stamped before the move
    system.app.drain()

    assert told.out == f"{untitled} has 1 lead; {offer} has no leads yet: is it right?\n"
    assert "Nothing was done: add --yes." in told.err
    assert untouched == (before, [])
    assert (moved.code, moved.out, again.out) == (0, "1 moved\n", "1 already moved\n")
    assert system.app.offer(untitled, "lead") + system.app.offer(untitled, "touch") == []
    (row,) = system.app.offer(offer, "lead")
    assert (row["TouchCount"], row["Actions"]) == (2, "INS,Create")
    assert len(system.app.offer(offer, "touch")) == 2
    assert len(system.app.offer(offer, "recent")) == 1


def test_leads_join_those_that_the_offer_has(system: System) -> None:
    title, offer = f"A title {uuid4().hex}", new_offer()
    message = delivered(titled(title))
    system.app.put("leads-received", message)
    system.app.post(lead(offer, ActionCode="PLT"))
    system.app.drain()

    told = system.leads("merge-offer", partition_of(message), offer)
    system.leads("merge-offer", partition_of(message), offer, "--yes")

    assert f"{offer} has leads already" in told.out
    assert [row["TouchCount"] for row in system.app.offer(offer, "lead")] == [2]


def test_an_offer_as_no_partition_is_called_is_refused(system: System) -> None:
    offer = new_offer()
    system.app.post(lead(offer))
    system.app.drain()

    nowhere = system.leads("merge-offer", "contoso.nobody", offer)
    misspelt = system.leads("merge-offer", offer, "Contoso.Sample-SaaS", "--yes")
    itself = system.leads("merge-offer", offer, offer, "--yes")

    assert (nowhere.code, "there is no offer contoso.nobody" in nowhere.err) == (3, True)
    assert (misspelt.code, "is it 'contoso.sample-saas'?" in misspelt.err) == (2, True)
    assert (itself.code, "cannot be moved to itself" in itself.err) == (1, True)
    assert len(system.app.offer(offer, "lead")) == 1
