"""The rules of the house (DESIGN 3), read off the code itself."""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]

FLOORS = (
    {"leads", "leads.errors", "leads.names", "leads.outcome"},
    {"leads.model"},
    {"leads.normal_form", "leads.stages"},
    {"leads.seniority"},
    {"leads.score"},
    {"leads.store"},
    {"leads.strict_json", "leads.identity", "leads.enrichment", "leads.messages", "leads.fold"},
    {
        "leads.payload",
        "leads.settings",
        "leads.rejections",
        "leads.recording",
        "leads.door",
        "leads.selection",
        "leads.sample_leads",
        "leads.weeks",
    },
    {"leads.letters", "leads.credential", "leads.statistics"},
    {"leads.pipeline", "leads.health", "leads.upkeep", "leads.breakdown"},
    {"leads.tending"},
    {"leads.doctor", "leads.migration", "leads.dashboard"},
    {"leads.tables", "leads.queues", "leads.telemetry"},
    {"leads.wiring"},
    {"function_app", "leads.cli"},
    {"leads.__main__"},
)
"""Rooms from the ground up: each may lean on those of lower floors, and on nothing beside it."""

IMPURE = {
    "leads.credential",
    "leads.telemetry",
    "leads.tables",
    "leads.queues",
    "leads.wiring",
    *FLOORS[-2],
    *FLOORS[-1],
}
"""What touches the world. All other rooms are pure."""

OUTSIDE_WORLD = {
    "asyncio", "http", "io", "logging", "multiprocessing", "os", "random", "secrets", "shutil",
    "signal", "socket", "sqlite3", "ssl", "subprocess", "sys", "tempfile", "time",
    "urllib", "uuid",
}  # fmt: skip
"""Modules of the standard library with which a pure room would reach out of itself."""

TEXT_ONLY = {"urllib.parse"}
"""Parts of those that only compute."""

TEMPLATES = {"jinja2", "markupsafe"}
"""Only the dashboard may use these; they read its templates."""

DATA_LIBRARIES = {
    "email_validator", "disposable_email_domains", "phonenumbers", "publicsuffixlist",
}  # fmt: skip
"""Only enrichment may use these; they hold tables and rules, and do no I/O of their own."""

CLOCKS = {"now", "utcnow", "today"}

SOLE_IMPORTERS = {
    "azure.data": ("leads.tables",),
    "azure.core": ("leads.tables", "leads.queues", "leads.credential"),
    "azure.identity": ("leads.credential",),
    "azure.storage": ("leads.queues",),
    "azure.functions": ("function_app",),
}

BODY_LINES = 30
MODULE_LINES = 230
STATEMENTS_OF_AN_ENTRY_POINT = 10


def modules(*places: str) -> list[Path]:
    """Return the Python files of *places*, without those of other people."""
    found = (path for place in places for path in [ROOT / place, *(ROOT / place).rglob("*.py")])
    return sorted(p for p in found if p.suffix == ".py" and "node_modules" not in p.parts)


LEADS = modules("leads", "function_app.py")
OURS = modules("leads", "devhost", "function_app.py")


def name_of(path: Path) -> str:
    """Return the dotted name of a module."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room_of(module: str) -> str:
    """Return the room that a module is in: itself, or the package below leads."""
    return ".".join(module.split(".")[:2])


def is_in(module: str, place: str) -> bool:
    return module == place or module.startswith(f"{place}.")


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path) -> Iterator[str]:
    """Yield the module of every import, also of those inside functions and for types only."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute, so that this test can read them"
            yield from (imported(node.module or "", alias.name) for alias in node.names)


def imported(module: str, name: str) -> str:
    """Return what ``from module import name`` imports: a module of ours, or *module*."""
    inner = ROOT.joinpath(*module.split("."), name)
    is_module = inner.is_dir() or inner.with_suffix(".py").is_file()
    return f"{module}.{name}" if is_module else module


def floor_of(room: str) -> int:
    return next(number for number, rooms in enumerate(FLOORS) if room in rooms)


def pure_modules() -> list[Path]:
    return [path for path in LEADS if room_of(name_of(path)) not in IMPURE]


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    nodes = ast.walk(tree_of(path))
    return (n for n in nodes if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))


def body_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[ast.stmt]:
    """Return what a function does; one that only says what it is for does that."""
    documented = ast.get_docstring(function) and len(function.body) > 1
    return function.body[1:] if documented else function.body


@pytest.mark.parametrize("path", LEADS, ids=name_of)
def test_every_module_has_its_place_in_the_house(path: Path) -> None:
    assert room_of(name_of(path)) in set().union(*FLOORS), "give it a floor"


