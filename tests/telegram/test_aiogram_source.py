"""How aiogram is loaded: cheaply, without a trace in pydantic, and plainly when that fails."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]

LOOK = """
import json, logging, sys

class Kept(logging.Handler):
    lines = []
    def emit(self, record):
        self.lines.append(record.getMessage())

logging.getLogger().addHandler(Kept())
from pydantic import BaseModel
before = BaseModel.__dict__.get("model_rebuild"), dict(BaseModel.model_config)
{first}
from gateway_outbox.bot import aiogram_source as source
with open("/proc/self/statm") as statm:
    pages = int(statm.read().split()[1])
after = BaseModel.__dict__.get("model_rebuild"), dict(BaseModel.model_config)

class Tail(BaseModel):
    number: int

class Whole(BaseModel):
    tail: Tail

from aiogram.methods.base import Response
Answer = Response[source.GetMe.__returning__]
print(json.dumps({{
    "pages": pages,
    "restored": before == after,
    "others": Whole.model_validate({{"tail": {{"number": 1}}}}).tail.number
        + (not Whole.model_config and Whole.__pydantic_complete__),
    "method": source.GetUpdates(offset=7).model_dump(warnings=False)["offset"],
    "answer": Answer.model_validate({{"ok": True, "result": {{"id": 1}}}}).result,
    "warnings": Kept.lines,
}}))
"""


def look(first: str = "") -> dict[str, Any]:
    """What a process sees that runs `first` and then loads aiogram."""
    code = LOOK.format(first=first)
    command = [sys.executable, "-c", code]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    found: dict[str, Any] = json.loads(run.stdout)
    return found


def test_models_on_demand_halve_the_memory_and_still_work() -> None:
    """Far below the plain import; pydantic is as before, for others and for aiogram itself."""
    lean, plain = look(), look("import aiogram")
    for seen in (lean, plain):
        assert seen["restored"]
        assert (seen["others"], seen["method"], seen["answer"]) == (2, 7, {"id": 1})
        assert seen["warnings"] == []
    assert lean["pages"] < 0.6 * plain["pages"]


MOVED = """
rebuild = BaseModel.model_rebuild.__func__
del BaseModel.model_rebuild
type(BaseModel).model_rebuild = rebuild
"""
CLOSED = """
import types
BaseModel.model_config = types.MappingProxyType({})
"""
STRICT = """
from pydantic._internal import _model_construction as inside
make = inside.ModelMetaclass.__new__

def strict(kind, name, bases, space, **rest):
    if BaseModel.model_config.get("defer_build") and name == "Message":
        raise RuntimeError("no deferring")
    return make(kind, name, bases, space, **rest)

inside.ModelMetaclass.__new__ = strict
"""


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (MOVED, "KeyError: 'model_rebuild'"),
        (CLOSED, "does not support item assignment"),
        (STRICT, "RuntimeError: no deferring"),
    ],
    ids=["a method moved", "the configuration is closed", "it fails half-way"],
)
def test_changed_insides_mean_the_plain_import_and_one_warning(change: str, told: str) -> None:
    """Slower and larger, and everything else the same."""
    seen = look(change)
    assert (seen["method"], seen["answer"]) == (7, {"id": 1})
    (warning,) = seen["warnings"]
    assert told in warning
    assert "aiogram 3." in warning
    assert "100 MiB" in warning
