"""`python -m leads import`: who used Microsoft's own table moves over and loses nothing."""

from __future__ import annotations

import csv
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from azure.data.tables import TableServiceClient

from devhost.azurite import Azurite
from tests.end_to_end.app import Row, lead, new_offer
from tests.end_to_end.operating import Said, System, leads, running

CREATED = "2024-03-04T05:06:07.1234567Z"
RECEIVED = datetime(2024, 3, 4, 5, 6, 7, 123_000, tzinfo=UTC)


def row(offer: str, **changed: str) -> dict[str, str]:
    """Return a row of Microsoft's table; the test names what matters."""
    return {
        "PartitionKey": "3:2F4:2F2024",
        "RowKey": "row-1",
        "ActionCode": "INS",
        "CreatedTime": CREATED,
        "CustomerInfo": '{"FirstName":"Ada","LastName":"Lovelace","Email":"ada@example.com"}',
        "LeadSource": f"AzureMarketplace-INS|{offer}",
        "OfferDisplayName": "A test offer",
        "ProductId": offer,
        **changed,
    }


def posted(offer: str, email: str) -> tuple[Row, dict[str, str]]:
    """Return a lead as it comes over HTTPS, and as Microsoft's table holds it."""
    contact = {"FirstName": "Ada", "LastName": "Lovelace", "Email": email}
    now = f"{datetime.now(UTC):%m/%d/%Y %I:%M:%S %p}"
    return lead(offer, UserDetails=contact), row(
        offer, CustomerInfo=json.dumps(contact), CreatedTime=now, PartitionKey="x"
    )


def export(folder: Path, *rows: dict[str, str]) -> str:
    path = folder / "MarketplaceLeads.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return str(path)


def imported(system: System, *arguments: str) -> Said:
    return system.leads("import", *arguments, "--yes", "--wait")


def test_without_yes_an_import_only_tells(system: System, tmp_path: Path) -> None:
    offer = new_offer()
    file = export(tmp_path, row(offer), row(offer, RowKey="row-2", ActionCode="PLT"))

    told = system.leads("import", file, "-o", "json")

    assert told.code == 0
    assert [(one["offer"], one["new"], one["new_offer"]) for one in told.document] == [
        (offer, 2, True)
    ]
    assert told.err.splitlines()[-1] == "Nothing was sent: add --yes."
    assert system.app.offer(offer, "touch") == []


def test_past_leads_come_into_the_table_with_the_time_when_they_came(
    system: System, tmp_path: Path
) -> None:
    offer = new_offer()
    file = export(tmp_path, row(offer), row(offer, RowKey="2", ActionCode="PLT", CreatedTime=""))

    done = imported(system, file)

    touches = system.app.offer(offer, "touch")
    (folded,) = system.app.offer(offer, "lead")
    assert (done.code, folded["TouchCount"], folded["Actions"]) == (0, 2, "INS,PLT")
    assert [one["ReceivedAt"] for one in touches] == [
        RECEIVED,
        datetime(2024, 3, 4, 12, tzinfo=UTC),
    ]
    assert json.loads(touches[0]["Payload"])["ImportedFrom"]["ProductId"] == offer


def test_a_second_import_changes_nothing(system: System, tmp_path: Path) -> None:
    offer = new_offer()
    file = export(tmp_path, row(offer))
    imported(system, file)
    before = [system.app.offer(offer, kind) for kind in ("lead", "touch", "recent")]

    again = imported(system, file)

    assert "1 row: 0 sent, 1 in the table already, 0 unreadable" in again.err
    assert [system.app.offer(offer, kind) for kind in ("lead", "touch", "recent")] == before


def test_an_import_that_still_waits_in_the_queue_is_not_doubled_by_an_alias(
    tmp_path: Path,
) -> None:
    file = export(tmp_path, row("", LeadSource="AzureMarketplace-INS", ProductId=""))
    alias = json.dumps({"A test offer": "contoso.alias"})

    with Azurite() as azurite, ThreadPoolExecutor(1) as aside:
        storage = azurite.connection_string
        leads("import", file, "--yes", storage=storage)
        again = aside.submit(
            leads, "import", file, "--yes", storage=storage, LEADS_OFFER_ALIASES=alias
        )
        with running(azurite) as system:
            code = again.result().code
            system.app.drain()
            leads_there = system.app.rows("Leads", "Kind eq 'lead'")

    assert (code, [one["TouchCount"] for one in leads_there]) == (0, [1])


