"""The tables of docs/reference, written from the code they describe: `just docs`.

A page holds `<!-- generated:NAME -->` and `<!-- end -->`; what stands between them is a table of
TABLES. Subjects are imported when their table is asked for, so one service's page can be written
without the other's libraries.
"""

import inspect
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import msgspec

from contracts.environment import description

ROOT = Path(__file__).resolve().parent.parent
PAGES = ROOT / "docs" / "reference"
BLOCK = re.compile(r"(<!-- generated:(\S+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)


def render(text: str) -> str:
    """A page with each of its generated blocks written anew.

    Raises KeyError for a block whose name is not in TABLES, ModuleNotFoundError for a subject
    that is not there.
    """
    return BLOCK.sub(lambda block: f"{block[1]}\n{TABLES[block[2]]()}\n{block[4]}", text)


def settings(module: str) -> str:
    """Every variable that the `Settings` struct of `module` reads, the required ones first."""
    kind = import_module(module).Settings
    rows = [
        (f"`{field.name.upper()}`", _default(field), description(field.type))
        for field in sorted(msgspec.structs.fields(kind), key=lambda field: not field.required)
    ]
    return _table(("variable", "default", "meaning"), rows)


def metrics(name: str) -> str:
    """Every metric of one service; `name` is `GATEWAY` or `API`."""
    rows = [
        (
            f"`{metric.name}`",
            metric.kind,
            _unit(metric.name),
            _labels(metric.labels),
            metric.help,
            ", ".join(_readers(metric.name)),
        )
        for metric in getattr(import_module("contracts.metrics"), name)
    ]
    return _table(("name", "kind", "unit", "labels", "meaning", "read by"), rows)


def recipes() -> str:
    """Every public recipe of the Justfile, in its order there."""
    just = str(Path(sys.executable).with_name("just"))
    command = [just, "--justfile", str(ROOT / "Justfile"), "--dump", "--dump-format", "json"]
    dump = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found = json.loads(dump)["recipes"]
    text = (ROOT / "Justfile").read_text(encoding="utf-8")
    order = re.findall(r"^([\w-]+)[^\n]*?:(?!=)", text, re.MULTILINE)
    rows = [
        (f"`./justw {_usage(found[name])}`", found[name]["doc"] or "")
        for name in sorted(found, key=order.index)
        if not found[name]["private"]
    ]
    return _table(("command", "what it does"), rows)


def cli() -> str:
    """Every command of `tpcapital` with its arguments and options."""
    parts = []
    for path, command in _commands("tpcapital", import_module("ops.cli").main):
        parts.append(f"## `{path}`\n\n{_help(command)}\n")
        rows = [_parameter(parameter) for parameter in command.params]
        if rows:
            parts.append(_table(("parameter", "default", "meaning"), rows))
    return "\n".join(parts)


def gateway_routes() -> str:
    """Every route of the gateway's web; a route names its owner's method."""
    rows = [
        (f"`{route.method} {route.path}`", _first_line(getattr(route.owner, route.handler)))
        for route in import_module("gateway_outbox.web").ROUTES
    ]
    return _table(("request", "answer"), rows)


def api_routes() -> str:
    """Every route of the ingest API, from its published description."""
    rows = [
        (f"`{method.upper()} {path}`", operation["summary"])
        for path, methods in import_module("ingest_api.openapi").openapi()["paths"].items()
        for method, operation in methods.items()
    ]
    return _table(("request", "answer"), rows)


def exit_statuses() -> str:
    """Every status that a service ends with; the meaning is the comment beside the member."""
    kind = import_module("contracts.exit_status").ExitStatus
    said = dict(re.findall(r"^ +(\w+) = \d+ +# (.+)$", inspect.getsource(kind), re.MULTILINE))
    rows = [
        (str(int(status)), f"`{status.name}`", said.get(status.name, _words(status.name)))
        for status in kind
    ]
    return _table(("status", "name", "meaning"), rows)


def login_errors() -> str:
    """What each refusal of a login means, and what to do."""
    refusal = import_module("gateway_outbox.login_refusal")
    rows = [
        (f"`{refusal.word(name)}`", means, advice)
        for name, (means, advice) in sorted(refusal.SENTENCES.items())
    ]
    return _table(("Telegram says", "it means", "what to do"), rows)


TABLES: dict[str, Callable[[], str]] = {
    "settings-gateway": partial(settings, "gateway_outbox.settings"),
    "settings-api": partial(settings, "ingest_api.settings"),
    "settings-retention": partial(settings, "ops.retention_settings"),
    "metrics-gateway": partial(metrics, "GATEWAY"),
    "metrics-api": partial(metrics, "API"),
    "recipes": recipes,
    "cli": cli,
    "http-gateway": gateway_routes,
    "http-api": api_routes,
    "exit-statuses": exit_statuses,
    "login-errors": login_errors,
}


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(map(_cell, line))} |\n" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _default(field: Any) -> str:
    if field.required:
        return "required"
    if field.default_factory is not msgspec.NODEFAULT:
        return f"`{field.default_factory()}`"
    return "none" if field.default in (None, "") else f"`{field.default}`"


