"""`tpcapital channels`: the file it edits, what it shows, and whom it tells."""

import json
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from gateway_outbox.channels_file import read
from ops.channels.channels_edit import ChannelsEdit
from ops.cli import main
from tests.messages import CHANNEL
from tests.ops.conftest import Command
from tests.running_gateway import GatewayProcess, gateway_process

WRITTEN = """\
# of the mesa, see wiki
version = 1

[[channel]]
label = "Mesa"   # the first one
id = -1001111111111

# paid
[[channel]]
name = "@Ativos"
enabled = false
role = "source"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file as a person wrote it."""
    path = tmp_path / "channels.toml"
    path.write_text(WRITTEN)
    return path


@pytest.fixture
def command(outbox_path: Path, file: Path) -> Command:
    """`tpcapital channels` on that file and an outbox of two channels."""
    environ = {
        "OUTBOX_PATH": str(outbox_path),
        "CHANNELS_FILE": str(file),
        "TELEGRAM_SOURCE_CHANNELS": "@outro",
        "TELEGRAM_DESTINATION_CHANNEL_ID": "-1005",
    }
    return lambda *given: CliRunner().invoke(main, ["channels", *given], env=environ)


@pytest.fixture
def gateway(outbox_path: Path, file: Path) -> Iterator[GatewayProcess]:
    """A gateway that reads this file."""
    with gateway_process(outbox_path, CHANNELS_FILE=str(file)) as running:
        yield running


def document(command: Command, *arguments: str) -> Any:
    """What `--json` prints; the command must succeed."""
    result = command(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def hold(path: Path, *message_ids: int) -> None:
    """Deletions that the user session did not believe."""
    with closing(sqlite3.connect(path)) as connection:
        rows = [(CHANNEL, message_id, 1_790_000_000_000) for message_id in message_ids]
        connection.executemany("INSERT INTO held_deletion VALUES (?, ?, ?)", rows)
        connection.commit()


def test_adding_keeps_what_a_person_wrote(command: Command, file: Path) -> None:
    """Comments, order and spacing; the new one stands at the end; mode and link stay."""
    file.chmod(0o640)
    link = file.with_name("link.toml")
    link.symlink_to(file)
    found = document(command, "add", "t.me/Novo", "--label", "Novo", "--channels-file", str(link))
    assert found == {"added": "@novo", "gateway": "no gateway runs; the next start reads it"}
    assert file.read_text() == WRITTEN + (
        '\n[[channel]]\nname = "@Novo"\nlabel = "Novo"\nrole = "source"\nenabled = true\n'
    )
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert link.is_symlink()
    assert [each.name for each in file.parent.glob(".channels*")] == []


def test_the_first_channel_makes_the_file(command: Command, tmp_path: Path) -> None:
    """Private, with its version, readable by the gateway."""
    new = tmp_path / "new.toml"
    document(command, "add", str(CHANNEL), "--role", "destination", "--channels-file", str(new))
    assert stat.S_IMODE(new.stat().st_mode) == 0o600
    (declared,) = read(new)
    assert (declared.key, declared.role, declared.enabled) == (CHANNEL, "destination", True)


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("@ATIVOS", "@ativos is declared already as source, disabled: `tpcapital channels enable`"),
        ("-1001111111111", "declared already as source, enabled; nothing was changed"),
        ("mesa", "'mesa' is no channel: give its marked id (-100…) or its public name (@…)"),
    ],
)
def test_what_cannot_be_added_is_said(command: Command, file: Path, word: str, said: str) -> None:
    """Status 1 and the file as it was."""
    result = command("add", word)
    assert result.exit_code == 1
    assert said in result.stderr
    assert file.read_text() == WRITTEN


def test_a_second_destination_is_refused(command: Command, file: Path) -> None:
    """As the gateway would refuse the file."""
    document(command, "add", "-1006", "--role", "destination")
    kept = file.read_text()
    result = command("add", "-1007", "--role", "destination")
    assert "has more than one destination; keep one enabled" in result.stderr
    assert file.read_text() == kept


def test_removing_takes_one_table(command: Command, file: Path) -> None:
    """By label, name or id; the rest stays as it was written."""
    assert document(command, "remove", "Mesa")["removed"] == "-1001111111111"
    assert [each.key for each in read(file)] == ["@ativos"]
    assert "# of the mesa, see wiki" in file.read_text()
    document(command, "remove", "@ativos")
    assert read(file) == []


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("@ativo", "; near: @ativos"),
        ("-1001111111112", "; near: -1001111111111 Mesa"),
        ("@zzzzzz", "; `tpcapital channels list` shows what is"),
        ("@outro", "is declared by TELEGRAM_SOURCE_CHANNELS or TELEGRAM_DESTINATION_CHANNEL_ID"),
    ],
)
def test_removing_an_unknown_one_names_what_is_near(
    command: Command, file: Path, word: str, said: str
) -> None:
    """Status 1 and the file as it was."""
    result = command("remove", word)
    assert result.exit_code == 1
    assert said in result.stderr
    assert file.read_text() == WRITTEN


