from __future__ import annotations

import csv
import io
import json
import sqlite3
import tracemalloc
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import click
import jmespath
import pytest

from leads.cli.delimited import write_delimited
from leads.cli.export import write_file
from leads.cli.fields import KINDS, LEADS, NUMBERS, TOUCHES, Kind
from leads.cli.formats import Output
from leads.cli.terminal import Column
from leads.cli.whole_file import whole_file
from leads.fold import fold, judged
from leads.tables.entities import lead_to_entity, touch_to_entity
from leads.tables.limits import TRUNCATED, Entity
from tests.unit.factories import NOBODY, RULES, touch

COLUMNS = (Column("NAME", "name", 12), Column("N", "n", right=True, fixed=True))
ADA, GRACE = {"name": "Ada", "n": 1}, {"name": "Grace", "n": 12}
MOMENT = datetime(2026, 11, 22, 8, tzinfo=UTC)
MANY = 4_000


@pytest.fixture(autouse=True)
def no_width(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)


def output(form: str, query: str = "") -> Output:
    return Output(form, jmespath.compile(query) if query else None)


@pytest.mark.parametrize(
    ("form", "printed"),
    [
        ("table", "NAME    N\nAda     1\nGrace  12\n"),
        ("jsonl", '{"name": "Ada", "n": 1}\n{"name": "Grace", "n": 12}\n'),
        ("csv", "name,n\nAda,1\nGrace,12\n"),
        ("tsv", "name\tn\nAda\t1\nGrace\t12\n"),
    ],
)
def test_rows_are_printed_in_every_format(
    form: str, printed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    number = output(form).print([ADA, GRACE], COLUMNS)

    assert capsys.readouterr().out == printed
    assert number == 2


@pytest.mark.parametrize("rows", [[], [ADA], [ADA, GRACE]], ids=len)
def test_json_is_one_array_of_all_rows(
    rows: list[dict[str, object]], capsys: pytest.CaptureFixture[str]
) -> None:
    output("json").print(iter(rows), COLUMNS)

    assert json.loads(capsys.readouterr().out) == rows


@pytest.mark.parametrize(
    ("form", "printed"),
    [("table", "NAME  N\n"), ("jsonl", ""), ("csv", "name,n\n"), ("tsv", "name\tn\n")],
)
def test_no_rows_leave_the_titles(
    form: str, printed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    output(form).print([], COLUMNS, ("name", "n"))

    assert capsys.readouterr().out == printed


@pytest.mark.parametrize(
    ("form", "query", "printed"),
    [
        ("table", "[].{who:name}", "who\nAda\nGrace\n"),
        ("tsv", "[].name", "Ada\nGrace\n"),
        ("table", "[].name", "Ada\nGrace\n"),
        ("jsonl", "[].name", '"Ada"\n"Grace"\n'),
        ("json", "[0].name", '"Ada"\n'),
        ("tsv", "[0].name", "Ada\n"),
        ("table", "[0]", "name  n\nAda   1\n"),
        ("csv", "[].[name,n]", "Column1,Column2\nAda,1\nGrace,12\n"),
        ("table", "length(@)", "2\n"),
        ("json", "[9]", "null\n"),
        ("tsv", "[9]", "\n"),
        ("table", "[?n>`50`]", ""),
        ("csv", "[].{all:{n:n}}", 'all\n"{""n"": 1}"\n"{""n"": 12}"\n'),
    ],
)
def test_a_query_picks_in_whatever_shape(
    form: str, query: str, printed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    output(form, query).print([ADA, GRACE], COLUMNS)

    assert capsys.readouterr().out == printed


def test_a_query_that_the_rows_cannot_answer_is_told_without_quoting_them() -> None:
    with pytest.raises(click.UsageError) as told:
        output("json", "[].length(n)").print([{"n": 1234567}], COLUMNS)

    assert "1234567" not in told.value.message


@pytest.mark.parametrize(
    ("room", "printed"),
    [
        (40, ["TEXT             OTHER", "abcdefghijklmno  abcdefghijklmno"]),
        (27, ["TEXT          OTHER", "abcdefghijk…  abcdefghijkl…"]),
        (21, ["TEXT", "abcdefghijklmno"]),
        (12, ["TEXT", "abcdefghijk…"]),
        (3, ["TEXT", "abcde…"]),
    ],
)
def test_a_table_fits_the_terminal_and_leaves_out_what_it_can_spare(
    room: int,
    printed: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("COLUMNS", str(room))
    columns = (Column("TEXT", "a"), Column("OTHER", "a", spare=1))

    output("table").print([{"a": "abcdefghijklmno"}], columns)

    assert capsys.readouterr().out.splitlines() == printed


def test_what_is_worthless_when_cut_is_never_cut(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    rows = [ADA] * 300 + [{"name": "Ada", "n": 123_456}]

    output("table").print(rows, COLUMNS)

    assert capsys.readouterr().out.splitlines()[-1].split() == ["Ada", "123456"]


@pytest.mark.parametrize(
    ("form", "printed"),
    [
        ("csv", 'a\n"\'=1+1?[31m x\ny"\n'),
        ("tsv", "a\n'=1+1?[31m x y\n"),
        ("table", "A\n=1+1?[31m x y\n"),
        ("jsonl", '{"a": "=1+1\\u001b[31m\\tx\\ny"}\n'),
    ],
)
def test_what_was_typed_commands_neither_terminal_nor_spreadsheet(
    form: str, printed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    output(form).print([{"a": "=1+1\x1b[31m\tx\ny"}], [Column("A", "a")])

    assert capsys.readouterr().out == printed


@pytest.mark.parametrize("form", ["jsonl", "csv", "tsv", "json"])
def test_a_row_is_printed_before_the_next_is_read(
    form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def rows() -> Iterator[dict[str, object]]:
        yield ADA
        yield GRACE
        assert "Ada" in capsys.readouterr().out

    output(form).print(rows(), COLUMNS)


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_an_export_has_every_column_that_a_row_can_have(kind: Kind) -> None:
    row = (
        touch_to_entity(touch())
        if kind is TOUCHES
        else lead_to_entity(judged(fold([touch()]), NOBODY, RULES))
    )
    optional = {"touches": {"Repaired"}, "leads": {"LastInterestAt", "LastDncAt"}}[kind.name]

    columns = {*row, *optional, TRUNCATED} - {"Kind"} - ({"RowKey"} - set(kind.key))

    assert set(kind.columns) == columns
    assert {name for name, value in row.items() if isinstance(value, int)} <= NUMBERS


def leads(number: int) -> Iterator[Entity]:
    """Yield generated leads of about 2 KB each."""
    for n in range(number):
        yield {
            "PartitionKey": "contoso.sample-saas",
            "LeadKey": f"e{n:032x}",
            "Email": f"person{n}@example.com",
            "Phone": "+46 70 123 45 67",
            "Company": f"=Contoso {n}" + "x" * 2_000,
            "TouchCount": 3,
            "IsTest": False,
            "LastSeen": MOMENT,
        }


@pytest.mark.parametrize(
    ("form", "most"), [("csv", 400_000), ("jsonl", 400_000), ("sqlite", 600_000)]
)
def test_an_export_takes_the_same_memory_however_many_leads_there_are(
    form: str, most: int, tmp_path: Path
) -> None:
    path = tmp_path / "leads"
    write_file(path, leads(10), LEADS, form)  # imports what it needs
    path.unlink()

    tracemalloc.start()
    write_file(path, leads(MANY), LEADS, form)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert path.stat().st_size > MANY * 2_000
    assert peak < most


def test_a_csv_file_opens_in_a_spreadsheet_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"

    write_file(
        path, [{"FirstName": "Zoë", "Company": "=1+1", "Phone": "+46701234567"}], LEADS, "csv"
    )

    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    (row,) = csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig")))
    assert (row["FirstName"], row["Company"], row["Phone"]) == ("Zoë", "'=1+1", "+46701234567")


def test_raw_csv_is_what_was_sent(tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    sent = {"FirstName": "\x1b[31m", "Company": "=1+1", "Title": 'two\r\nlines, "quoted"'}

    write_file(path, [sent], LEADS, "csv", raw=True)

    assert path.read_bytes().startswith(b"PartitionKey,")
    (row,) = csv.DictReader(io.StringIO(path.read_bytes().decode(), newline=""))
    assert {name: row[name] for name in sent} == sent


def test_sqlite_keeps_numbers_truth_and_times_as_questions_need_them(tmp_path: Path) -> None:
    path = tmp_path / "leads.sqlite"

    write_file(path, leads(2), LEADS, "sqlite")

    with closing(sqlite3.connect(path)) as file:
        (row, _) = file.execute(
            "SELECT typeof(TouchCount), IsTest, LastSeen, julianday(LastSeen) > 0, Title FROM leads"
        )
        with pytest.raises(sqlite3.IntegrityError):
            file.execute("INSERT INTO leads SELECT * FROM leads")
    assert row == ("integer", 0, "2026-11-22T08:00:00.000Z", 1, None)


@pytest.mark.parametrize("form", ["csv", "jsonl", "sqlite"])
def test_what_is_broken_off_leaves_no_file(form: str, tmp_path: Path) -> None:
    path = tmp_path / "leads"

    def rows() -> Iterator[Entity]:
        yield from leads(3)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), whole_file(path, force=False) as unfinished:
        write_file(unfinished, rows(), LEADS, form)

    assert list(tmp_path.iterdir()) == []


def test_a_file_that_exists_stays_unless_forced(tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    path.write_text("mine")

    with pytest.raises(click.ClickException, match="--force"), whole_file(path, force=False):
        pytest.fail("it must not begin")
    with pytest.raises(KeyboardInterrupt), whole_file(path, force=True):
        raise KeyboardInterrupt
    kept = path.read_text()
    with whole_file(path, force=True) as unfinished:
        unfinished.write_text("new")

    assert (kept, path.read_text()) == ("mine", "new")
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_came_in_the_meantime_stays(tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"

    with pytest.raises(click.ClickException, match="--force"), whole_file(path, force=False):
        path.write_text("somebody else's")

    assert path.read_text() == "somebody else's"


def test_a_link_keeps_leading_to_the_file(tmp_path: Path) -> None:
    file, link = tmp_path / "leads.csv", tmp_path / "latest.csv"
    file.write_text("old")
    link.symlink_to(file)

    with whole_file(link, force=True) as unfinished:
        unfinished.write_text("new")

    assert (link.is_symlink(), file.read_text()) == (True, "new")


def test_a_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"

    with whole_file(path, force=False) as unfinished:
        unfinished.write_text("told in confidence")

    assert path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("name", ["/dev/null", "nowhere/leads.csv"])
def test_where_no_file_can_be_is_told(name: str, tmp_path: Path) -> None:
    with pytest.raises(click.ClickException), whole_file(tmp_path / name, force=True):
        pytest.fail("it must not begin")


def test_a_column_that_somebody_added_by_hand_is_in_no_csv() -> None:
    to = io.StringIO()

    write_delimited([{"Email": "a@b.c", "Mine": "x"}], ("Email",), to=to)

    assert to.getvalue() == "Email\na@b.c\n"
