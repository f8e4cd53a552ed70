"""Settings files: written for a person to edit, read back as systemd reads them."""

from pathlib import Path

import msgspec
import pytest

from contracts.environment import load
from gateway_outbox.settings import Settings as GatewaySettings
from ingest_api.settings import Settings as ApiSettings
from ops import env_file
from tests.messages import TOKEN


@pytest.mark.parametrize("kind", [GatewaySettings, ApiSettings])
def test_every_setting_is_there_and_no_secret(kind: type[msgspec.Struct]) -> None:
    """A secret only with the file it belongs in."""
    text = env_file.render(kind, {"LOG_LEVEL": "debug"}, Path("/c"))
    for field in msgspec.structs.fields(kind):
        name = field.name.upper()
        as_file = f"# {name} is the file /c/{field.name}"
        assert as_file in text or f"\n#{name}=" in text or f"\n{name}=debug\n" in text
    assert "# GATEWAY_SECRET_TOKEN is" in text or "# API_SECRET_TOKEN is" in text
    assert max(map(len, text.splitlines())) <= 96


def test_what_is_written_loads(tmp_path: Path) -> None:
    """The defaults stay when they are uncommented."""
    path = tmp_path / "gateway.env"
    text = env_file.render(GatewaySettings, {"OUTBOX_PATH": "/x/o"}, Path("/c"))
    path.write_text(text, encoding="utf-8")
    assert env_file.read(path) == {"OUTBOX_PATH": "/x/o"}
    path.write_text(text.replace("\n#", "\n"), encoding="utf-8")
    settings = load(GatewaySettings, env_file.read(path) | {"API_SECRET_TOKEN": TOKEN})
    assert settings.retry_delay_ms == 5000


def test_it_is_read_as_systemd_does(tmp_path: Path) -> None:
    """Comments, quotes, blanks; the last of two counts."""
    path = tmp_path / "x.env"
    path.write_text("# A=1\n; B=2\n\nC='x y'\n D = 3\nC=\"last\"\nnothing\n", encoding="utf-8")
    assert env_file.read(path) == {"C": "last", "D": "3"}
