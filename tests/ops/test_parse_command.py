"""`tpcapital parse` shows what the parser understood, to a person and to a program."""

import json
import subprocess
import sys

from click.testing import CliRunner

from ops.parse_command import parse

SIGNAL = "Ativo: PETR4\nCompra: 36,10 a 36,40\nAlvo 1: 37,00\nStop: 35,50"


def test_a_signal_in_a_pipe_is_plain_lines() -> None:
    """A pipe gets `name: value` lines and no frames."""
    result = CliRunner().invoke(parse, input=SIGNAL)
    assert result.exit_code == 0
    assert result.stdout.splitlines()[:4] == [
        "kind: signal",
        "asset: PETR4",
        "direction: buy",
        "signal_type: Swing Trade",
    ]
    assert "target_final: -" in result.stdout.splitlines()


def test_json_is_one_object_with_prices_as_strings() -> None:
    """`--json` carries the nine fields, prices as written."""
    result = CliRunner().invoke(parse, ["--json"], input=SIGNAL)
    assert json.loads(result.stdout) == {
        "kind": "signal",
        "signal": {
            "asset": "PETR4",
            "direction": "buy",
            "signal_type": "Swing Trade",
            "buy_min": "36.10",
            "buy_max": "36.40",
            "targets": ["37.00"],
            "target_final": None,
            "stop": "35.50",
            "valid_until": None,
        },
        "reason": None,
    }


def test_a_malformed_text_tells_its_reason() -> None:
    """The reason names what cannot be read."""
    result = CliRunner().invoke(parse, input=SIGNAL.replace("35,50", "abc"))
    assert "kind: malformed" in result.stdout
    assert "'abc'" in result.stdout


def test_chatter_is_no_signal_and_no_failure() -> None:
    """Ordinary chat exits with 0, also bytes that are no UTF-8."""
    for text in (b"Bom dia!", b"\xff\xfe", b""):
        result = CliRunner().invoke(parse, ["--json"], input=text)
        assert result.exit_code == 0
        answer = json.loads(result.stdout)
        assert (answer["kind"], answer["signal"]) == ("not_a_signal", None)
        assert answer["reason"]


def test_jsonl_goes_through_all_lines_and_names_the_bad_ones() -> None:
    """A bad line costs exit status 1 and its own output, nothing else."""
    lines = [json.dumps({"text": SIGNAL}), "{oops", '{"other": 1}', "", json.dumps({"text": "oi"})]
    result = CliRunner().invoke(parse, ["--jsonl"], input="\n".join(lines))
    assert result.exit_code == 1
    assert [json.loads(line)["kind"] for line in result.stdout.splitlines()] == [
        "signal",
        "not_a_signal",
    ]
    assert [line.split(":")[0] for line in result.stderr.splitlines()] == ["line 2", "line 3"]


def test_json_and_jsonl_exclude_each_other() -> None:
    """Both flags at once are a usage error."""
    assert CliRunner().invoke(parse, ["--json", "--jsonl"], input="").exit_code == 2


def test_help_tells_the_three_kinds() -> None:
    """The help names every kind and both flags."""
    text = CliRunner().invoke(parse, ["--help"]).stdout
    for word in ("signal", "not_a_signal", "malformed", "--json", "--jsonl"):
        assert word in text


def test_jsonl_streams_in_a_process_of_its_own() -> None:
    """A real process answers line for line, and lone surrogates do not stop it."""
    code = "from ops.parse_command import parse; parse()"
    lines = [json.dumps({"text": SIGNAL}), '{"text": "\\ud800"}', json.dumps({"text": "oi"})]
    done = subprocess.run(
        [sys.executable, "-c", code, "--jsonl"],
        input="\n".join(lines).encode(),
        capture_output=True,
        check=False,
        timeout=60,
    )
    kinds = [json.loads(line)["kind"] for line in done.stdout.splitlines()]
    assert kinds[0] == "signal"
    assert kinds[-1] == "not_a_signal"
    assert len(kinds) + len(done.stderr.splitlines()) == 3
