"""The dashboards: current, portable, by the linter's rules, and their SQL on the real schema."""

import json
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml

from ops.grafana.dashboard import POSTGRES, Dashboard, matched
from ops.grafana.dashboards import DASHBOARDS, FOLDER, file_of, text_of
from tests.monitoring.dashboard_lint import RULES, expressions, panels
from tests.monitoring.rule_files import known_names, names_in

BY_NAME = pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda each: each.uid)


@BY_NAME
def test_the_file_is_what_the_code_says(dashboard: Dashboard) -> None:
    """`python -m ops.grafana.dashboards` writes it anew."""
    assert file_of(dashboard).read_text(encoding="utf-8") == text_of(dashboard)


def test_no_other_dashboard_is_there() -> None:
    """Each file has its code; uids and titles are their own."""
    assert set(FOLDER.glob("*")) == {file_of(each) for each in DASHBOARDS}
    assert len({each.uid for each in DASHBOARDS}) == len(DASHBOARDS)


@pytest.mark.parametrize("rule", RULES)
@BY_NAME
def test_the_linter_s_rules_hold(dashboard: Dashboard, rule: str) -> None:
    """Each of them; what is broken is named."""
    assert list(RULES[rule](dashboard.document())) == []


@BY_NAME
def test_it_loads_without_a_question(dashboard: Dashboard) -> None:
    """No input to fill in and no address of a data source: that is what opens a dialog."""
    text = text_of(dashboard)
    assert "__inputs" not in text
    assert "DS_" not in text
    ids = [panel["id"] for panel in json.loads(text)["panels"]]
    assert len(set(ids)) == len(ids)


@BY_NAME
def test_every_name_in_a_query_exists(dashboard: Dashboard) -> None:
    """As for the rules."""
    found = {
        title: names_in(expr.replace("$__rate_interval", "1m")) - known_names()
        for title, expr in expressions(dashboard.document())
    }
    assert {title: names for title, names in found.items() if names} == {}


def test_matchers_come_from_the_variables() -> None:
    """Of job and instance, or of job alone; more of the query's own stand behind."""
    assert matched("up{}") == 'up{job=~"$job", instance=~"$instance"}'
    assert matched("a:b{~}") == 'a:b{job=~"$job"}'
    assert matched('up{a="b"}') == 'up{job=~"$job", instance=~"$instance", a="b"}'


def test_provisioning_names_no_place() -> None:
    """Two data sources with uids of their own; addresses from the environment, no password."""
    folder = FOLDER.parent
    sources = _yaml(folder / "datasources" / "tpcapital.yml")["datasources"]
    assert {each["type"] for each in sources} == {each.source for each in DASHBOARDS}
    assert all(each["url"].startswith("${") for each in sources)
    assert sources[1]["secureJsonData"]["password"].startswith("$__file{")
    (provider,) = _yaml(folder / "providers" / "tpcapital.yml")["providers"]
    assert (provider["folder"], provider["allowUiUpdates"]) == ("TP Capital", False)


def _yaml(path: Path) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = yaml.safe_load(path.read_text("utf-8"))
    return found


def test_the_sql_answers_on_the_real_schema(database: str) -> None:
    """Each query of the signals' dashboard runs, and finds the signal that is there."""
    with psycopg.connect(database) as connection:
        connection.execute(_A_SIGNAL)
        for dashboard in DASHBOARDS:
            for panel in panels(dashboard.document()) if dashboard.source == POSTGRES else ():
                for target in panel["targets"]:
                    sql = target["rawSql"].replace(
                        "$__timeFilter(sent_at)", "sent_at > '2025-01-01'"
                    )
                    assert "$__" not in sql
                    assert connection.execute(sql).fetchall(), panel["title"]


_A_SIGNAL = """
insert into tp_capital.tp_capital_signals (
  channel, signal_type, asset, raw_message, source, ingested_at, ts, channel_id, message_id,
  sent_at, revision, status, direction, targets, parser_version, version_at, version_seq,
  text_sha256, payload_sha256)
values ('-1001', 'Swing Trade', 'PETR4', 'x', 'bot', now(), 1, -1001, 1, now(), 1, 'active', 'buy',
  array[31.0], 1, now(), 1, '', '')
"""