@pytest.mark.parametrize("path", LEADS, ids=name_of)
def test_arrows_point_one_way(path: Path) -> None:
    room = room_of(name_of(path))

    leaned_on = {room_of(name) for name in imports(path) if is_in(name, "leads")} - {room}

    assert {other for other in leaned_on if floor_of(other) >= floor_of(room)} == set()


@pytest.mark.parametrize("path", pure_modules(), ids=name_of)
def test_a_pure_module_imports_nothing_that_reaches_out(path: Path) -> None:
    allowed = sys.stdlib_module_names - OUTSIDE_WORLD | {"leads"}
    if is_in(name_of(path), "leads.enrichment"):
        allowed |= DATA_LIBRARIES
    if is_in(name_of(path), "leads.dashboard"):
        allowed |= TEMPLATES

    roots = {name.split(".")[0] for name in imports(path) if name not in TEXT_ONLY}

    assert roots - allowed == set()
    assert {room_of(name) for name in imports(path)} & IMPURE == set()


@pytest.mark.parametrize("path", pure_modules(), ids=name_of)
def test_a_pure_module_has_no_clock_and_writes_nowhere(path: Path) -> None:
    calls = [node.func for node in ast.walk(tree_of(path)) if isinstance(node, ast.Call)]

    methods = {func.attr for func in calls if isinstance(func, ast.Attribute)}
    plain = {func.id for func in calls if isinstance(func, ast.Name)}

    assert methods & (CLOCKS | {"write_text", "write_bytes", "getenv"}) == set()
    assert plain & {"open", "print", "input", "exec", "eval"} == set()


@pytest.mark.parametrize("path", pure_modules(), ids=name_of)
def test_only_enrichment_reads_files_which_are_its_own(path: Path) -> None:
    reads = "pathlib" in set(imports(path))

    assert not reads or is_in(name_of(path), "leads.enrichment")


@pytest.mark.parametrize("path", LEADS, ids=name_of)
def test_an_sdk_stays_in_its_room(path: Path) -> None:
    module = name_of(path)

    strangers = [
        name
        for name in imports(path)
        for sdk, rooms in SOLE_IMPORTERS.items()
        if is_in(name, sdk) and not any(is_in(module, room) for room in rooms)
    ]

    # Wiring names the SDK's client in an annotation; it imports it for no other purpose.
    assert strangers == (["azure.data.tables"] if module == "leads.wiring" else [])


@pytest.mark.parametrize("path", LEADS, ids=name_of)
def test_only_wiring_reads_the_environment_which_the_command_line_may_fill(path: Path) -> None:
    attributes = {node.attr for node in ast.walk(tree_of(path)) if isinstance(node, ast.Attribute)}

    touched = bool(attributes & {"environ", "environb", "getenv", "putenv"})

    assert not touched or is_in(name_of(path), "leads.wiring") or name_of(path) == "leads.cli"


@pytest.mark.parametrize("path", OURS, ids=name_of)
def test_no_function_outgrows_a_screen(path: Path) -> None:
    long = {
        function.name: lines
        for function in functions(path)
        if (lines := (function.end_lineno or 0) - body_of(function)[0].lineno + 1) > BODY_LINES
    }

    assert long == {}


@pytest.mark.parametrize("path", OURS, ids=name_of)
def test_no_module_outgrows_its_room(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").count("\n")

    assert lines <= MODULE_LINES


def test_every_entry_point_reads_calls_and_answers() -> None:
    long = {
        function.name: count
        for function in functions(ROOT / "function_app.py")
        if (count := len(body_of(function))) > STATEMENTS_OF_AN_ENTRY_POINT
    }

    assert long == {}


@pytest.mark.parametrize("path", OURS, ids=name_of)
def test_everything_public_says_what_it_is(path: Path) -> None:
    tree = tree_of(path)
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    inside = [node for owner in classes for node in owner.body]
    named = [
        node
        for node in [*tree.body, *inside]
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    ]

    public = [node for node in named if not node.name.startswith("_") and not overrides(node)]

    assert [node.name for node in public if not ast.get_docstring(node)] == []
    assert ast.get_docstring(tree)


def overrides(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> bool:
    """Tell whether *node* is a method whose base says what it does."""
    return any(isinstance(d, ast.Name) and d.id == "override" for d in node.decorator_list)


@pytest.mark.parametrize("path", pure_modules(), ids=name_of)
def test_a_pure_module_says_so(path: Path) -> None:
    docstring = ast.get_docstring(tree_of(path)) or ""

    assert "Pure" in docstring or name_of(path) == "leads"  # a table of contents
