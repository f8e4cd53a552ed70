"""The rules of Grafana's public dashboard linter, for what our dashboards hold.

Their names are the linter's own. Rules on LogQL have nothing to say here.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

Json = dict[str, Any]
Rule = Callable[[Json], Iterator[str]]

_SELECTOR = re.compile(r"\b([a-z_][a-z0-9_:]*)(?:\{([^}]*)\})?(\[[^\]]+\])?(?!\s*\(|[a-z0-9_:{])")
_COUNTED = re.compile(r"\b(?:rate|irate|increase)\(([a-z_:0-9]+)")
UNITS = {"short", "s", "percentunit", "cpm", "decbytes"}
# Series without these labels, as the linter's own file .lint would say it with its reason.
NO_INSTANCE = re.compile(r"^(\w+:)+\w+|^ALERTS$")  # recorded by job
NO_JOB = {"ALERTS"}  # the alerts themselves
LONG_RANGES = {"[1d]", "[2m]"}  # figures of a day, whatever time is shown


def panels(dashboard: Json) -> Iterator[Json]:
    """Those that show something."""
    return (panel for panel in dashboard["panels"] if panel["type"] != "row")


def expressions(dashboard: Json) -> Iterator[tuple[str, str]]:
    """Titles and PromQL."""
    for panel in panels(dashboard):
        yield from ((panel["title"], each["expr"]) for each in panel["targets"] if "expr" in each)


def selectors(expr: str) -> Iterator[tuple[str, str, str]]:
    """Names, matchers and ranges of the series in an expression."""
    bare = re.sub(r"\b(?:by|without|on)\s*\([^)]*\)", " ", expr)
    for found in _SELECTOR.finditer(bare):
        if found[2] is not None:
            yield found[1], found[2], found[3] or ""


def template_datasource(dashboard: Json) -> Iterator[str]:
    """A single variable for the data source, named and labelled as the linter asks."""
    sources = [each for each in _variables(dashboard) if each["type"] == "datasource"]
    if [(each["name"], each["label"]) for each in sources] != [("datasource", "Data source")]:
        yield "no variable `datasource` labelled `Data source`"


def _is_prometheus(dashboard: Json) -> bool:
    return any(each["query"] == "prometheus" for each in _variables(dashboard))


def template_job_and_instance(dashboard: Json) -> Iterator[str]:
    """Variables `job` and `instance`: of the templated source, several, all of them `.+`."""
    if not _is_prometheus(dashboard):
        return
    found = {each["name"]: each for each in _variables(dashboard)}
    for name in ("job", "instance"):
        each = found.get(name, {})
        if (each.get("type"), each.get("label")) != ("query", name):
            yield f"no variable {name}"
        if each.get("datasource", {}).get("uid") != "${datasource}":
            yield f"{name} does not use the templated data source"
        if not each.get("multi") or each.get("allValue") != ".+":
            yield f"{name} cannot be several, or all is not .+"


def template_label_promql(dashboard: Json) -> Iterator[str]:
    """A variable's query is one of the functions that Prometheus knows."""
    for each in _variables(dashboard):
        allowed = r"(label_names|label_values|metrics|query_result)\(.+\)"
        if each["type"] == "query" and not re.fullmatch(allowed, each["query"]):
            yield f"{each['name']}: {each['query']}"


def template_on_time_change_reload(dashboard: Json) -> Iterator[str]:
    """Asked anew when the time changes."""
    for each in _variables(dashboard):
        if each["type"] == "query" and each.get("refresh") != 2:
            yield each["name"]


def panel_datasource(dashboard: Json) -> Iterator[str]:
    """Each panel and target uses the templated source."""
    for panel in panels(dashboard):
        for holder in (panel, *panel["targets"]):
            if holder["datasource"]["uid"] != "${datasource}":
                yield panel["title"]


def panel_title_description(dashboard: Json) -> Iterator[str]:
    """Both are there."""
    return (
        str(panel["id"])
        for panel in panels(dashboard)
        if not (panel["title"] and panel["description"])
    )


def panel_units(dashboard: Json) -> Iterator[str]:
    """Each has a unit that Grafana knows."""
    for panel in panels(dashboard):
        if panel["fieldConfig"]["defaults"].get("unit") not in UNITS:
            yield panel["title"]


def panel_no_targets(dashboard: Json) -> Iterator[str]:
    """Each asks something."""
    return (panel["title"] for panel in panels(dashboard) if not panel["targets"])


def target_rate_interval(dashboard: Json) -> Iterator[str]:
    """A range is $__rate_interval, but for figures of a fixed time."""
    for title, expr in expressions(dashboard):
        for _, _, span in selectors(expr):
            if span and span != "[$__rate_interval]" and span not in LONG_RANGES:
                yield f"{title}: {span}"


def target_job(dashboard: Json) -> Iterator[str]:
    """Every series is matched by job."""
    for title, expr in expressions(dashboard):
        for name, matchers, _ in selectors(expr):
            if name not in NO_JOB and 'job=~"$job"' not in matchers:
                yield f"{title}: {name}"


def target_instance(dashboard: Json) -> Iterator[str]:
    """Every series is matched by instance, but for those that have none."""
    for title, expr in expressions(dashboard):
        for name, matchers, _ in selectors(expr):
            if not NO_INSTANCE.match(name) and 'instance=~"$instance"' not in matchers:
                yield f"{title}: {name}"


def target_counter_agg(dashboard: Json) -> Iterator[str]:
    """A counter is never shown as it stands."""
    for title, expr in expressions(dashboard):
        counted = set(_COUNTED.findall(expr))
        for name, _, _ in selectors(expr):
            if name.endswith("_total") and name not in counted:
                yield f"{title}: {name}"


def uneditable(dashboard: Json) -> Iterator[str]:
    """What is provisioned is not changed by hand."""
    if dashboard["editable"]:
        yield "editable"


def _variables(dashboard: Json) -> list[Json]:
    return list(dashboard["templating"]["list"])


RULES: dict[str, Rule] = {
    "template-datasource-rule": template_datasource,
    "template-job-rule, template-instance-rule": template_job_and_instance,
    "template-label-promql-rule": template_label_promql,
    "template-on-time-change-reload-rule": template_on_time_change_reload,
    "panel-datasource-rule": panel_datasource,
    "panel-title-description-rule": panel_title_description,
    "panel-units-rule": panel_units,
    "panel-no-targets-rule": panel_no_targets,
    "target-rate-interval-rule": target_rate_interval,
    "target-job-rule": target_job,
    "target-instance-rule": target_instance,
    "target-counter-agg-rule": target_counter_agg,
    "uneditable-dashboard-rule": uneditable,
}
