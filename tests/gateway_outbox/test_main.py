"""`python -m gateway_outbox` as a process: how it starts, stops, and what its status says."""

import json
import signal
import socket
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from contracts.exit_status import ExitStatus
from contracts.version import current
from gateway_outbox.__main__ import main
from tests.running_gateway import ROOT, gateway_process, run_gateway

EXPORT = str(ROOT / "ops" / "demo" / "result.json")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the outbox is to be."""
    return tmp_path / "state" / "outbox.sqlite3"


@pytest.fixture
def silent_api() -> Iterator[str]:
    """An address that takes connections and never answers."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(64)
        yield f"http://127.0.0.1:{server.getsockname()[1]}/ingest"


def last_line(log: str) -> dict[str, object]:
    """The log's last line as the JSON object that it is."""
    found: dict[str, object] = json.loads(log.splitlines()[-1])
    return found


def test_sigterm_ends_it_with_0(path: Path) -> None:
    """In order: no more input, then stopped; SIGINT does the same."""
    for number in (signal.SIGTERM, signal.SIGINT):
        with gateway_process(path) as gateway:
            gateway.process.send_signal(number)
            gateway.wait_for("service.stopping")
            assert (
                gateway.wait_for("service.stopped")["message"] == "gateway stopped, 0 rows pending"
            )
            assert gateway.process.wait(20) == ExitStatus.OK


def test_rows_that_cannot_be_delivered_do_not_hold_up_a_stop(path: Path) -> None:
    """A trouble ends the drain at once; the rows are there at the next start."""
    with gateway_process(path, "--replay", EXPORT, DRAIN_SECONDS="600") as gateway:
        gateway.wait_for_all("source.finished", "relay.trouble")  # either may be the first
        assert gateway.stop() == ExitStatus.OK
    with gateway_process(path) as gateway:
        assert gateway.log[-1]["pending"] == 277


def test_a_second_signal_ends_the_drain_with_1(path: Path, silent_api: str) -> None:
    """Whoever asks twice does not wait for an API that is silent."""
    patient = {"DRAIN_SECONDS": "600", "API_TIMEOUT_SECONDS": "600", "API_ENDPOINT": silent_api}
    with gateway_process(path, "--replay", EXPORT, **patient) as gateway:
        gateway.wait_for("source.finished")
        gateway.process.send_signal(signal.SIGTERM)
        gateway.wait_for("service.stopping")
        assert gateway.stop() == ExitStatus.FORCED


def test_a_drain_that_takes_too_long_ends_by_itself(path: Path, silent_api: str) -> None:
    """DRAIN_SECONDS bounds it; that is an orderly stop."""
    bounded = {"DRAIN_SECONDS": "0.1", "API_TIMEOUT_SECONDS": "600", "API_ENDPOINT": silent_api}
    with gateway_process(path, "--replay", EXPORT, **bounded) as gateway:
        gateway.wait_for("source.finished")
        assert gateway.stop() == ExitStatus.OK


def test_missing_settings_end_it_with_78(path: Path) -> None:
    """Each problem is a line that says FATAL."""
    run = run_gateway(path, API_SECRET_TOKEN="", GATEWAY_PORT="x")
    lines = [json.loads(line) for line in run.stderr.splitlines()]
    assert run.returncode == ExitStatus.CONFIG
    assert [line["level"] for line in lines] == ["critical", "critical"]
    assert lines[0]["message"].startswith("FATAL API_SECRET_TOKEN is not set. It is: ")
    assert lines[1]["message"].startswith("FATAL GATEWAY_PORT 'x' must be a whole number")


def test_a_second_gateway_ends_with_75(path: Path) -> None:
    """It names the first one's pid, which goes on."""
    with gateway_process(path) as gateway:
        second = run_gateway(path)
        assert gateway.process.poll() is None
    assert second.returncode == ExitStatus.ALREADY_RUNNING
    assert str(last_line(second.stderr)["message"]).startswith(
        f"already running, pid {gateway.pid}: outbox {path} is held by it."
    )


