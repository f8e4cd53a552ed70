"""The faults put into SQL are each one change, and the list of survivors is read as written."""

from pathlib import Path

import pytest

from ingest_api.sql import QUERIES
from tests.mutants import mutant
from tests.mutants.mutant import Mutant, alive, known_survivors
from tests.mutants.mutmut_results import change_of, place_of
from tests.mutants.statement_mutation import mutations
from tests.mutants.target import TARGETS

UPSERT = """insert into t as t (a, b) values (1, 2)
  on conflict (a) do update set
    b = excluded.b,
    c = now()
  where excluded.a > t.a and t.b is null  -- a comment >= is left alone"""


def test_each_kind_of_fault_is_made_once() -> None:
    """Comparison, condition, conflict rule, column and number; no `<>` for an assignment."""
    assert [change for change, _ in mutations(UPSERT)] == [
        "where excluded.a > t.a and t.b is null -> where excluded.a >= t.a and t.b is null",
        "where excluded.a > t.a and t.b is null -> where excluded.a < t.a and t.b is null",
        "where excluded.a > t.a and t.b is null -> where excluded.a > t.a and t.b is not null",
        "where excluded.a > t.a and t.b is null -> where true or excluded.a > t.a and t.b is null",
        "where excluded.a > t.a and t.b is null -> where not excluded.a > t.a and t.b is null",
        "where excluded.a > t.a and t.b is null -> where excluded.a > t.a or t.b is null",
        "where excluded.a > t.a and t.b is null -> where excluded.a > t.a and not t.b is null",
        "on conflict (a) do update set -> on conflict (a) do nothing --",
        "b = excluded.b, ->",
        "insert into t as t (a, b) values (1, 2) -> insert into t as t (a, b) values (1, 3)",
    ]


def test_every_target_names_what_there_is() -> None:
    """Files, tests and statements: a renamed one would be mutated no more without a word."""
    root = Path(__file__).parents[2]
    for target in TARGETS.values():
        for path in (*target.files, *target.tests):
            assert (root / path.partition("::")[0]).is_file()
        for name in target.statements:
            assert len({broken for _, broken in mutations(QUERIES[name])}) > 4


def test_a_diff_becomes_one_line() -> None:
    """The same key after other lines have moved."""
    diff = "--- a\n+++ b\n@@ -1,2 +1,2 @@\n def f():\n-    return  a > 1\n+    return  a >= 1\n"
    assert change_of(diff) == "return a > 1 -> return a >= 1"


def test_a_place_is_a_function_or_a_method_of_its_class() -> None:
    """As a person names it, also where the class's own name ends in mutmut's mark."""
    assert place_of("room.outbox.xǁOutboxǁread__mutmut_7") == "room.outbox.Outbox.read"
    assert place_of("room.outbox.x__now_ms__mutmut_12") == "room.outbox._now_ms"


def test_a_survivor_is_known_by_place_and_change_and_has_a_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pipe in the change is no separator of the list; a line without a reason is refused."""
    monkeypatch.setattr(mutant, "SURVIVORS", tmp_path)
    (tmp_path / "x.txt").write_text("# head\n\na.f | b | c -> b & c | both are flags\n")
    survivor = Mutant("a.f", "b | c -> b & c", "survived")
    assert known_survivors("x") == {survivor.key: "both are flags"}
    assert alive([survivor, Mutant("a.g", "", "killed"), Mutant("a.h", "", "timeout")]) == [
        survivor
    ]
    (tmp_path / "y.txt").write_text("a.f | b -> c\n")
    with pytest.raises(ValueError, match="say 'place"):
        known_survivors("y")
