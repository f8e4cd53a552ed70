"""The gateway as a person's own service, under that person's own systemd."""

import os
import pwd
from pathlib import Path

from tests.systemd.machine import PROGRAM, Machine

PERSON = "person"
HOME = Path("/home") / PERSON
UNIT = "tp-capital-gateway.service"
# A login session starts the person's manager; here nobody logs in.
SCRIPT = f"""\
set -e
/lib/systemd/systemd --user & manager=$!
for _ in $(seq 50); do systemctl --user is-system-running >/dev/null 2>&1 && break; sleep 0.1; done
{PROGRAM} install --user --yes
systemctl --user start {UNIT}
systemctl --user show {UNIT} -P StatusText -P ActiveState -P UnitFileState
{PROGRAM} as-service --user outbox status --json
systemctl --user is-active tp-capital-backup.timer tp-capital-restore-check.timer
systemctl --user is-active tp-capital-retain.timer
{PROGRAM} doctor --run backups
echo BACKUP_OPTIONS=--no-database > ~/.config/tp-capital/maintenance.env
systemctl --user start tp-capital-backup
ls ~/.local/state/tp-capital-backups/*/
{PROGRAM} doctor --run backups
{PROGRAM} uninstall --user --yes
systemctl --user show {UNIT} -P LoadState
kill $manager
"""


def _make_person() -> None:
    entry = pwd.getpwnam(PERSON)
    runtime = Path(f"/run/user/{entry.pw_uid}")
    runtime.mkdir(0o700, parents=True)
    os.chown(runtime, entry.pw_uid, entry.pw_gid)
    lines = [
        *(
            "[Service]",
            "Type=oneshot",
            f"User={PERSON}",
            "Delegate=yes",
            f"WorkingDirectory={HOME}",
        ),
        f"Environment=XDG_RUNTIME_DIR={runtime}",
        f"ExecStart=/bin/bash {HOME}/script",
    ]
    unit = Path("/run/systemd/system/test-person.service")
    unit.write_text("\n".join(lines), encoding="utf-8")
    (HOME / "script").write_text(SCRIPT, encoding="utf-8")


async def test_without_root(machine: Machine) -> None:
    """Installed, started, asked, removed; the secrets come by the person's own manager too."""
    await machine.run("useradd", "--create-home", PERSON)
    _make_person()
    await machine.systemctl("daemon-reload")
    await machine.systemctl("start", "test-person", check=False)
    said = await machine.journal("test-person")
    assert await machine.show("Result", "test-person") == "success", said
    assert "no source; 0 pending" in said
    assert "\nenabled\n" in said
    assert '"pending": 0' in said
    assert "\nnot-found\n" in said
    assert said.splitlines().count("active") == 4  # the gateway and three timers
    assert "outbox: no backup yet; the first is made on " in said
    assert "-> at once: systemctl --user start tp-capital-backup" in said
    assert "\nmanifest.json\n" in said
    assert "\n1 checks passed\n" in said
    assert (HOME / ".local/state/tp-capital-gateway/outbox.sqlite3").exists()