def test_a_lead_that_also_came_over_https_is_not_doubled(system: System, tmp_path: Path) -> None:
    offer = new_offer()
    payload, past = posted(offer, "grace@example.com")
    system.app.post(payload)
    system.app.drain()

    done = imported(system, export(tmp_path, past))

    assert (done.code, len(system.app.offer(offer, "touch"))) == (0, 1)


def test_a_lead_that_came_over_https_by_its_title_alone_is_not_doubled(
    system: System, tmp_path: Path
) -> None:
    offer = new_offer()
    payload, past = posted(offer, "hedy@example.com")
    system.app.post(payload | {"LeadSource": "AzureMarketplace", "OfferTitle": offer})
    system.app.drain()

    done = imported(system, export(tmp_path, past | {"OfferDisplayName": offer}))

    assert "1 in the table already" in done.err
    assert system.app.offer(offer, "touch") == []


def test_who_was_erased_stays_erased(system: System, tmp_path: Path) -> None:
    offer, email = new_offer(), "erased@example.com"
    payload, past = posted(offer, email)
    system.app.post(payload)
    system.app.drain()
    system.leads("forget", email)

    done = imported(system, export(tmp_path, past | {"CreatedTime": CREATED}))

    assert (done.code, system.app.offer(offer, "touch")) == (0, [])


def test_an_objection_holds(system: System, tmp_path: Path) -> None:
    offer, email = new_offer(), "objects@example.com"
    system.leads("suppress", email)

    imported(system, export(tmp_path, posted(offer, email)[1] | {"CreatedTime": CREATED}))

    (folded,) = system.app.offer(offer, "lead")
    assert folded["ContactStatus"] == "suppressed"


def test_what_cannot_be_read_is_told_and_the_others_are_imported(
    system: System, tmp_path: Path
) -> None:
    offer = new_offer()
    broken = row(offer, RowKey="2", CustomerInfo='{"Email":"secret@example.com"')

    done = imported(system, export(tmp_path, broken, row(offer)))

    assert done.code == 1
    assert "line 2: CustomerInfo is no JSON object: Line 1, column 30" in done.err
    assert "secret" not in done.err + done.out
    assert len(system.app.offer(offer, "lead")) == 1


def test_microsofts_table_is_read_where_it_lies_and_left_as_it_is(system: System) -> None:
    offer = new_offer()
    with TableServiceClient.from_connection_string(system.app.connection) as service:
        table = service.create_table("MarketplaceLeads")
        table.create_entity(row(offer))

        done = leads("import", "--table", "--connection-setting", "OldStorage", "--yes", "--wait",
                     storage=system.app.connection, OldStorage=system.app.connection)  # fmt: skip

        left = [dict(one) for one in table.list_entities()]
    assert (done.code, len(system.app.offer(offer, "touch"))) == (0, 1)
    assert left == [row(offer)]


def test_a_table_that_is_not_there_is_told_and_not_made(system: System) -> None:
    told = system.leads("import", "--table", "NoSuchTable")

    assert (told.code, told.err.count("\n")) == (1, 1)
    assert "has no table NoSuchTable" in told.err
    with TableServiceClient.from_connection_string(system.app.connection) as service:
        assert "NoSuchTable" not in {table.name for table in service.list_tables()}


def test_retention_that_would_remove_what_is_imported_is_told(
    system: System, tmp_path: Path
) -> None:
    file = export(tmp_path, row(new_offer()))

    told = leads("import", file, storage=system.app.connection, LEADS_RETENTION_DAYS="365")

    assert "Warning: 1 row older than LEADS_RETENTION_DAYS keeps" in told.err


def test_an_export_that_nobody_knows_is_told_in_one_line(system: System, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("a,b\n1,2\n", encoding="utf-8")

    told = system.leads("import", str(tmp_path / "x.csv"))

    assert (told.code, told.err.count("\n"), "--from" in told.err) == (1, 1, True)


def test_a_file_or_the_table_must_be_named(system: System) -> None:
    assert system.leads("import").code == 2
    assert system.leads("import", "no-such-file.csv").code == 2
