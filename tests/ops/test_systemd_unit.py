"""What systemctl prints, as recorded from systemd 252 with the gateway's unit."""

from ops.supervise.log_line import parse as parse_line
from ops.supervise.systemd_unit import parse, standing

RUNNING = """\
MainPID=129
StatusText=no source; 0 pending; no message yet
Result=success
NRestarts=0
ExecMainStatus=0
MemoryCurrent=[not set]
MemoryMax=157286400
EnvironmentFiles=/etc/tp-capital/gateway.env (ignore_errors=no)
WorkingDirectory=/var/lib/tp-capital-gateway
LoadState=loaded
ActiveState=active
SubState=running
StateChangeTimestamp=@1795547468
"""
REFUSED = """\
MainPID=0
StatusText=
Result=exit-code
NRestarts=0
ExecMainStatus=78
MemoryCurrent=[not set]
MemoryMax=157286400
LoadState=loaded
ActiveState=failed
SubState=failed
StateChangeTimestamp=@1795547472
"""
LOOPING = """\
MainPID=0
StatusText=
Result=exit-code
NRestarts=1
ExecMainStatus=203
MemoryCurrent=[not set]
MemoryMax=infinity
LoadState=loaded
ActiveState=activating
SubState=auto-restart
StateChangeTimestamp=@1795547418
"""


def test_a_running_unit_is_told_with_its_own_words() -> None:
    """Since, pid, limit and the line that the gateway sends."""
    row = standing("gateway", "systemd", parse(RUNNING))
    assert (row.state, row.since, row.pid, row.restarts) == ("running", 1795547468.0, 129, 0)
    assert row.memory_limit_bytes == 150 * 2**20
    assert row.key == "no source; 0 pending; no message yet"


def test_a_refused_start_names_the_exit_status() -> None:
    """78 is the settings' fault."""
    row = standing("gateway", "systemd", parse(REFUSED))
    assert (row.state, row.trouble) == ("failed", "exit-code, exit status 78 (config)")
    assert row.pid is None


def test_a_crash_loop_is_a_failure_not_a_start() -> None:
    """To systemd it is activating while it waits for the next try."""
    row = standing("gateway", "systemd", parse(LOOPING))
    assert (row.state, row.restarts, row.memory_limit_bytes) == ("failed", 1, None)
    assert row.trouble == "exit-code, exit status 203"


def test_no_answer_is_not_a_stopped_unit() -> None:
    """It cannot be told."""
    assert standing("gateway", "systemd", {}).state == "unknown"


def test_the_journal_s_entries_become_lines() -> None:
    """Its own message by its priority, a service's by what the JSON says."""
    own = parse_line(
        "gateway",
        "journal",
        '{"PRIORITY":"3","MESSAGE":"Failed to start x.","__REALTIME_TIMESTAMP":"1795547468000000"}',
    )
    assert own is not None
    assert (own.level, own.at, own.is_bad) == ("error", 1795547468.0, True)
    ours = parse_line(
        "gateway",
        "journal",
        '{"PRIORITY":"6","__REALTIME_TIMESTAMP":"1795547468000001","MESSAGE":'
        '"{\\"time\\":\\"2026-11-24T19:11:08.687+00:00\\",\\"level\\":\\"critical\\",'
        '\\"message\\":\\"FATAL x\\"}"}',
    )
    assert ours is not None
    assert (ours.level, ours.message, ours.at) == ("critical", "FATAL x", 1795547468.687)


def test_compose_lines_lose_their_prefix_and_keep_their_time() -> None:
    """`service-N  | time line`; a traceback's line has no level but is an error."""
    line = parse_line(
        "api",
        "compose",
        "\x1b[2Kapi-1  | 2026-11-24T18:58:01.002070580Z <3>Traceback (most recent call)",
    )
    assert line is not None
    assert (line.message, line.level) == ("Traceback (most recent call)", "error")
    assert line.at == 1795546681.00207
    assert parse_line("api", "compose", "Attaching to api-1") is None