def test_enabling_and_disabling(command: Command, file: Path) -> None:
    """The word beside the others changes, a comment stays; twice is said."""
    document(command, "enable", "@ativos")
    document(command, "disable", "Mesa")
    assert [each.enabled for each in read(file)] == [False, True]
    assert 'label = "Mesa"   # the first one' in file.read_text()
    result = command("disable", "Mesa")
    assert result.exit_code == 1
    assert "Mesa is disabled already; nothing was changed" in result.stderr


def test_a_list_of_inline_tables_is_edited_too(tmp_path: Path) -> None:
    """TOML has two ways to write the same."""
    path = tmp_path / "inline.toml"
    path.write_text('version = 1\nchannel = [\n  {id = -5, label = "a"}, # c\n]\n')
    edit = ChannelsEdit(path)
    edit.turn("a", enabled=False)
    edit.write()
    assert '{id = -5, label = "a", enabled = false}, # c' in path.read_text()


def test_list_shows_declared_and_seen_channels(command: Command, outbox_path: Path) -> None:
    """Those of the file, of the environment, and those that messages came from."""
    with closing(sqlite3.connect(outbox_path)) as connection:
        connection.execute(
            "INSERT INTO channel (channel_id, title, username, state, reason)"
            " VALUES (?, 'Ativos BR', 'ativos', 'no_access', 'private')",
            (CHANNEL,),
        )
        connection.commit()
    hold(outbox_path, 1, 2)
    rows = document(command, "list")
    assert [row["channel"] for row in rows] == [
        *("-1001111111111", "@ativos", "@outro", "-1005"),
        str(CHANNEL - 1),
    ]
    assert [row["declared_in"] for row in rows] == [*["file"] * 2, *["environment"] * 2, None]
    assert rows[1] | {} == {
        "channel": "@ativos",
        "channel_id": CHANNEL,
        "declared_in": "file",
        "role": "source",
        "enabled": False,
        "label": "",
        "title": "Ativos BR",
        "state": "no_access",
        "reason": "private",
        "last_message_id": 3,
        "held_deletions": 2,
    }
    assert "Ativos BR\tno_access\t3\t2\tprivate" in command("list").stdout


def test_list_without_anything(tmp_path: Path) -> None:
    """No file, no outbox: an empty list, status 0."""
    environ = {
        "CHANNELS_FILE": str(tmp_path / "c.toml"),
        "OUTBOX_PATH": str(tmp_path / "o"),
        "TELEGRAM_SOURCE_CHANNELS": "",
        "TELEGRAM_DESTINATION_CHANNEL_ID": "",
    }
    result = CliRunner().invoke(main, ["channels", "list", "--json"], env=environ)
    assert (result.exit_code, json.loads(result.stdout)) == (0, [])


@pytest.mark.parametrize("decision", ["--apply", "--dismiss"])
@pytest.mark.parametrize("running", [True, False])
def test_held_deletions_are_decided_about(
    command: Command,
    outbox_path: Path,
    request: pytest.FixtureRequest,
    decision: str,
    *,
    running: bool,
) -> None:
    """Through the gateway, or under the lock; tombstones are rows, a dismissal leaves none."""
    hold(outbox_path, 1, 3)
    (row,) = document(command, "deletions")
    assert (row["channel_id"], row["held"], row["first_id"], row["last_id"]) == (CHANNEL, 2, 1, 3)
    if running:
        request.getfixturevalue("gateway")
    found = document(command, "deletions", str(CHANNEL), decision)
    assert (found["changed"], document(command, "deletions")) == (2, [])
    with closing(sqlite3.connect(outbox_path)) as connection:
        count = connection.execute("SELECT count(*) FROM outbox WHERE revision = -1").fetchone()[0]
    assert count == (2 if decision == "--apply" else 0)
    again = command("deletions", str(CHANNEL), decision)
    assert again.exit_code == 1
    assert "is held; nothing was changed" in again.stderr


def test_deciding_needs_a_channel(command: Command) -> None:
    """Status 2."""
    assert command("deletions", "--apply").exit_code == 2
    assert command("deletions", "Mesa").exit_code == 2
    unseen = command("deletions", "@ativos", "--apply")
    assert "@ativos was not seen yet, so its id is not known" in unseen.stderr


def test_a_running_gateway_is_told(command: Command, gateway: GatewayProcess) -> None:
    """It reads the file at once."""
    found = document(command, "add", "@novo")
    assert found["gateway"] == "told: 3 channels declared"
    assert gateway.wait_for("channels.reloaded")["message"] == "3 channels declared"
