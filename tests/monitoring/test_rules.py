"""The rules: what promtool says of them, and that each stands on metrics which exist."""

import shutil
import subprocess

import pytest
import yaml

from tests.monitoring.rule_files import FOLDER, alerts, known_names, names_in, recorded

ALERTS = alerts()
TESTS = ("tests.yml", "tests-days.yml")
needs_promtool = pytest.mark.skipif(
    shutil.which("promtool") is None,
    reason="promtool absent: it is in Debian's package prometheus (.ci/run installs it)",
)


def promtool(*arguments: str) -> None:
    """Run it on files of ops/monitoring; its words are the assertion's."""
    command = ["promtool", *arguments]
    run = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


@needs_promtool
def test_promtool_takes_rules_and_configuration() -> None:
    """Syntax, names, duplicates; and every file that the configuration names."""
    promtool("check", "rules", "recording.yml", "alerts.yml")
    promtool("check", "config", "prometheus.yml")


@pytest.mark.long
@needs_promtool
@pytest.mark.timeout(300)
def test_the_rules_own_tests_pass() -> None:
    """Each alert at its moment, with its words, and not before."""
    promtool("test", "rules", *TESTS)


def test_every_alert_is_tested_firing_and_not_firing() -> None:
    """Only the one that always fires has no quiet moment."""
    fires, stays = set[str](), set[str]()
    for file in TESTS:
        for case in yaml.safe_load((FOLDER / file).read_text(encoding="utf-8"))["tests"]:
            for check in case["alert_rule_test"]:
                (fires if check["exp_alerts"] else stays).add(check["alertname"])
    names = {alert.name for alert in ALERTS}
    assert fires == names
    assert stays == names - {"Watchdog"}


def test_every_alert_has_its_words() -> None:
    """Severity, summary, value and a runbook of its own name."""
    for alert in ALERTS:
        assert alert.labels["severity"] in {"page", "ticket", "none"}, alert.name
        assert set(alert.annotations) == {"summary", "value", "runbook"}, alert.name
        assert (
            "$value" in alert.annotations["value"]
            or "{{ if" in alert.annotations["value"]
            or (alert.name == "MetricsMissing")
        ), alert.name
        assert alert.annotations["runbook"] == f"docs/runbooks/{alert.name}.md"


def test_every_name_in_a_rule_exists() -> None:
    """A renamed metric would blind its alert without a word."""
    known = known_names()
    expressions = {alert.name: alert.expr for alert in ALERTS} | recorded()
    unknown = {name: names_in(expr) - known for name, expr in expressions.items()}
    assert {name: found for name, found in unknown.items() if found} == {}


def test_what_is_recorded_is_read() -> None:
    """A rule that nobody reads costs for nothing; the dashboards read the rest."""
    read = set().union(*(names_in(alert.expr) for alert in ALERTS))
    dashboards = (FOLDER / "grafana" / "dashboards").glob("*.json")
    shown = "".join(path.read_text(encoding="utf-8") for path in dashboards)
    assert {name for name in recorded() if name not in read and name not in shown} == {
        "gateway:available"  # read by the rules after it
    } & set(recorded())