def _labels(labels: dict[str, tuple[str, ...]]) -> str:
    return "; ".join(
        f"`{label}`" + (": " + ", ".join(values) if values else "")
        for label, values in labels.items()
    )


def _unit(metric: str) -> str:
    """The last word of the name; a time of day is in seconds since 1970."""
    words = metric.removesuffix("_total").split("_")
    return words[-1] if words[-1] in ("seconds", "bytes", "rows", "messages", "events") else ""


def _readers(metric: str) -> Iterator[str]:
    """The dashboards, and the alerts and recording rules, whose text has the metric."""
    name = re.compile(rf"\b{metric}(_bucket|_count|_sum)?\b")
    monitoring = ROOT / "ops" / "monitoring"
    for page in sorted((monitoring / "grafana" / "dashboards").glob("*.json")):
        if name.search(page.read_text(encoding="utf-8")):
            yield f"dashboard {page.stem}"
    for file in ("alerts.yml", "recording.yml"):
        rules = re.split(r"- (?:alert|record): ", (monitoring / file).read_text(encoding="utf-8"))
        yield from (f"`{rule.split()[0]}`" for rule in rules[1:] if name.search(rule))


def _usage(recipe: dict[str, Any]) -> str:
    given = [(each["name"].upper(), each["kind"] == "singular") for each in recipe["parameters"]]
    return " ".join([recipe["name"], *(name if one else f"[{name}…]" for name, one in given)])


def _commands(path: str, command: Any) -> Iterator[tuple[str, Any]]:
    yield path, command
    context = import_module("click").Context(command)
    for name in command.list_commands(context) if hasattr(command, "list_commands") else ():
        child = command.get_command(context, name)
        if not child.hidden:
            yield from _commands(f"{path} {name}", child)


def _help(command: Any) -> str:
    # click reads \b as "keep these lines"; a page has no use for it
    return inspect.cleandoc((command.help or "").replace("\b\n", ""))


def _parameter(parameter: Any) -> tuple[str, str, str]:
    if parameter.param_type_name == "argument":
        dots = "…" if parameter.nargs != 1 else ""
        needed = "required" if parameter.required else "optional"
        return f"`{parameter.name.upper()}{dots}`", needed, ""
    names = ", ".join(f"`{name}`" for name in (*parameter.opts, *parameter.secondary_opts))
    shown = parameter.to_info_dict()["default"]
    plain = isinstance(shown, bool | None) or shown == () or callable(shown)
    default = "required" if parameter.required else "" if plain else f"`{_portable(shown)}`"
    return names, default, parameter.help or ""


def _portable(value: object) -> str:
    """A path of this project as it is on every machine."""
    return str(value).removeprefix(f"{ROOT}/")


def _first_line(handler: Any) -> str:
    return inspect.cleandoc(inspect.getdoc(handler) or "").partition("\n")[0]


def _words(name: str) -> str:
    return name.lower().replace("_", " ")


if __name__ == "__main__":
    for page in sorted(PAGES.glob("*.md")):
        page.write_text(render(page.read_text(encoding="utf-8")), encoding="utf-8")