def test_a_taken_port_ends_it_with_69(path: Path) -> None:
    """Before anything is received; the sentence names the port."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        run = run_gateway(path, GATEWAY_PORT=str(port))
    assert run.returncode == ExitStatus.PORT_BUSY
    assert f"port {port} on 127.0.0.1 is in use" in str(last_line(run.stderr)["message"])


def test_a_newer_outbox_ends_it_with_76(path: Path) -> None:
    """Nothing is changed in it."""
    with gateway_process(path) as gateway:
        assert gateway.stop() == ExitStatus.OK
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 7")
    connection.close()
    run = run_gateway(path)
    assert run.returncode == ExitStatus.OUTBOX_NEWER
    assert str(last_line(run.stderr)["message"]) == (
        f"outbox {path} has schema 7, this program knows 1."
        " Install the newer program again; nothing was changed."
    )


def test_an_outbox_that_cannot_be_opened_ends_it_with_74(path: Path) -> None:
    """A folder in its place."""
    path.mkdir(parents=True)
    run = run_gateway(path)
    assert run.returncode == ExitStatus.OUTBOX_IO
    assert f"outbox {path} cannot be opened: " in str(last_line(run.stderr)["message"])


@pytest.mark.parametrize("name", ["missing.json", "."])
def test_a_replay_file_that_is_none_ends_it_with_78(path: Path, tmp_path: Path, name: str) -> None:
    """Without another source nothing would ever be received, and it looks as if it were."""
    run = run_gateway(path, REPLAY_FILE=str(tmp_path / name))
    assert run.returncode == ExitStatus.CONFIG
    said = str(last_line(run.stderr)["message"])
    assert said.startswith(f"REPLAY_FILE {tmp_path / name}: ")
    assert said.endswith("Name a Telegram export or a failure queue, or take the setting out")


def test_a_broken_replay_does_not_end_the_gateway(path: Path, tmp_path: Path) -> None:
    """The source fails, the log says why, pending rows are delivered on."""
    broken = tmp_path / "broken.json"
    broken.write_text("not json")
    with gateway_process(path, "--replay", str(broken)) as gateway:
        said = gateway.wait_for("source.failed")["message"]
        assert said.startswith("replay failed: broken.json: no JSON object at byte 0.")
        assert gateway.stop() == ExitStatus.OK


def test_a_replay_file_left_behind_keeps_no_other_source_out(path: Path, tmp_path: Path) -> None:
    """A setting that nobody took out after its file went: Telegram is read all the same."""
    bot = {"TELEGRAM_INGESTION_BOT_TOKEN": "123:abc", "TELEGRAM_BOT_API_BASE": "http://127.0.0.1:9"}
    missing = str(tmp_path / "missing.json")
    with gateway_process(path, "--replay", missing, **bot) as gateway:
        said = gateway.wait_for("source.failed")["message"]
        assert said.startswith(f"replay failed: REPLAY_FILE {missing}: No such file"), said
        assert gateway.stop() == ExitStatus.OK


def test_no_secret_is_in_the_log(path: Path) -> None:
    """Neither the token nor the text of a message, at debug either."""
    with gateway_process(path, "--replay", EXPORT, LOG_LEVEL="debug") as gateway:
        gateway.wait_for("relay.trouble")
        gateway.process.terminate()
        gateway.wait_for("service.stopped")
    text = json.dumps(gateway.log, ensure_ascii=False)
    assert "f3a9c1e07b5d42688e1f0c9ab7d6e5f4" not in text
    assert "mesa" not in text


@pytest.mark.parametrize(
    ("option", "said"), [("--help", "--replay FILE"), ("--version", current())]
)
def test_help_and_version(option: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """They need no settings."""
    with pytest.raises(SystemExit) as ended:
        main([option])
    assert ended.value.code == 0
    assert said in capsys.readouterr().out


def test_without_a_session_only_a_person_can_help(path: Path) -> None:
    """A status of its own, which a supervisor does not restart on, and what to type."""
    session = path.parent / "session"
    known = {"TELEGRAM_API_ID": "12345", "TELEGRAM_API_HASH": "0123456789abcdef"}
    run = run_gateway(path, SESSION_DIR=str(session), **known)
    assert run.returncode == ExitStatus.LOGIN_REQUIRED
    assert "tpcapital login" in run.stderr
    assert known["TELEGRAM_API_HASH"] not in run.stderr
